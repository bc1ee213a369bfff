// Package relay leads from sandboxes to services of the host that a test may use.
//
// The first process in the sandbox listens on the address, since a socket belongs to
// the network it was made in, and hands the socket to the process outside, which
// connects to the real one for each connection.
package relay

import (
	"fmt"
	"io"
	"net"
	"os"
	"syscall"
)

// maxAllow is how many file descriptors are handed over at most.
const maxAllow = 64

// Offer listens on the addresses and sends the sockets.
func Offer(addrs []string, to int) error {
	if len(addrs) == 0 {
		return nil
	}
	if len(addrs) > maxAllow {
		return fmt.Errorf("allow %d addresses of the host: more than %d", len(addrs), maxAllow)
	}
	var fds []int
	for _, addr := range addrs {
		l, err := net.Listen("tcp", addr)
		if err != nil {
			return fmt.Errorf("relay: %w", err)
		}
		defer l.Close()
		f, err := l.(*net.TCPListener).File()
		if err != nil {
			return fmt.Errorf("relay: %w", err)
		}
		defer f.Close()
		fds = append(fds, int(f.Fd()))
	}
	if err := syscall.Sendmsg(to, []byte{0}, syscall.UnixRights(fds...), nil, 0); err != nil {
		return fmt.Errorf("relay: %w", err)
	}
	return nil
}

// Serve takes the sockets and serves them as long as this process lives; it
// calls used for each connection.
func Serve(addrs []string, from int, used func()) error {
	if len(addrs) == 0 {
		return nil
	}
	var one [1]byte
	rights := make([]byte, syscall.CmsgSpace(4*maxAllow))
	_, n, _, _, err := syscall.Recvmsg(from, one[:], rights, syscall.MSG_CMSG_CLOEXEC)
	if err != nil || n == 0 {
		return err // the other end has failed and will say so
	}
	messages, err := syscall.ParseSocketControlMessage(rights[:n])
	if err != nil || len(messages) != 1 {
		return fmt.Errorf("relay: read sockets: %w", err)
	}
	fds, err := syscall.ParseUnixRights(&messages[0])
	if err != nil || len(fds) != len(addrs) {
		return fmt.Errorf("relay: got %d sockets for %d addresses: %w", len(fds), len(addrs), err)
	}
	for i, fd := range fds {
		f := os.NewFile(uintptr(fd), addrs[i])
		l, err := net.FileListener(f)
		_ = f.Close()
		if err != nil {
			return fmt.Errorf("relay: %w", err)
		}
		go serve(l, addrs[i], used)
	}
	return nil
}

func serve(l net.Listener, addr string, used func()) {
	for {
		inner, err := l.Accept()
		if err != nil {
			return
		}
		used()
		go func() {
			defer inner.Close()
			outer, err := net.Dial("tcp", addr)
			if err != nil {
				// As near to a refused connection as can be after the fact.
				_ = inner.(*net.TCPConn).SetLinger(0)
				return
			}
			defer outer.Close()
			done := make(chan struct{})
			go func() { half(outer, inner); close(done) }()
			half(inner, outer)
			<-done
		}()
	}
}

// half copies one direction and passes its end on.
func half(to, from net.Conn) {
	_, _ = io.Copy(to, from)
	if c, ok := to.(*net.TCPConn); ok {
		_ = c.CloseWrite()
	}
}
