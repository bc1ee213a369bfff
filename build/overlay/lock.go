package overlay

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/gust-go/gust/internal/filelock"
)

// lockName is the file that a sync locks. It is never removed, or two syncs
// could hold locks on two files of that name.
const lockName = "gust-overlay.lock"

// waitLock takes the overlay's lock. If another sync keeps it longer than
// lockWait it gives up: locked is false then, and that is no error. The system
// drops the lock when the process ends, however it ends.
func (s *syncer) waitLock(ctx context.Context) (unlock func(), locked bool, err error) {
	const poll = 10 * time.Millisecond
	name := filepath.Join(s.dir, lockName)
	f, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, false, fmt.Errorf("lock overlay: %w", err)
	}
	unlock = func() { f.Close() }
	expired := time.After(s.lockWait)
	for {
		locked, err = filelock.Try(f, filelock.Exclusive)
		if locked {
			return unlock, true, nil
		}
		if err != nil {
			// Without locks two syncs at once are still safe, as long as
			// neither of them resets the overlay.
			return unlock, true, nil
		}
		select {
		case <-ctx.Done():
			unlock()
			return nil, false, ctx.Err()
		case <-expired:
			return unlock, false, nil
		case <-time.After(poll):
		}
	}
}
