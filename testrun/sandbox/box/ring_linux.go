package box

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"syscall"
	"unsafe"

	"github.com/gust-go/gust/testrun/sandbox/box/fspath"
)

// A ring is what the kernel tells of files that tests open, without the tests waiting:
// a buffer that it fills and this process empties. All that was written before a call
// of the test is read before that call is answered, so that the order is kept where it
// matters.
type ring struct {
	mu sync.Mutex
	// read and written are how far both are, in bytes.
	read, written *uint64
	data          []byte
	fd            int
	// names is where directories are put in order.
	names []byte
}

const (
	ringBusy    = 1 << 31
	ringDiscard = 1 << 30
)

// openRing maps a buffer.
func openRing(fd int) (*ring, error) {
	page := os.Getpagesize()
	read, err := syscall.Mmap(fd, 0, page, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_SHARED)
	if err != nil {
		return nil, fmt.Errorf("map the ring buffer: %w", err)
	}
	// The buffer is there twice, one after the other, so that no record is in pieces.
	written, err := syscall.Mmap(fd, int64(page), page+2*RingSize, syscall.PROT_READ, syscall.MAP_SHARED)
	if err != nil {
		_ = syscall.Munmap(read)
		return nil, fmt.Errorf("map the ring buffer: %w", err)
	}
	r := &ring{
		fd: fd, read: (*uint64)(unsafe.Pointer(&read[0])), written: (*uint64)(unsafe.Pointer(&written[0])), data: written[page:],
	}
	atomic.StoreUint64(r.read, atomic.LoadUint64(r.written)) // what is in it was for others
	return r, nil
}

// openRing is the ring that there is to read; nil if there is none that works.
func (s initSpec) openRing() *ring {
	if !s.Ring {
		return nil
	}
	r, err := openRing(ringFD)
	if err != nil || !r.works() {
		return nil
	}
	return r
}

// drain reads what is there.
func (r *ring) drain(each func(record []byte)) {
	if r == nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	at := *r.read
	for at < atomic.LoadUint64(r.written) {
		head := (*uint32)(unsafe.Pointer(&r.data[at&(RingSize-1)]))
		n := atomic.LoadUint32(head)
		if n&ringBusy != 0 {
			break // it is being written
		}
		size := uint64(n &^ ringDiscard)
		if n&ringDiscard == 0 && size >= RingHeader {
			from := at&(RingSize-1) + 8
			each(r.data[from : from+size])
		}
		at += (size + 8 + 7) &^ 7
		atomic.StoreUint64(r.read, at)
	}
}

// follow drains the buffer whenever there is much in it, as long as this process lives.
func (r *ring) follow(each func(record []byte)) {
	poll, err := syscall.EpollCreate1(syscall.EPOLL_CLOEXEC)
	if err != nil {
		return
	}
	event := syscall.EpollEvent{Events: syscall.EPOLLIN | 1<<31} // EPOLLET: when told, and not as long as there is any
	if err := syscall.EpollCtl(poll, syscall.EPOLL_CTL_ADD, r.fd, &event); err != nil {
		return
	}
	for {
		if _, err := syscall.EpollWait(poll, []syscall.EpollEvent{{}}, -1); err != nil && !errors.Is(err, syscall.EINTR) {
			return
		}
		r.drain(each)
	}
}

// A ringOpen is what is known of a call.
type ringOpen struct {
	pid  uint32
	kind string
	path []byte
	// dir is what path is relative to, if it is.
	dir []byte
}

// parse reads a record. What it returns is good until the next.
func (r *ring) parse(record []byte) (o ringOpen, ok bool) {
	field := func(at int) uint32 { return binary.NativeEndian.Uint32(record[at:]) }
	text, n := record[RingHeader:], int(field(RingLen))
	if n < 2 || n > len(text) {
		return o, false
	}
	o = ringOpen{pid: field(RingPID), kind: openKind(uint64(field(RingFlags))), path: text[:n-1]}
	if o.path[0] == '/' {
		return o, true
	}
	r.names = r.names[:0]
	for names := bytes.TrimSuffix(text[n:], []byte{0}); len(names) > 0; {
		i := bytes.LastIndexByte(names, 0)
		r.names = append(append(r.names, '/'), names[i+1:]...)
		names = names[:max(i, 0)]
	}
	if len(r.names) == 0 {
		r.names = append(r.names, '/')
	}
	if field(RingGone) == 1 {
		r.names = append(r.names, " (deleted)"...) // as /proc has it
	}
	o.dir = r.names
	return o, true
}

// works tries the ring: what this process opens has to come out as it is.
func (r *ring) works() bool {
	const name = "gust-tries-its-ring"
	dir, err := syscall.Getwd()
	if err != nil {
		return false
	}
	if fd, err := syscall.Open(name, syscall.O_WRONLY|syscall.O_CLOEXEC, 0); err == nil {
		_ = syscall.Close(fd)
	}
	found := false
	r.drain(func(record []byte) {
		o, ok := r.parse(record)
		found = found || ok && o.pid == 1 && o.kind == KindWrite && string(o.path) == name &&
			fspath.Join(string(o.dir), string(o.path)) == fspath.Join(dir, name)
	})
	return found
}
