package box

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync"
	"syscall"

	"github.com/gust-go/gust/testrun/sandbox/box/fspath"
	"github.com/gust-go/gust/testrun/sandbox/box/netaddr"
)

// maxTouched bounds what is remembered of one test.
const maxTouched = 20000

// touched gathers what a test did, each thing once.
type touched struct {
	mu    sync.Mutex
	index map[Touch]int
	list  []Touch
	// full is true if something was left out.
	full bool
	// main is the process whose tests running are.
	main    int
	running running
	// starters are the tests that ran when a process started a program.
	starters map[int]string
}

func (t *touched) add(what Touch) {
	t.mu.Lock()
	defer t.mu.Unlock()
	what.Test = t.running.only()
	if i, ok := t.index[what]; ok {
		t.list[i].Count++
		return
	}
	if t.index == nil {
		t.index = make(map[Touch]int)
	}
	if len(t.list) == maxTouched {
		t.full = true
		return
	}
	t.index[what] = len(t.list)
	what.Count = 1
	t.list = append(t.list, what)
}

// tell adds what was recorded to a result.
func (r *recorder) tell(to *result) {
	t := &r.touched
	t.mu.Lock()
	defer t.mu.Unlock()
	t.forgive()
	to.Touched, to.Full = t.list, t.full
	for i, p := range to.Left {
		to.Left[i].Test = t.starters[p.PID]
	}
}

// forgive takes back that nobody was at addresses of the sandbox's own on which
// something listened later: tests try until their server is up.
func (t *touched) forgive() {
	bound := make(map[uint16]bool)
	for _, x := range t.list {
		if ap, ok := netaddr.ParseAddrPort(x.What); ok && x.Kind == KindBind {
			bound[ap.Port()] = true
		}
	}
	for i, x := range t.list {
		ap, ok := netaddr.ParseAddrPort(x.What)
		if ok && x.Outside && own(ap.Addr()) && bound[ap.Port()] {
			t.list[i].Outside = false
		}
	}
}

// own reports whether an address is that of the sandbox itself.
func own(ip netaddr.Addr) bool { return ip.Unmap().IsLoopback() || ip.Unmap().IsUnspecified() }

// toMany reports whether what is sent to an address stays in the sandbox, since the
// only interface is that of the sandbox.
func toMany(ip netaddr.Addr) bool { return ip.Unmap().IsMulticast() }

// exec notes that a process becomes another program. The first one that does is
// the test itself. A name that does not exist is one of those that a search tries.
func (t *touched) exec(pid int, path string, dirfd int) {
	t.mu.Lock()
	first := t.main == 0
	if first {
		t.main = pid
	}
	t.startedBy(pid)
	t.mu.Unlock()
	if path, ok := absolute(pid, path, dirfd); ok && !first {
		if _, err := os.Stat(path); err == nil {
			t.add(Touch{Kind: KindExec, What: path})
		}
	}
}

func (t *touched) startedBy(pid int) {
	if test := t.running.only(); test != "" {
		if t.starters == nil {
			t.starters = make(map[int]string)
		}
		t.starters[pid] = test
	}
}

// output follows which tests run. pid is that of a thread.
func (t *touched) output(pid int, text []byte) {
	if _, err := os.Lstat(fmt.Sprintf("/proc/%d/task/%d", t.main, pid)); err != nil {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	for line := range bytes.Lines(text) {
		t.running.line(string(line))
	}
}

// path notes a file.
func (t *touched) path(pid int, kind, path string, dirfd int) {
	if path, ok := absolute(pid, path, dirfd); ok {
		t.add(Touch{Kind: kind, What: path})
	}
}

// absolute makes a name that is that of the caller's directory one for all.
func absolute(pid int, path string, dirfd int) (string, bool) {
	if path == "" {
		return "", false
	}
	if !fspath.IsAbs(path) {
		base := fmt.Sprintf("/proc/%d/cwd", pid)
		if dirfd != atFDCWD {
			base = fmt.Sprintf("/proc/%d/fd/%d", pid, dirfd)
		}
		dir, err := os.Readlink(base)
		if err != nil {
			return "", false
		}
		path = dir + "/" + path
	}
	return fspath.Clean(path), true
}

// bind notes an address that something listens on or sends from.
func (t *touched) bind(pid int, addr, size uint64) {
	if to, ok := readAddress(pid, addr, size); ok {
		t.add(Touch{Kind: KindBind, What: to})
	}
}

// dial notes an address that something is sent to.
func (t *touched) dial(pid int, addr, size uint64) {
	to, ok := readAddress(pid, addr, size)
	if !ok {
		return
	}
	what := Touch{Kind: KindDial, What: to}
	if ap, ok := netaddr.ParseAddrPort(to); ok {
		what.Outside = outside(ap)
	}
	t.add(what)
}

// outside reports whether nobody in the sandbox is at an address: it is another
// machine's, or a port below those that the system gives out on which nothing
// listens.
func outside(ap netaddr.AddrPort) bool {
	if toMany(ap.Addr()) {
		return false
	}
	if !own(ap.Addr()) {
		return ap.Port() != 0 && ap.Port() != 9 // where resolvers connect to choose an address
	}
	return ap.Port() != 0 && ap.Port() < firstEphemeral && !listening(ap.Port())
}

const firstEphemeral = 32768

// listening reports whether something in this network listens on a port.
func listening(port uint16) bool {
	for _, l := range listeners() {
		if l.addr.Port() == port {
			return true
		}
	}
	return false
}

// readAddress reads the address of a socket of a process.
func readAddress(pid int, addr, size uint64) (string, bool) {
	family, b := readSockaddr(pid, addr, size)
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
