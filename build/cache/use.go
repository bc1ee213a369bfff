package cache

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"github.com/gust-go/gust/internal/filelock"
)

// useWait is how long a build waits for a trim or clean that is at work, which
// takes about a second for 30,000 entries.
const useWait = 10 * time.Second

var (
	errBusy    = errors.New("gust's cache is in use")
	errUnknown = errors.New("no lock on gust's cache")
)

// Use keeps what is in the overlays of the cache at dir, which must exist, from
// being removed until release is called. The error means that the cache is
// being trimmed or cleaned all the time: do without it.
func Use(ctx context.Context, dir string) (release func(), err error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	l, err := acquire(ctx, root, false, useWait)
	if errors.Is(err, errUnknown) {
		// Then nobody gets the lock alone either, and nothing is removed.
		return func() {}, nil
	}
	if err != nil {
		return nil, err
	}
	return l.release, nil
}

// lock is a lock on the cache that is held.
type lock struct{ f *os.File }

func (l *lock) release() { l.f.Close() }

// acquire takes the lock. The error wraps errBusy if others kept it for longer
// than wait, and errUnknown if there are no locks here.
func acquire(ctx context.Context, root *os.Root, alone bool, wait time.Duration) (*lock, error) {
	const poll = 10 * time.Millisecond
	mode := filelock.Shared
	if alone {
		mode = filelock.Exclusive
	}
	expired := time.After(wait)
	for {
		l, err := tryAcquire(root, mode)
		if l != nil || err != nil {
			return l, err
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-expired:
			return nil, errBusy
		case <-time.After(poll):
		}
	}
}

// tryAcquire returns neither a lock nor an error if others are in the way.
func tryAcquire(root *os.Root, mode filelock.Mode) (*lock, error) {
	f, err := openLock(root)
	if err != nil {
		return nil, fmt.Errorf("lock gust's cache: %w", err)
	}
	locked, err := filelock.Try(f, mode)
	if err != nil {
		f.Close()
		return nil, fmt.Errorf("%w: %w", errUnknown, err)
	}
	if !locked || !stillThere(root, f) {
		f.Close()
		return nil, nil
	}
	return &lock{f}, nil
}

// openLock opens the lock file. Whoever can only read it can lock it, too.
func openLock(root *os.Root) (*os.File, error) {
	if info, err := root.Lstat(lockName); err == nil && !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%q is not a regular file", lockName)
	}
	f, err := root.OpenFile(lockName, os.O_RDWR|os.O_CREATE, 0o666)
	if errors.Is(err, fs.ErrPermission) {
		return root.Open(lockName)
	}
	return f, err
}

// stillThere reports whether the lock file is the one in place: clean removes
// it, and a lock on a file without a name locks nobody out.
func stillThere(root *os.Root, f *os.File) bool {
	mine, err := f.Stat()
	if err != nil {
		return false
	}
	current, err := root.Lstat(lockName)
	return err == nil && os.SameFile(mine, current)
}
