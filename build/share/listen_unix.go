//go:build unix

package share

import (
	"net"
	"os"
	"syscall"
)

// listen makes a socket. Its directory belongs to this user alone.
func listen(socket string) (*net.UnixListener, error) {
	return net.ListenUnix("unix", &net.UnixAddr{Name: socket, Net: "unix"})
}

// receive reads a line, and files that come with it.
func receive(c *net.UnixConn) (line string, files []*os.File, err error) {
	buf, oob := make([]byte, 4<<10), make([]byte, 128)
	n, oobn, _, _, err := c.ReadMsgUnix(buf, oob)
	if err != nil {
		return "", nil, err
	}
	messages, err := syscall.ParseSocketControlMessage(oob[:oobn])
	if err != nil {
		return "", nil, err
	}
	for _, m := range messages {
		fds, err := syscall.ParseUnixRights(&m)
		if err != nil {
			continue
		}
		for _, fd := range fds {
			syscall.CloseOnExec(fd)
			_ = syscall.SetNonblock(fd, true) // so that closing ends reading
			files = append(files, os.NewFile(uintptr(fd), "pipe"))
		}
	}
	line, err = readLine(buf[:n], c)
	return line, files, err
}
