//go:build amd64 || arm64

package ring

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"
	"unsafe"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/ringbuf"
	"golang.org/x/sys/unix"

	"github.com/gust-go/gust/testrun/sandbox/box"
)

// openCommand makes the test binary open files once it is told to.
const openCommand = "open-files"

func TestMain(m *testing.M) {
	if len(os.Args) > 2 && os.Args[1] == openCommand {
		if err := openFiles(os.Args[2], len(os.Args) > 3); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

const wanted = "gust-test-file"

// openFiles opens a file that often, half of the times in a child that has a namespace
// of its own within that of this process.
func openFiles(times string, nested bool) error {
	n, err := strconv.Atoi(times)
	if err != nil {
		return err
	}
	if _, err := io.ReadAll(os.Stdin); err != nil {
		return err
	}
	if nested {
		n /= 2
		c := exec.Command("/proc/self/exe", openCommand, strconv.Itoa(n))
		c.SysProcAttr = &syscall.SysProcAttr{Cloneflags: unix.CLONE_NEWPID}
		if err := c.Run(); err != nil {
			return err
		}
	}
	for range n {
		if _, err := unix.Open(wanted, unix.O_WRONLY, 0); !errors.Is(err, unix.ENOENT) {
			return fmt.Errorf("open what is not there: %w", err)
		}
	}
	return nil
}

// A client is a sandbox as far as this package goes.
type client struct {
	t    *testing.T
	conn *net.UnixConn
	ring *ebpf.Map
	cmd  *exec.Cmd
	in   io.WriteCloser
}

func serve(t *testing.T) string {
	t.Helper()
	socket := filepath.Join(t.TempDir(), Socket)
	ready := make(chan error, 1)
	s, err := Listen(socket, func(err error) { ready <- err })
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	switch err := <-ready; {
	case errors.Is(err, os.ErrPermission), errors.Is(err, ebpf.ErrNotSupported):
		t.Skip("not here:", err)
	case err != nil:
		t.Fatal(err)
	}
	return socket
}

// start starts a process that will open files.
func start(t *testing.T, socket string, args ...string) *client {
	t.Helper()
	conn, err := net.DialUnix("unixpacket", nil, &net.UnixAddr{Name: socket, Net: "unixpacket"})
	if err != nil {
		t.Fatal(err)
	}
	c := &client{t: t, conn: conn}
	t.Cleanup(func() { _ = conn.Close() })
	control := make([]byte, 64)
	_, n, _, _, err := conn.ReadMsgUnix(make([]byte, 1), control)
	if err != nil {
		t.Fatal(err)
	}
	messages, err := unix.ParseSocketControlMessage(control[:n])
	if err != nil || len(messages) != 1 {
		t.Fatal(messages, err)
	}
	fds, err := unix.ParseUnixRights(&messages[0])
	if err != nil || len(fds) != 1 {
		t.Fatal(fds, err)
	}
	if c.ring, err = ebpf.NewMapFromFD(fds[0]); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.ring.Close() })
	c.cmd = exec.Command("/proc/self/exe", append([]string{openCommand}, args...)...)
	c.cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: unix.CLONE_NEWPID}
	c.cmd.Stderr, c.cmd.Dir = os.Stderr, "/usr/lib"
	if c.in, err = c.cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	if err := c.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	c.begin()
	return c
}

func (c *client) begin() {
	c.t.Helper()
	var st unix.Stat_t
	if err := unix.Stat(fmt.Sprintf("/proc/%d/ns/pid", c.cmd.Process.Pid), &st); err != nil {
		c.t.Fatal(err)
	}
	first, err := unix.PidfdOpen(c.cmd.Process.Pid, 0)
	if err != nil {
		c.t.Fatal(err)
	}
	defer unix.Close(first)
	b := box.RingBegin{Namespace: uint32(st.Ino)}
	if _, _, err := c.conn.WriteMsgUnix((*[unsafe.Sizeof(b)]byte)(unsafe.Pointer(&b))[:], unix.UnixRights(first), nil); err != nil {
		c.t.Fatal(err)
	}
	c.answer(1)
}

func (c *client) answer(size int) []byte {
	c.t.Helper()
	b := make([]byte, size)
	if n, err := c.conn.Read(b); err != nil || n != size {
		c.t.Fatal(n, err)
	}
	return b
}

// run has the process open its files and returns how many of them there were told, and
// how many were lost.
func (c *client) run() (told, lost int) {
	c.t.Helper()
	if err := errors.Join(c.in.Close(), c.cmd.Wait()); err != nil {
		c.t.Fatal(err)
	}
	if _, err := c.conn.Write([]byte{box.RingVersion}); err != nil {
		c.t.Fatal(err)
	}
	lost = int(binary.NativeEndian.Uint64(c.answer(8)))
	r, err := ringbuf.NewReader(c.ring)
	if err != nil {
		c.t.Fatal(err)
	}
	defer r.Close()
	r.SetDeadline(time.Now())
	want := []byte(wanted + "\x00lib\x00usr\x00")
	for {
		record, err := r.Read()
		if err != nil {
			return told, lost
		}
		if bytes.Equal(record.RawSample[box.RingHeader:], want) {
			told++
		}
	}
}

// TestNested: files are told of that are opened in namespaces within that of a sandbox.
func TestNested(t *testing.T) {
	if told, lost := start(t, serve(t), "200", "nested").run(); told != 200 || lost != 0 {
		t.Errorf("%d told, %d lost", told, lost)
	}
}

// TestLost: what there is no room for is counted, to the last file.
func TestLost(t *testing.T) {
	socket := serve(t)
	const n = 3 * box.RingSize / 64
	told, lost := start(t, socket, strconv.Itoa(n)).run()
	if told+lost != n || told == 0 || lost == 0 {
		t.Errorf("%d told and %d lost of %d", told, lost, n)
	}
}

// TestMany: each gets what is its own, also by a buffer that others had before.
func TestMany(t *testing.T) {
	socket := serve(t)
	for round := range 3 {
		var all []*client
		for i := range 4 {
			all = append(all, start(t, socket, strconv.Itoa(10+i)))
		}
		for i, c := range all {
			if told, lost := c.run(); told != 10+i || lost != 0 {
				t.Errorf("round %d: %d told, %d lost of %d", round, told, lost, 10+i)
			}
			_ = c.conn.Close()
		}
	}
}
