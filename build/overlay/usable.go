package overlay

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Reasons for an [UnusableError].
var (
	// ErrOff means there is no user's cache: GOCACHE is off or not known.
	ErrOff = errors.New("GOCACHE is off")
	// ErrNotAbsolute means a path that is not absolute; go refuses it too.
	ErrNotAbsolute = errors.New("not an absolute path")
	// ErrNotDirectory means something else is in the directory's place.
	ErrNotDirectory = errors.New("not a directory")
	// ErrNested means that one of the two caches contains the other.
	ErrNested = errors.New("overlay and user's cache overlap")
	// ErrUnwritable means the overlay cannot be created or written.
	ErrUnwritable = errors.New("not writable")
	// ErrNoRoom means that the disk is all but full. go fails when it cannot
	// write its cache, so it must get one that has room.
	ErrNoRoom = errors.New("hardly any room left")
	// ErrForeign means that the overlay belongs to someone else and that
	// anybody may put results into it.
	ErrForeign = errors.New("world-writable and owned by another user")
)

// minRoom is the room that there must be, in bytes: a build that turns out to
// need more is run again without the overlay.
const minRoom = 64 << 20

// An UnusableError says why gust cannot have a cache of its own here. The
// right answer is one warning and plain go.
type UnusableError struct {
	Path string
	Err  error // wraps one of the reasons above
}

func (e *UnusableError) Error() string {
	return fmt.Sprintf("no build cache overlay: %q: %v", e.Path, e.Err)
}

func (e *UnusableError) Unwrap() error { return e.Err }

// Usable reports whether an overlay at dir can serve the user's cache, which
// is the value of go env GOCACHE. It creates dir and tries to write there. A
// user's cache that does not exist yet is fine: there is nothing to sync. The
// error is always an [*UnusableError].
func Usable(user, dir string) error {
	if err := prepare(user, dir); err != nil {
		return err
	}
	f, err := os.CreateTemp(dir, "gust-probe-*")
	if err != nil {
		return unwritable(dir, err)
	}
	err = errors.Join(f.Close(), os.Remove(f.Name()))
	if err != nil {
		return unwritable(dir, err)
	}
	return Room(dir)
}

// prepare makes the cheap checks of Usable and creates dir.
func prepare(user, dir string) error {
	if user == "" || user == "off" {
		return &UnusableError{Path: user, Err: ErrOff}
	}
	for _, p := range []string{user, dir} {
		if !filepath.IsAbs(p) {
			return &UnusableError{Path: p, Err: ErrNotAbsolute}
		}
		if info, err := os.Stat(p); err == nil && !info.IsDir() {
			return &UnusableError{Path: p, Err: ErrNotDirectory}
		}
	}
	if overlap(user, dir) {
		return &UnusableError{Path: dir, Err: ErrNested}
	}
	// Unlike go's cache (0o777 less the umask) nobody else needs this one, and
	// with the root closed the modes inside do not matter.
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return unwritable(dir, err)
	}
	info, err := os.Stat(dir)
	if err != nil {
		return unwritable(dir, err)
	}
	if !Trusted(info) {
		return &UnusableError{Path: dir, Err: ErrForeign}
	}
	return nil
}

func unwritable(dir string, err error) error {
	return &UnusableError{Path: dir, Err: fmt.Errorf("%w: %w", ErrUnwritable, err)}
}

// overlap reports whether one of two directories is, or is inside, the other.
// A reset would delete the user's entries then.
func overlap(a, b string) bool {
	ai, errA := os.Stat(a)
	bi, errB := os.Stat(b)
	if errA == nil && errB == nil && os.SameFile(ai, bi) {
		return true
	}
	return Inside(a, b) || Inside(b, a)
}

// Inside reports whether path is dir or below it, symbolic links resolved.
func Inside(path, dir string) bool { return inside(resolve(path), resolve(dir)) }

// inside reports whether path is dir or below it.
func inside(path, dir string) bool {
	rel, err := filepath.Rel(dir, path)
	return err == nil && rel != ".." && !strings.HasPrefix(rel, ".."+string(filepath.Separator))
}

// resolve follows the symbolic links in the part of path that exists.
func resolve(path string) string {
	real, err := filepath.EvalSymlinks(path)
	if err == nil {
		return real
	}
	parent := filepath.Dir(path)
	if parent == path || !errors.Is(err, fs.ErrNotExist) {
		return filepath.Clean(path)
	}
	return filepath.Join(resolve(parent), filepath.Base(path))
}
