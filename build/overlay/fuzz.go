package overlay

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// ErrFuzzApart means that the fuzz corpus cannot be shared, as where symbolic
// links are not allowed. Fuzzing should then run with the user's cache.
var ErrFuzzApart = errors.New("fuzz corpus cannot be shared")

// ShareFuzz makes corpora found by fuzzing in the overlay go to the user's
// cache at once. It is to be called before a go test -fuzz, and only then: it
// creates the fuzz directory in the user's cache, since cmd/go could not
// create it through a dangling link (os.MkdirAll in internal/fuzz).
func ShareFuzz(user, dir string) error {
	if err := prepare(user, dir); err != nil {
		return err
	}
	s := newSyncer(user, dir)
	if err := os.MkdirAll(filepath.Join(s.user, "fuzz"), 0o777); err != nil {
		return fmt.Errorf("%w: %w", ErrFuzzApart, err)
	}
	if err := s.shareFuzz(); err != nil {
		return fmt.Errorf("%w: %w", ErrFuzzApart, err)
	}
	a, errA := os.Stat(filepath.Join(s.user, "fuzz"))
	b, errB := os.Stat(filepath.Join(s.dir, "fuzz"))
	if errA != nil || errB != nil || !os.SameFile(a, b) {
		return ErrFuzzApart
	}
	return nil
}

// shareFuzz makes fuzz in the overlay a symbolic link to the user's, if there
// is one. Where fuzzing has filled a directory in the overlay, because nothing
// had been there to link to or links are impossible, its files are moved.
func (s *syncer) shareFuzz() error {
	users, ours := filepath.Join(s.user, "fuzz"), filepath.Join(s.dir, "fuzz")
	info, err := os.Lstat(ours)
	if err == nil && info.IsDir() {
		if err := moveTree(ours, users); err != nil {
			return fmt.Errorf("move fuzz corpus: %w", err)
		}
	}
	if to, err := os.Readlink(ours); err == nil {
		if to == users && isDir(users) {
			return nil
		}
		// Either of another cache, or dangling since go clean -fuzzcache.
		if err := os.Remove(ours); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	if isDir(users) {
		// Fails where links are impossible and where files are left.
		_ = os.Symlink(users, ours)
	}
	return nil
}

func isDir(name string) bool {
	info, err := os.Stat(name)
	return err == nil && info.IsDir()
}

// moveTree moves the regular files below from to the same places below to,
// where there are none yet, and removes the directories that are empty then.
func moveTree(from, to string) error {
	entries, err := os.ReadDir(from)
	if err != nil {
		return err
	}
	for _, e := range entries {
		src, dst := filepath.Join(from, e.Name()), filepath.Join(to, e.Name())
		switch {
		case e.IsDir():
			err = moveTree(src, dst)
		case e.Type().IsRegular():
			err = moveFile(src, dst)
		}
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	// Fails if something is left, which is as intended.
	_ = os.Remove(from)
	return nil
}

// moveFile moves one file of a corpus. It is named by its content, so one that
// exists is the same.
func moveFile(src, dst string) error {
	if _, err := os.Lstat(dst); err == nil {
		return os.Remove(src)
	}
	if err := os.MkdirAll(filepath.Dir(dst), 0o777); err != nil {
		return err
	}
	if os.Rename(src, dst) == nil {
		return nil
	}
	in, info, err := openRegular(src)
	if err != nil {
		return err
	}
	data, err := io.ReadAll(in)
	in.Close()
	if err != nil {
		return err
	}
	if err := writeNew(dst, data, info.ModTime()); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return os.Remove(src)
}
