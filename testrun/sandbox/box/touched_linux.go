package box

import (
	"bytes"
	"errors"
	"os"
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
	// known are those of list that the test which runs now has opened, by kind and
	// name as they were given: most files are opened more than once.
	known map[string]int
	key   []byte
	// main is the process whose tests running are, test the only one of them.
	main    int
	running running
	test    string
	// starters are the tests that ran when a process started a program.
	starters map[int]string
}

func (t *touched) add(what Touch) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.note(what)
}

// note returns where in the list it is, -1 if it is not.
func (t *touched) note(what Touch) int {
	what.Test = t.test
	if i, ok := t.index[what]; ok {
		t.list[i].Count++
		return i
	}
	if t.index == nil {
		t.index = make(map[Touch]int)
	}
	if len(t.list) == maxTouched {
		t.full = true
		return -1
	}
	i := len(t.list)
	t.index[what] = i
	what.Count = 1
	t.list = append(t.list, what)
	return i
}

// tell adds what was recorded to a result.
func (r *recorder) tell(to *result) {
	r.ring.drain(r.opened)
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
func (t *touched) exec(pid int, path []byte, dir func() []byte) {
	t.mu.Lock()
	defer t.mu.Unlock()
	first := t.main == 0
	if first {
		t.main = pid
	}
	t.startedBy(pid)
	if first || !t.absolute(KindExec, path, dir) {
		return
	}
	name := fspath.Clean(string(t.key[len(KindExec):]))
	if _, err := os.Stat(name); err == nil {
		t.note(Touch{Kind: KindExec, What: name})
	}
}

func (t *touched) startedBy(pid int) {
	if t.test != "" {
		if t.starters == nil {
			t.starters = make(map[int]string)
		}
		t.starters[pid] = t.test
	}
}

// output follows which tests run. pid is that of a thread.
func (t *touched) output(pid int, text []byte) {
	if errors.Is(tgkill(t.main, pid, 0), syscall.ESRCH) {
		return // of another program
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	for line := range bytes.Lines(text) {
		t.running.line(string(line))
	}
	if now := t.running.only(); now != t.test {
		t.test = now
		clear(t.known)
	}
}

// path notes a file. A name that is relative is so to what dir returns, if not nil.
func (t *touched) path(kind string, path []byte, dir func() []byte) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.absolute(kind, path, dir) {
		return
	}
	if i, ok := t.known[string(t.key)]; ok {
		t.list[i].Count++
		return
	}
	if i := t.note(Touch{Kind: kind, What: fspath.Clean(string(t.key[len(kind):]))}); i >= 0 && len(t.known) < maxTouched {
		if t.known == nil {
			t.known = make(map[string]int)
		}
		t.known[string(t.key)] = i
	}
}

// absolute makes a name that is that of the caller's directory one for all: key is
// a kind and that name.
func (t *touched) absolute(kind string, path []byte, dir func() []byte) bool {
	if len(path) == 0 {
		return false
	}
	t.key = append(t.key[:0], kind...)
	if path[0] != '/' {
		base := dir()
		if base == nil {
			return false
		}
		t.key = append(append(t.key, base...), '/')
	}
	t.key = append(t.key, path...)
	return true
}

// bind notes an address that something listens on or sends from.
func (t *touched) bind(to string, ok bool) {
	if ok {
		t.add(Touch{Kind: KindBind, What: to})
	}
}

// dial notes an address that something is sent to.
func (t *touched) dial(to string, ok bool) {
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
