package box

import (
	"bufio"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"

	"github.com/gust-go/gust/testrun/sandbox/box/fspath"
	"github.com/gust-go/gust/testrun/sandbox/box/netaddr"
)

// leftProcesses are all processes of a test that are alive.
func leftProcesses(mine func([]process) []process) []Process {
	// A child that has ended but was not waited for yet is no leak.
	for {
		var status syscall.WaitStatus
		if got, err := syscall.Wait4(-1, &status, syscall.WNOHANG, nil); got <= 0 || err != nil {
			break
		}
	}
	var left []Process
	var ports []listener
	for _, alive := range mine(processes()) {
		line, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", alive.pid))
		if err != nil || len(line) == 0 {
			continue // it has ended
		}
		p := Process{PID: alive.pid, Args: strings.Split(strings.TrimSuffix(string(line), "\x00"), "\x00")}
		if left == nil {
			ports = listeners() // rarely of use, and files of the kernel's are slow
		}
		p.Ports = portsOf(alive.pid, ports)
		left = append(left, p)
	}
	return left
}

// A listener is a socket of this network that waits for others.
type listener struct {
	addr  netaddr.AddrPort
	inode string
	udp   bool
}

// listeners are the sockets on which something listens, or could receive.
func listeners() []listener {
	var all []listener
	for _, name := range []string{"tcp", "tcp6", "udp", "udp6"} {
		f, err := os.Open("/proc/self/net/" + name)
		if err != nil {
			continue
		}
		udp := strings.HasPrefix(name, "udp")
		lines := bufio.NewScanner(f)
		for lines.Scan() {
			// sl, local address, remote address, state, …, inode
			fields := strings.Fields(lines.Text())
			if len(fields) < 10 || fields[3] != "0A" && !udp {
				continue
			}
			if addr, ok := procAddress(fields[1]); ok {
				all = append(all, listener{addr, fields[9], udp})
			}
		}
		_ = f.Close()
	}
	return all
}

// procAddress reads an address as /proc/net/tcp has it: words of 32 bits in the
// machine's order.
func procAddress(s string) (netaddr.AddrPort, bool) {
	ip, port, _ := strings.Cut(s, ":")
	b, err := hex.DecodeString(ip)
	n, portErr := strconv.ParseUint(port, 16, 16)
	if err != nil || portErr != nil || len(b)%4 != 0 {
		return netaddr.AddrPort{}, false
	}
	for i := 0; i < len(b); i += 4 {
		binary.BigEndian.PutUint32(b[i:], binary.NativeEndian.Uint32(b[i:]))
	}
	addr, ok := netaddr.AddrFromSlice(b)
	return netaddr.AddrPortFrom(addr.Unmap(), uint16(n)), ok
}

// portsOf are the addresses on which a process listens.
func portsOf(pid int, all []listener) []string {
	if len(all) == 0 {
		return nil
	}
	dir := fmt.Sprintf("/proc/%d/fd", pid)
	fds, _ := os.ReadDir(dir)
	var ports []string
	for _, fd := range fds {
		to, err := os.Readlink(fspath.Join(dir, fd.Name()))
		inode, ok := strings.CutPrefix(strings.TrimSuffix(to, "]"), "socket:[")
		if err != nil || !ok {
			continue
		}
		for _, l := range all {
			if l.inode == inode && !l.udp && !contains(ports, l.addr.String()) {
				ports = append(ports, l.addr.String())
			}
		}
	}
	return ports
}
