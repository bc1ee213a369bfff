// Package netaddr is what package box needs of net/netip, which is initialised later
// than a program that runs once per test binary can wait for (see package fspath).
package netaddr

import (
	"strconv"
	"strings"
)

// An Addr is an IP address without a zone. The zero value is none.
type Addr struct {
	ip [16]byte
	// size is 4 or 16.
	size int
}

// AddrFrom4 is an address of IPv4.
func AddrFrom4(b [4]byte) Addr {
	a := Addr{size: 4}
	copy(a.ip[:], b[:])
	return a
}

// AddrFrom16 is an address of IPv6.
func AddrFrom16(b [16]byte) Addr { return Addr{ip: b, size: 16} }

// AddrFromSlice is an address of as many bytes.
func AddrFromSlice(b []byte) (Addr, bool) {
	switch len(b) {
	case 4:
		return AddrFrom4([4]byte(b)), true
	case 16:
		return AddrFrom16([16]byte(b)), true
	}
	return Addr{}, false
}

var mapped = [12]byte{10: 0xff, 11: 0xff}

// Unmap is the address of IPv4 that one of IPv6 stands for (::ffff:0:0/96), or the
// same.
func (a Addr) Unmap() Addr {
	if a.size == 16 && [12]byte(a.ip[:12]) == mapped {
		return AddrFrom4([4]byte(a.ip[12:]))
	}
	return a
}

// IsLoopback reports whether it is one of this machine.
func (a Addr) IsLoopback() bool {
	a = a.Unmap()
	if a.size == 4 {
		return a.ip[0] == 127
	}
	return a.size == 16 && a.ip == [16]byte{15: 1}
}

// IsUnspecified reports whether it is 0.0.0.0 or ::.
func (a Addr) IsUnspecified() bool { return a.size != 0 && a.ip == [16]byte{} }

// IsMulticast reports whether it means a group.
func (a Addr) IsMulticast() bool {
	a = a.Unmap()
	if a.size == 4 {
		return a.ip[0]&0xf0 == 0xe0
	}
	return a.size == 16 && a.ip[0] == 0xff
}

// String is the usual form, that of RFC 5952 for IPv6.
func (a Addr) String() string {
	if a.size == 4 {
		return dotted(a.ip[:4])
	}
	if a.size == 0 {
		return "invalid IP"
	}
	if [12]byte(a.ip[:12]) == mapped {
		return "::ffff:" + dotted(a.ip[12:])
	}
	from, to := a.zeros()
	var s strings.Builder
	for i := 0; i < 8; i++ {
		if i == from {
			s.WriteString("::")
			if i = to; i == 8 {
				break
			}
		} else if i > 0 {
			s.WriteByte(':')
		}
		s.WriteString(strconv.FormatUint(uint64(a.group(i)), 16))
	}
	return s.String()
}

func dotted(b []byte) string {
	s := make([]string, len(b))
	for i, n := range b {
		s[i] = strconv.Itoa(int(n))
	}
	return strings.Join(s, ".")
}

func (a Addr) group(i int) uint16 { return uint16(a.ip[2*i])<<8 | uint16(a.ip[2*i+1]) }

// zeros is the first of the longest runs of two or more groups that are zero, -1
// without one.
func (a Addr) zeros() (from, to int) {
	from = -1
	for i := 0; i < 8; i++ {
		j := i
		for j < 8 && a.group(j) == 0 {
			j++
		}
		if j-i >= 2 && j-i > to-from {
			from, to = i, j
		}
		i = max(i, j-1)
	}
	return from, to
}

// An AddrPort is an address with a port.
type AddrPort struct {
	addr Addr
	port uint16
}

// AddrPortFrom puts them together.
func AddrPortFrom(a Addr, port uint16) AddrPort { return AddrPort{a, port} }

// Addr is the address.
func (p AddrPort) Addr() Addr { return p.addr }

// Port is the port.
func (p AddrPort) Port() uint16 { return p.port }

// String is 127.0.0.1:80 or [::1]:80.
func (p AddrPort) String() string {
	port := ":" + strconv.Itoa(int(p.port))
	if p.addr.size == 16 {
		return "[" + p.addr.String() + "]" + port
	}
	return p.addr.String() + port
}

// ParseAddrPort reads what String writes; ok is false for everything else.
func ParseAddrPort(s string) (p AddrPort, ok bool) {
	i := strings.LastIndexByte(s, ':')
	if i < 0 {
		return p, false
	}
	port, err := strconv.ParseUint(s[i+1:], 10, 16)
	if err != nil {
		return p, false
	}
	ip, bracket := strings.CutPrefix(s[:i], "[")
	if bracket {
		if ip, ok = strings.CutSuffix(ip, "]"); !ok {
			return p, false
		}
		p.addr, ok = parse6(ip)
	} else {
		p.addr, ok = parse4(ip)
	}
	p.port = uint16(port)
	return p, ok
}

func parse4(s string) (Addr, bool) {
	var b [4]byte
	parts := strings.Split(s, ".")
	if len(parts) != 4 {
		return Addr{}, false
	}
	for i, part := range parts {
		n, err := strconv.ParseUint(part, 10, 8)
		if err != nil || len(part) > 1 && part[0] == '0' {
			return Addr{}, false
		}
		b[i] = byte(n)
	}
	return AddrFrom4(b), true
}

func parse6(s string) (Addr, bool) {
	if rest, ok := strings.CutPrefix(s, "::ffff:"); ok && strings.Contains(rest, ".") {
		a, ok := parse4(rest)
		b := [16]byte{10: 0xff, 11: 0xff}
		copy(b[12:], a.ip[:4])
		return AddrFrom16(b), ok
	}
	head, tail, short := strings.Cut(s, "::")
	var b [16]byte
	before, ok1 := groups(head)
	after, ok2 := groups(tail)
	n := len(before) + len(after)
	if !ok1 || !ok2 || short && n > 14 || !short && n != 16 {
		return Addr{}, false
	}
	copy(b[:], before)
	copy(b[16-len(after):], after)
	return AddrFrom16(b), true
}

// groups are the bytes of groups with colons between them.
func groups(s string) ([]byte, bool) {
	if s == "" {
		return nil, true
	}
	var b []byte
	for part := range strings.SplitSeq(s, ":") {
		n, err := strconv.ParseUint(part, 16, 16)
		if err != nil {
			return nil, false
		}
		b = append(b, byte(n>>8), byte(n))
	}
	return b, true
}
