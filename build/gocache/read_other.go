//go:build !linux

package gocache

import (
	"os"
	"time"
)

// readStart reads the beginning of a small file, and when it was last used.
func readStart(name string, b []byte) (n int, used time.Time, err error) {
	f, err := os.Open(name)
	if err != nil {
		return 0, used, err
	}
	defer f.Close()
	if n, err = f.Read(b); err != nil {
		return 0, used, err
	}
	info, err := f.Stat()
	if err != nil {
		return 0, used, err
	}
	return n, info.ModTime(), nil
}
