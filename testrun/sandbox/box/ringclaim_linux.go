package box

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"syscall"
	"time"
	"unsafe"
)

// A claim is a ring buffer that the gust of a run has given to this sandbox, which it
// takes back when the connection ends.
type claim struct {
	conn int
	ring *os.File
}

// RingVersion is what is sent first, by both.
const RingVersion = 1

// ringWait is how long the gust of a run may take to answer.
const ringWait = 5 * time.Second

// claimRing asks for a buffer. Without one, nil, the sandbox listens to its test
// itself.
func claimRing(socket string) *claim {
	if socket == "" {
		return nil
	}
	fd, err := syscall.Socket(syscall.AF_UNIX, syscall.SOCK_SEQPACKET|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil
	}
	c := &claim{conn: fd}
	wait := syscall.NsecToTimeval(int64(ringWait))
	if syscall.SetsockoptTimeval(fd, syscall.SOL_SOCKET, syscall.SO_RCVTIMEO, &wait) != nil ||
		syscall.Connect(fd, &syscall.SockaddrUnix{Name: socket}) != nil || c.receive() != nil {
		c.close()
		return nil
	}
	return c
}

// receive receives the buffer.
func (c *claim) receive() error {
	var data [1]byte
	var control [64]byte
	n, size, _, _, err := syscall.Recvmsg(c.conn, data[:], control[:], syscall.MSG_CMSG_CLOEXEC)
	if err != nil || n != 1 || data[0] != RingVersion {
		return errors.Join(err, errors.New("no ring buffer"))
	}
	messages, err := syscall.ParseSocketControlMessage(control[:size])
	if err != nil || len(messages) != 1 {
		return errors.Join(err, errors.New("no ring buffer"))
	}
	fds, err := syscall.ParseUnixRights(&messages[0])
	if err != nil || len(fds) != 1 {
		return errors.Join(err, errors.New("no ring buffer"))
	}
	c.ring = os.NewFile(uintptr(fds[0]), "ring")
	return nil
}

// RingBegin asks that files are told of that are opened in the PID namespace of that
// number. A descriptor of the first process in there comes with it.
type RingBegin struct {
	Namespace, Reads uint32
}

// begin asks for it, given the first process of the namespace, and reports whether it
// is so.
func (c *claim) begin(pid int, reads bool) bool {
	return c != nil && c.ask(pid, reads) == nil
}

func (c *claim) ask(pid int, reads bool) error {
	var st syscall.Stat_t
	if err := syscall.Stat(fmt.Sprintf("/proc/%d/ns/pid", pid), &st); err != nil {
		return fmt.Errorf("look at the namespace: %w", err)
	}
	b := RingBegin{Namespace: uint32(st.Ino)}
	if reads {
		b.Reads = 1
	}
	first, _, errno := syscall.Syscall(sysPidfdOpen, uintptr(pid), 0, 0)
	if errno != 0 {
		return os.NewSyscallError("pidfd_open", errno)
	}
	defer syscall.Close(int(first))
	message := (*[unsafe.Sizeof(b)]byte)(unsafe.Pointer(&b))[:]
	if err := syscall.Sendmsg(c.conn, message, syscall.UnixRights(int(first)), nil, 0); err != nil {
		return err
	}
	var ok [1]byte
	if n, err := c.read(ok[:]); err != nil || n != 1 || ok[0] != RingVersion {
		return errors.Join(err, errors.New("the ring buffer is not to be had"))
	}
	return nil
}

// complete adds to a result how many files are missing. A record that may lack some
// is not a full one.
func (c *claim) complete(r *result) {
	if !r.Ring {
		return
	}
	var err error
	r.Lost, err = c.lost()
	r.Full = r.Full || r.Lost > 0 || err != nil
}

// lost asks how many files are not in the buffer. An error is as bad as any.
func (c *claim) lost() (uint64, error) {
	if _, err := syscall.Write(c.conn, []byte{RingVersion}); err != nil {
		return 0, err
	}
	var answer [8]byte
	if n, err := c.read(answer[:]); err != nil || n != len(answer) {
		return 0, errors.Join(err, errors.New("no answer"))
	}
	return binary.NativeEndian.Uint64(answer[:]), nil
}

// read reads an answer. The runtime's own signals interrupt what may take ringWait only.
func (c *claim) read(buf []byte) (int, error) {
	for {
		if n, err := syscall.Read(c.conn, buf); !errors.Is(err, syscall.EINTR) {
			return n, err
		}
	}
}

func (c *claim) close() {
	if c == nil {
		return
	}
	_ = syscall.Close(c.conn)
	if c.ring != nil {
		_ = c.ring.Close()
	}
}
