package filelock

import (
	"context"
	"os"
	"time"
)

// Wait takes the file's exclusive lock, asking again and again until ctx ends.
// Where there are no locks the file counts as locked.
func Wait(ctx context.Context, f *os.File) error {
	const poll = 10 * time.Millisecond
	for {
		if locked, err := Try(f, Exclusive); locked || err != nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(poll):
		}
	}
}
