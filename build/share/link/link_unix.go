//go:build unix

package link

import (
	"errors"
	"io"
	"os"
	"syscall"
)

// dial connects to a socket.
func dial(socket string) (*os.File, error) {
	fd, err := syscall.Socket(syscall.AF_UNIX, syscall.SOCK_STREAM, 0)
	if err != nil {
		return nil, os.NewSyscallError("socket", err)
	}
	syscall.CloseOnExec(fd)
	for {
		err = syscall.Connect(fd, &syscall.SockaddrUnix{Name: socket})
		if !errors.Is(err, syscall.EINTR) {
			break
		}
	}
	if err != nil {
		_ = syscall.Close(fd)
		return nil, os.NewSyscallError("connect", err)
	}
	return os.NewFile(uintptr(fd), socket), nil
}

var errNobody = errors.New("nobody takes over")

// handOver sends this process's stdin and stdout, and waits until whoever has
// got them is done: go takes the end of this process for that of its cache.
func handOver(c *os.File) error {
	if err := syscall.Sendmsg(int(c.Fd()), []byte("serve\n"), syscall.UnixRights(0, 1), nil, 0); err != nil {
		return os.NewSyscallError("sendmsg", err)
	}
	var answer [1]byte
	if _, err := io.ReadFull(c, answer[:]); err != nil {
		return errNobody
	}
	// go waits for stdout to be closed by all who have it.
	_ = syscall.Close(0)
	_ = syscall.Close(1)
	_, _ = io.ReadFull(c, answer[:])
	return nil
}
