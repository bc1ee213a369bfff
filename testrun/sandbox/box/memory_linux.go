package box

import (
	"bytes"
	"encoding/binary"
	"strconv"
	"strings"
	"syscall"
	"unsafe"

	"github.com/gust-go/gust/testrun/sandbox/box/netaddr"
)

// memory reads that of other processes. A test waits for it at each call, so that it
// makes as few system calls as can be, and no garbage: what it returns is good
// until it reads again.
type memory struct {
	buf [pathMax]byte
	// name is a link in /proc, link where one leads.
	name, link []byte
}

// read reads as far as it goes, to buf from an offset on.
func (m *memory) read(pid int, addr uint64, at, size int) []byte {
	local := syscall.Iovec{Base: &m.buf[at]}
	local.SetLen(size)
	remote := struct{ base, length uintptr }{uintptr(addr), uintptr(size)}
	n, _, errno := syscall.RawSyscall6(sysReadv, uintptr(pid), uintptr(unsafe.Pointer(&local)), 1,
		uintptr(unsafe.Pointer(&remote)), 1, 0)
	if errno != 0 {
		return nil
	}
	return m.buf[at : at+int(n)]
}

// bytes reads that many, or as many as there is room for.
func (m *memory) bytes(pid int, addr, size uint64) []byte {
	if size == 0 {
		return nil
	}
	return m.read(pid, addr, 0, int(min(size, pathMax)))
}

// text reads a string that ends in a zero byte. It may end where the memory of the
// process does, so no page is read before it is needed.
func (m *memory) text(pid int, addr uint64) []byte {
	const page = 4096
	for n := 0; n < pathMax; {
		chunk := m.read(pid, addr, n, min(256, page-int(addr%page), pathMax-n))
		if len(chunk) == 0 {
			return m.buf[:n]
		}
		if end := bytes.IndexByte(chunk, 0); end >= 0 {
			return m.buf[:n+end]
		}
		n, addr = n+len(chunk), addr+uint64(len(chunk))
	}
	return m.buf[:]
}

// dir is what names are relative to that a process gives with a descriptor, nil if
// that cannot be told.
func (m *memory) dir(pid, dirfd int) []byte {
	m.name = strconv.AppendInt(append(m.name[:0], "/proc/"...), int64(pid), 10)
	if dirfd == atFDCWD {
		m.name = append(m.name, "/cwd\x00"...)
	} else {
		m.name = strconv.AppendInt(append(m.name, "/fd/"...), int64(dirfd), 10)
		m.name = append(m.name, 0)
	}
	if m.link == nil {
		m.link = make([]byte, pathMax)
	}
	n, _, errno := syscall.RawSyscall6(syscall.SYS_READLINKAT, fdArg(atFDCWD), uintptr(unsafe.Pointer(&m.name[0])),
		uintptr(unsafe.Pointer(&m.link[0])), pathMax, 0, 0)
	if errno != 0 {
		return nil
	}
	return m.link[:n]
}

// address reads the address of a socket: a family in the machine's order, then what
// belongs to it.
func (m *memory) address(pid int, addr, size uint64) (string, bool) {
	b := m.bytes(pid, addr, max(2, min(size, 128)))
	if len(b) < 2 {
		return "", false
	}
	return addressText(binary.NativeEndian.Uint16(b), b[2:])
}

func addressText(family uint16, b []byte) (string, bool) {
	switch {
	case family == syscall.AF_INET && len(b) >= 6:
		ip := netaddr.AddrFrom4([4]byte(b[2:6]))
		return netaddr.AddrPortFrom(ip, uint16(b[0])<<8|uint16(b[1])).String(), true
	case family == syscall.AF_INET6 && len(b) >= 22:
		ip := netaddr.AddrFrom16([16]byte(b[6:22]))
		return netaddr.AddrPortFrom(ip.Unmap(), uint16(b[0])<<8|uint16(b[1])).String(), true
	case family == syscall.AF_UNIX && len(b) > 0:
		if b[0] == 0 {
			return "unix:@" + strconv.QuoteToASCII(strings.TrimRight(string(b[1:]), "\x00")), true
		}
		name, _, _ := strings.Cut(string(b), "\x00")
		return "unix:" + name, true
	}
	return "", false
}
