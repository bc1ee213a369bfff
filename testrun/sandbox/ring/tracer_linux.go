//go:build amd64 || arm64

package ring

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"time"
	"unsafe"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/link"
	"golang.org/x/sys/unix"

	"github.com/gust-go/gust/testrun/sandbox/box"
)

// maxBoxes is how many sandboxes there may be at once.
const maxBoxes = 1024

// A Tracer has its programs in the kernel until it is closed. Its methods may be
// called at the same time.
type Tracer struct {
	maps
	closes []func() error
	// ready are buffers that nobody has had yet, free those that nobody has any more;
	// made is how many there are.
	ready, free chan buffer
	made        atomic.Uint64
	mu          sync.Mutex
	// owners are the connections whose namespaces these are.
	owners map[uint32]*net.UnixConn
}

// Open loads the programs. Where that is not allowed, or the kernel cannot do it, the
// error says so; nothing stays behind then.
func Open() (*Tracer, error) {
	t := &Tracer{ready: make(chan buffer), free: make(chan buffer, maxBoxes), owners: make(map[uint32]*net.UnixConn)}
	if err := t.load(); err != nil {
		t.Close()
		return nil, err
	}
	return t, nil
}

func (t *Tracer) load() error {
	if err := t.makeMaps(); err != nil {
		return err
	}
	at, err := readLayout()
	if err != nil {
		return err
	}
	// The kernel takes its time to see that a program does no harm.
	var enter, exit *ebpf.Program
	var enterErr, exitErr error
	var both sync.WaitGroup
	both.Go(func() { enter, enterErr = load((&program{maps: t.maps, layout: at}).onEnter()) })
	both.Go(func() { exit, exitErr = load((&program{maps: t.maps, layout: at}).onExit()) })
	both.Wait()
	defer enter.Close() // the links hold them
	defer exit.Close()
	if err := errors.Join(enterErr, exitErr); err != nil {
		return err
	}
	// What begins untold has no end to be told of.
	if err := t.attach("sys_exit", exit); err != nil {
		return err
	}
	return t.attach("sys_enter", enter)
}

func load(spec *ebpf.ProgramSpec) (*ebpf.Program, error) {
	prog, err := ebpf.NewProgram(spec)
	if err != nil {
		return nil, fmt.Errorf("load %s: %w", spec.Name, err)
	}
	return prog, nil
}

// Close takes the programs out of the kernel.
func (t *Tracer) Close() {
	for i := len(t.closes) - 1; i >= 0; i-- {
		_ = t.closes[i]()
	}
}

// A buffer is a ring buffer that the programs know by a number.
type buffer struct {
	*ebpf.Map
	number uint64
}

func bufferSpec() *ebpf.MapSpec {
	return &ebpf.MapSpec{Name: "gust_ring", Type: ebpf.RingBuf, MaxEntries: box.RingSize}
}

// ahead is how many buffers are made before they are asked for. As its programs get to
// know one, the kernel waits for all processors, and what mounts something just then
// waits for that. So buffers are used again.
const ahead = 2

// prepare makes buffers until done is closed.
func (t *Tracer) prepare(done <-chan struct{}) {
	for {
		b := buffer{number: t.made.Add(1)}
		var err error
		if b.Map, err = ebpf.NewMap(bufferSpec()); err == nil {
			if err = t.rings.Put(b.number, b.Map); err != nil {
				_ = b.Map.Close()
			}
		}
		if err != nil {
			b.Map = nil // whoever asks is told
		}
		select {
		case t.ready <- b:
		case <-done:
			_ = b.Map.Close()
			return
		}
	}
}

// take is a buffer to use; its Map is nil if there is none.
func (t *Tracer) take() buffer {
	select {
	case b := <-t.free:
		return b
	default:
	}
	select {
	case b := <-t.free:
		return b
	case b := <-t.ready:
		return b
	}
}

// dying is how long that may take.
const dying = time.Second

// reuse frees a buffer once the first process of a namespace has ended: then nobody is
// left in there, and nobody reads the buffer.
func (t *Tracer) reuse(b buffer, first int) {
	defer unix.Close(first)
	n, err := unix.Poll([]unix.PollFd{{Fd: int32(first), Events: unix.POLLIN}}, int(dying/time.Millisecond))
	if n != 1 || err != nil {
		_ = b.Map.Close() // nobody gets it again
		return
	}
	t.free <- b
}

func (t *Tracer) makeMaps() error {
	for _, m := range []struct {
		to   **ebpf.Map
		spec ebpf.MapSpec
	}{
		{&t.boxes, ebpf.MapSpec{Name: "gust_boxes", Type: ebpf.Hash, KeySize: 8, ValueSize: 24, MaxEntries: maxBoxes}},
		{&t.rings, ebpf.MapSpec{Name: "gust_rings", Type: ebpf.HashOfMaps, KeySize: 8, ValueSize: 4, MaxEntries: maxBoxes, InnerMap: bufferSpec()}},
		{&t.pending, ebpf.MapSpec{Name: "gust_pending", Type: ebpf.Hash, KeySize: 8, ValueSize: callLen, MaxEntries: 1 << 14}},
		{&t.waiting, ebpf.MapSpec{Name: "gust_waiting", Type: ebpf.Array, KeySize: 4, ValueSize: 8, MaxEntries: 1}},
		{&t.scratch, ebpf.MapSpec{Name: "gust_scratch", Type: ebpf.PerCPUArray, KeySize: 4, ValueSize: scratchLen, MaxEntries: 1}},
	} {
		made, err := ebpf.NewMap(&m.spec)
		if err != nil {
			return fmt.Errorf("make map %s: %w", m.spec.Name, err)
		}
		*m.to = made
		t.closes = append(t.closes, made.Close)
	}
	return nil
}

func (t *Tracer) attach(at string, prog *ebpf.Program) error {
	l, err := link.AttachRawTracepoint(link.RawTracepointOptions{Name: at, Program: prog})
	if err != nil {
		return fmt.Errorf("attach to %s: %w", at, err)
	}
	t.closes = append(t.closes, l.Close)
	return nil
}

// Serve gives one sandbox what it asks for, until that ends.
func (t *Tracer) Serve(conn *net.UnixConn) {
	defer conn.Close()
	ring := t.take()
	if ring.Map == nil {
		return
	}
	b, first, err := offer(conn, ring)
	if err != nil {
		t.free <- ring // nobody has used it
		return
	}
	defer t.reuse(ring, first)
	if t.begin(conn, b, ring.number) != nil {
		return
	}
	defer t.end(conn, b.Namespace)
	if _, err := conn.Write([]byte{box.RingVersion}); err != nil {
		return
	}
	for {
		var ask [1]byte
		if n, err := conn.Read(ask[:]); err != nil || n == 0 {
			return
		}
		var v boxValue
		if t.boxes.Lookup(uint64(b.Namespace), &v) != nil {
			return
		}
		if _, err := conn.Write(binary.NativeEndian.AppendUint64(nil, v.Lost)); err != nil {
			return
		}
	}
}

// offer hands a buffer over. It returns which namespace it is for, and a descriptor of
// the first process in there.
func offer(conn *net.UnixConn, ring buffer) (b box.RingBegin, first int, err error) {
	if _, _, err := conn.WriteMsgUnix([]byte{box.RingVersion}, unix.UnixRights(ring.FD()), nil); err != nil {
		return b, -1, err
	}
	control := make([]byte, 64)
	n, size, _, _, err := conn.ReadMsgUnix((*[unsafe.Sizeof(b)]byte)(unsafe.Pointer(&b))[:], control)
	if err != nil {
		return b, -1, err
	}
	messages, err := unix.ParseSocketControlMessage(control[:size])
	if err != nil || len(messages) != 1 || n != int(unsafe.Sizeof(b)) {
		return b, -1, errors.Join(err, errors.New("no namespace"))
	}
	fds, err := unix.ParseUnixRights(&messages[0])
	if err != nil || len(fds) != 1 {
		return b, -1, errors.Join(err, errors.New("no process"))
	}
	return b, fds[0], nil
}

// begin has the programs tell of a namespace. The number may have been that of one
// which is no more.
func (t *Tracer) begin(conn *net.UnixConn, b box.RingBegin, ring uint64) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if err := t.boxes.Put(uint64(b.Namespace), boxValue{Reads: uint64(b.Reads), Ring: ring}); err != nil {
		return fmt.Errorf("name a sandbox: %w", err)
	}
	t.owners[b.Namespace] = conn
	return nil
}

func (t *Tracer) end(conn *net.UnixConn, namespace uint32) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.owners[namespace] != conn {
		return
	}
	delete(t.owners, namespace)
	_ = t.boxes.Delete(uint64(namespace))
}

// A Server gives ring buffers to sandboxes.
type Server struct {
	listener *net.UnixListener
	served   sync.WaitGroup
	mu       sync.Mutex
	conns    map[*net.UnixConn]bool // nil once it is closed
}

// Listen makes a socket and loads the programs meanwhile. Sandboxes that ask before
// they are there wait; if they are not to be had, ready is called with the reason,
// and the socket is gone.
func Listen(socket string, ready func(error)) (*Server, error) {
	l, err := net.ListenUnix("unixpacket", &net.UnixAddr{Name: socket, Net: "unixpacket"})
	if err != nil {
		return nil, fmt.Errorf("listen for sandboxes: %w", err)
	}
	s := &Server{listener: l, conns: make(map[*net.UnixConn]bool)}
	s.served.Go(func() {
		t, err := Open()
		if ready != nil {
			ready(err)
		}
		if err != nil {
			_ = l.Close()
			return
		}
		defer t.Close()
		done := make(chan struct{})
		var preparing sync.WaitGroup
		for range ahead {
			preparing.Go(func() { t.prepare(done) })
		}
		s.accept(t)
		close(done)
		preparing.Wait()
	})
	return s, nil
}

func (s *Server) accept(t *Tracer) {
	var serving sync.WaitGroup
	defer serving.Wait()
	for {
		conn, err := s.listener.AcceptUnix()
		if err != nil {
			return
		}
		if !s.keep(conn) {
			_ = conn.Close()
			return
		}
		serving.Go(func() {
			defer s.drop(conn)
			t.Serve(conn)
		})
	}
}

func (s *Server) keep(conn *net.UnixConn) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.conns == nil {
		return false
	}
	s.conns[conn] = true
	return true
}

func (s *Server) drop(conn *net.UnixConn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.conns, conn)
}

// Close ends it, and what is in the kernel with it. It may be nil.
func (s *Server) Close() {
	if s == nil {
		return
	}
	_ = s.listener.Close()
	s.mu.Lock()
	for conn := range s.conns {
		_ = conn.Close()
	}
	s.conns = nil
	s.mu.Unlock()
	s.served.Wait()
}

// Socket is the name that the socket has in the directory of a run.
const Socket = "rings"
