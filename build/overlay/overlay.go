package overlay

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"time"
)

// Stats says what a sync did.
type Stats struct {
	// Scanned is the number of sub-directories that were read, 0 if nothing
	// had changed.
	Scanned int
	// Linked and Copied count data files brought over, Bytes the size of the
	// copies.
	Linked, Copied int
	Bytes          int64
	// Entries counts the action entries brought over, Replaced those among
	// them that took the place of another.
	Entries, Replaced int
	// Removed is the number of the overlay's entries dropped by a reset.
	Removed int
	// Skipped counts odd or unreadable things left alone.
	Skipped int
	// Reset reports that the user had emptied the cache, and hence the
	// overlay was emptied too.
	Reset bool
	// Unlocked reports that another sync was at work all the time: this one
	// brought over what was missing but recorded nothing.
	Unlocked bool
}

// Sync brings the overlay at dir up to date with the user's cache at user and
// says what it did. A missing user's cache is an empty one; dir is created.
//
// The error is an [*UnusableError] if the two can never work together (see
// [Usable]); any other one, such as a full disk, may leave the overlay
// incomplete but not wrong, and the next Sync goes on from there. Odd files
// are no error. Sync reads the system clock, to compare it with mtimes.
//
// One overlay belongs to one user's cache: callers give each GOCACHE its own
// directory, on the same file system if they can, or else every data file is
// copied. Any number of Syncs and go commands may run at once.
func Sync(ctx context.Context, user, dir string) (Stats, error) {
	return newSyncer(user, dir).sync(ctx)
}

// A syncer is one run of Sync. Tests change its fields before they call sync.
type syncer struct {
	user, dir string

	link     func(oldname, newname string) error
	now      func() time.Time
	lockWait time.Duration // how long to wait for another sync
	workers  int

	mu    sync.Mutex // guards stats
	stats Stats
}

func newSyncer(user, dir string) *syncer {
	return &syncer{
		user: filepath.Clean(user),
		dir:  filepath.Clean(dir),
		link: os.Link,
		now:  time.Now,
		// Long enough for any sync but the first one.
		lockWait: time.Second,
		// Creating names is bound by the file system's own locks: more
		// goroutines do not help.
		workers: min(max(runtime.GOMAXPROCS(0), 2), 8),
	}
}

// count changes the statistics under their lock.
func (s *syncer) count(f func(*Stats)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f(&s.stats)
}

func (s *syncer) sync(ctx context.Context) (Stats, error) {
	if err := ctx.Err(); err != nil {
		return Stats{}, err
	}
	if err := prepare(s.user, s.dir); err != nil {
		return Stats{}, err
	}
	err := s.bringOver(ctx)
	if err != nil {
		err = fmt.Errorf("sync %q with %q: %w", s.dir, s.user, err)
	}
	return s.stats, err
}

func (s *syncer) bringOver(ctx context.Context) error {
	if err := s.carryTestExpire(); err != nil {
		return err
	}
	if err := s.shareFuzz(); err != nil {
		return err
	}
	// The state is replaced by rename, so this look needs no lock.
	if s.loadState().current(s.statDirs(), s.trimTime()) {
		return nil
	}
	unlock, locked, err := s.waitLock(ctx)
	if err != nil {
		return err
	}
	defer unlock()
	return s.update(ctx, locked)
}

// update does the work once it is known that there is some. Without the lock
// it neither resets nor records: whoever holds the lock does.
func (s *syncer) update(ctx context.Context, locked bool) error {
	// The order matters: everything that is compared later is read before the
	// files are, so that a change in between is seen the next time.
	start := s.now()
	old := s.loadState()
	mtimes := s.statDirs()
	s.stats.Unlocked = !locked
	if locked {
		if err := s.tidy(old == nil); err != nil {
			return err
		}
		if s.cleaned(old, mtimes, start) {
			if err := s.reset(ctx); err != nil {
				return err
			}
			old = nil
		}
	}
	next := newState(s.user, s.trimTime(), start)
	if err := s.scanAll(ctx, old, next, mtimes, start); err != nil {
		return err
	}
	if !locked {
		return nil
	}
	return s.saveState(next)
}

// subName is the name of the i-th of a cache's 256 sub-directories.
func subName(i int) string {
	const hex = "0123456789abcdef"
	return string([]byte{hex[i>>4], hex[i&15]})
}
