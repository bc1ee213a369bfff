//go:build !darwin && !dragonfly && !freebsd && !linux && !netbsd && !openbsd && !windows

package filelock

import "os"

// Try always fails: this system has no such locks.
func Try(*os.File, Mode) (bool, error) { return false, ErrUnsupported }
