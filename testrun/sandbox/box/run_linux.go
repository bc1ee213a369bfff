package box

import (
	"errors"
	"os"
	"sync/atomic"
	"syscall"

	"github.com/gust-go/gust/testrun/sandbox/box/fspath"
)

// A run is the directory of one, as the process outside of a sandbox sees it.
type run struct {
	dir string
	// lock keeps others from removing it, owner becomes free when gust ends.
	lock, owner int
	dead        *atomic.Bool
}

// openRun locks a run. As long as this process lives, nobody removes it.
func openRun(dir string) run {
	r := run{dir: dir, dead: new(atomic.Bool)}
	r.lock = openLock(fspath.Join(dir, LockName))
	r.owner = openLock(fspath.Join(dir, OwnerName))
	_ = syscall.Flock(r.lock, syscall.LOCK_SH|syscall.LOCK_NB)
	return r
}

func openLock(path string) int {
	fd, err := syscall.Open(path, syscall.O_RDWR|syscall.O_CLOEXEC, 0)
	if err != nil {
		return -1
	}
	return fd
}

// orphaned reports whether gust has ended before this process began: go starts
// the tests of one package after another all the same.
func (r run) orphaned() bool {
	err := syscall.Flock(r.owner, syscall.LOCK_SH|syscall.LOCK_NB)
	return !errors.Is(err, syscall.EWOULDBLOCK)
}

// endWithOwner ends a test when gust ends. Nobody else would if it was killed, as go
// does not notice.
func (r run) endWithOwner(end func()) {
	go func() {
		err := syscall.EINTR
		for errors.Is(err, syscall.EINTR) {
			err, _ = syscall.Flock(r.owner, syscall.LOCK_SH).(syscall.Errno)
		}
		if err == 0 {
			r.dead.Store(true)
			end()
		}
	}()
}

// close removes what is left of the run if gust has ended and nobody else is
// in it.
func (r run) close() {
	if r.dead.Load() && syscall.Flock(r.lock, syscall.LOCK_EX|syscall.LOCK_NB) == nil {
		_ = os.RemoveAll(r.dir)
	}
}
