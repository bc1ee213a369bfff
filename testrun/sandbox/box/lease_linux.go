package box

import (
	"os"
	"strconv"
	"sync"
	"syscall"
	"time"

	"github.com/gust-go/gust/testrun/sandbox/box/fspath"
	"github.com/gust-go/gust/testrun/sandbox/box/netaddr"
)

// leases keep tests of different packages from colliding on a port where they share
// the machine's network: who binds a port of a fixed number has it until its tests
// have ended, and others wait. Two that wait for each other do not wait for ever.
type leases struct {
	dir string
	mu  sync.Mutex
	// held are the ports, and what they are locked by.
	held map[uint16]int
}

// maxWait is how long a test waits for a port.
const maxWait = time.Minute

func newLeases(run string) *leases {
	dir := fspath.Join(run, "ports")
	if err := os.Mkdir(dir, 0o700); err != nil && !os.IsExist(err) {
		return nil
	}
	return &leases{dir: dir, held: make(map[uint16]int)}
}

// wanted is the port of an address that has to be waited for, 0 if there is none.
func (l *leases) wanted(addr string) uint16 {
	ap, ok := netaddr.ParseAddrPort(addr)
	if l == nil || !ok || ap.Port() == 0 {
		return 0
	}
	if l.has(ap.Port()) {
		return 0
	}
	return ap.Port()
}

func (l *leases) has(port uint16) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	_, ok := l.held[port]
	return ok
}

// take waits until a port is this test's. Without a lease it goes on as it would.
func (l *leases) take(port uint16) {
	fd, err := syscall.Open(fspath.Join(l.dir, strconv.Itoa(int(port))), syscall.O_RDWR|syscall.O_CREAT|syscall.O_CLOEXEC, 0o600)
	if err != nil {
		return
	}
	for deadline := time.Now().Add(maxWait); ; time.Sleep(10 * time.Millisecond) {
		err := syscall.Flock(fd, syscall.LOCK_EX|syscall.LOCK_NB)
		if err == nil {
			break
		}
		other := err != syscall.EWOULDBLOCK && err != syscall.EINTR
		if other || time.Now().After(deadline) || l.has(port) {
			_ = syscall.Close(fd)
			return
		}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if _, ok := l.held[port]; ok {
		_ = syscall.Close(fd) // somebody of the same test was faster
		return
	}
	l.held[port] = fd
}
