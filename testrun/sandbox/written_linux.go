package sandbox

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/gust-go/gust/testrun/sandbox/box"
)

// written lists what a test wrote to the trees of its box.
func (s *Session) written(r box.Report) ([]Write, error) {
	var all []Write
	checkouts := s.options.checkouts()
	for _, t := range r.Trees {
		if t.Discard || !slices.Contains(r.Wrote, t.Name) {
			continue
		}
		upper := filepath.Join(r.Box, t.Name)
		inCheckout := func(path string) bool { // one in the home directory
			return slices.ContainsFunc(checkouts, func(dir string) bool { return inside(dir, t.Path) && inside(path, dir) })
		}
		writes, err := changes(upper, t.Path)
		if err != nil {
			return nil, fmt.Errorf("look at what %s wrote: %w", r.Dir, err)
		}
		for _, w := range writes {
			if !s.uninteresting(w.Path) {
				w.Home = t.Name == box.HomeName && !inCheckout(w.Path)
				all = append(all, w)
			}
		}
	}
	slices.SortFunc(all, func(a, b Write) int { return compare(a.Path, b.Path) })
	return all, nil
}

// uninteresting reports whether a path belongs to go or gust, which tests may
// run themselves.
func (s *Session) uninteresting(path string) bool {
	for _, dir := range []string{s.options.CacheDir, s.options.Env.GOCACHE, s.options.Env.GOMODCACHE, s.options.telemetry()} {
		if dir != "" && inside(path, dir) {
			return true
		}
	}
	return false
}

// changes compares the upper directory of an overlay with the lower one. What
// was written and is the same as before is no change, nor is a directory that
// is there already.
func changes(upper, lower string) ([]Write, error) {
	var all []Write
	err := filepath.WalkDir(upper, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			// A test may have made it inaccessible, but it is ours.
			if os.Chmod(path, 0o700) != nil {
				return err
			}
			below, err := changes(path, filepath.Join(lower, strings.TrimPrefix(path, upper)))
			all = append(all, below...)
			return err
		}
		if path == upper {
			return nil
		}
		w := Write{Path: filepath.Join(lower, strings.TrimPrefix(path, upper)), upper: path}
		info, err := d.Info()
		if err != nil {
			return err
		}
		before, beforeErr := os.Lstat(w.Path)
		switch {
		case whiteout(info):
			if beforeErr != nil {
				return nil // made and removed
			}
			w.Op, w.upper = Deleted, ""
		case d.IsDir():
			if beforeErr == nil && before.IsDir() {
				if opaque(path) {
					all = append(all, missing(path, w.Path)...)
				}
				return nil
			}
			w.Op = Created
			if beforeErr == nil {
				w.Op = Modified
			}
		case beforeErr != nil:
			w.Op = Created
		case same(path, w.Path, info, before):
			return nil
		default:
			w.Op = Modified
		}
		all = append(all, w)
		return nil
	})
	return all, err
}

// whiteout reports whether an entry of an upper directory says that there is
// none: a device with the number 0.
func whiteout(info fs.FileInfo) bool {
	st, ok := info.Sys().(*syscall.Stat_t)
	return ok && info.Mode()&fs.ModeCharDevice != 0 && st.Rdev == 0
}

// opaque reports whether a directory was removed and made again.
func opaque(dir string) bool {
	var value [1]byte
	n, err := syscall.Getxattr(dir, "user.overlay.opaque", value[:])
	return err == nil && n == 1 && value[0] == 'y'
}

// missing are the entries of a lower directory that an opaque one hides.
func missing(upper, lower string) []Write {
	var all []Write
	entries, _ := os.ReadDir(lower)
	for _, e := range entries {
		if _, err := os.Lstat(filepath.Join(upper, e.Name())); err != nil {
			all = append(all, Write{Path: filepath.Join(lower, e.Name()), Op: Deleted})
		}
	}
	return all
}

// same reports whether a file has the content and mode that it had.
func same(a, b string, x, y fs.FileInfo) bool {
	if x.Mode() != y.Mode() {
		return false
	}
	switch {
	case x.Mode()&fs.ModeSymlink != 0:
		to, err := os.Readlink(a)
		was, err2 := os.Readlink(b)
		return err == nil && err2 == nil && to == was
	case !x.Mode().IsRegular():
		return true
	case x.Size() != y.Size():
		return false
	}
	return digest(a) == digest(b)
}

// old reports whether a directory has not changed for a while.
func old(dir string) bool {
	info, err := os.Stat(dir)
	return err == nil && time.Since(info.ModTime()) > time.Hour
}
