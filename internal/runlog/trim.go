package runlog

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/gust-go/gust/internal/filelock"
)

// trim removes the oldest runs until the rest is within the limits. Runs that
// go on stay.
func (l Log) trim() error {
	names, err := l.names()
	if err != nil {
		return err
	}
	var size int64
	var trouble error
	for i, n := range names {
		path := filepath.Join(l.Dir, n.file)
		info, err := os.Lstat(path)
		if err != nil {
			continue // another process trims, too
		}
		if size += info.Size(); i == 0 || i < defaultMaxRuns && size <= l.maxBytes() {
			continue
		}
		if err := remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			trouble = err
		}
	}
	return trouble
}

// remove removes a run unless it is being written.
func remove(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	free, err := filelock.Try(f, filelock.Exclusive)
	// Closed first: where files in use cannot be removed, that is one.
	closed := f.Close()
	if !free && err == nil {
		return nil
	}
	if closed != nil {
		return closed
	}
	return os.Remove(path)
}
