//go:build linux || darwin || freebsd

package overlay

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// Room reports whether the file system of dir has room for what a build
// writes. Where that cannot be told it has.
func Room(dir string) error {
	var fs unix.Statfs_t
	if err := unix.Statfs(dir, &fs); err != nil || fs.Blocks == 0 {
		return nil
	}
	if left := uint64(fs.Bavail) * uint64(fs.Bsize); left < minRoom {
		return &UnusableError{Path: dir, Err: fmt.Errorf("%w: %d MiB", ErrNoRoom, left>>20)}
	}
	return nil
}
