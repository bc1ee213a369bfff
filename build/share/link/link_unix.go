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

// A Request is one for a program, which is under way.
type Request struct{ c *os.File }

// Fetch asks the gust that listens at socket for a program by the key of its link.
// It is written to a file that is empty.
func Fetch(socket, key string, to *os.File) (*Request, error) {
	c, err := dial(socket)
	if err != nil {
		return nil, err
	}
	if err := syscall.Sendmsg(int(c.Fd()), []byte("program "+key+"\n"), syscall.UnixRights(int(to.Fd())), nil, 0); err != nil {
		_ = c.Close()
		return nil, os.NewSyscallError("sendmsg", err)
	}
	return &Request{c}, nil
}

// Found waits for the program, and reports whether it has come and is the right one.
func (r *Request) Found() bool {
	var answer [1]byte
	_, err := io.ReadFull(r.c, answer[:])
	return err == nil && answer[0] == Found
}

// Close gives up what has not come yet.
func (r *Request) Close() {
	_ = syscall.Shutdown(int(r.c.Fd()), syscall.SHUT_RDWR) // ends Found
	_ = r.c.Close()
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
