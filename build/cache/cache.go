package cache

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"github.com/gust-go/gust/build/overlay"
	"github.com/gust-go/gust/internal/fault"
	"github.com/gust-go/gust/internal/words"
)

// Dir is where gust's cache is in the given environment: GUST_CACHE, or gust
// in the user's cache directory.
func Dir(getenv func(string) string) (string, error) {
	if dir := getenv("GUST_CACHE"); dir != "" {
		if !filepath.IsAbs(dir) {
			return "", fmt.Errorf("GUST_CACHE is %q, which is not an absolute path", dir)
		}
		return filepath.Clean(dir), nil
	}
	dir, err := userCacheDir(getenv)
	if err != nil {
		return "", fmt.Errorf("find a place for gust's cache: %w", err)
	}
	return filepath.Join(dir, "gust"), nil
}

// userCacheDir is os.UserCacheDir in an environment that is not the process's.
func userCacheDir(getenv func(string) string) (string, error) {
	home := getenv("HOME")
	switch {
	case runtime.GOOS == "windows":
		if dir := getenv("LocalAppData"); dir != "" {
			return dir, nil
		}
	case runtime.GOOS == "darwin" && home != "":
		return filepath.Join(home, "Library", "Caches"), nil
	case getenv("XDG_CACHE_HOME") != "":
		return getenv("XDG_CACHE_HOME"), nil
	case home != "":
		return filepath.Join(home, ".cache"), nil
	}
	return "", errors.New("neither GUST_CACHE nor HOME is set")
}

// A Cache is gust's cache folder. Its methods may be used while builds run.
type Cache struct {
	// Dir is the folder; it need not exist.
	Dir string
	// Now tells the time; nil means time.Now.
	Now func() time.Time
	// Wait is how long to wait for running builds before giving up on what
	// they may be using.
	Wait time.Duration
}

func (c *Cache) now() time.Time {
	if c.Now == nil {
		return time.Now()
	}
	return c.Now()
}

// A Place is a directory that gust's cache must keep clear of.
type Place struct {
	Name string // what it is, such as GOCACHE
	Path string
}

// Check refuses a folder that cannot be gust's cache: the root directory, the
// home directory, one that contains or is inside another's place, and one that
// anybody may put files into.
func (c *Cache) Check(places []Place) error {
	refuse := func(why string) error {
		return fault.New(fault.Usage, "set GUST_CACHE to a directory of its own", "%q is not gust's cache: %s", c.Dir, why)
	}
	if !filepath.IsAbs(c.Dir) {
		return refuse("it is not an absolute path")
	}
	if filepath.Dir(filepath.Clean(c.Dir)) == filepath.Clean(c.Dir) {
		return refuse("it is the root directory")
	}
	for _, p := range places {
		if p.Path == "" || !filepath.IsAbs(p.Path) {
			continue
		}
		if why := clash(c.Dir, p); why != "" {
			return refuse(why)
		}
	}
	info, err := os.Stat(c.Dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return fmt.Errorf("look at gust's cache: %w", err)
	case !info.IsDir():
		return refuse("it is not a directory")
	case !overlay.Trusted(info):
		return refuse("it belongs to another user and anybody may write there")
	}
	return nil
}

// clash says how the cache gets in a place's way. A home directory may contain
// the cache, others may not.
func clash(dir string, p Place) string {
	switch {
	case overlay.Inside(p.Path, dir):
		return fmt.Sprintf("%s is in it (%s)", p.Name, p.Path)
	case p.Name != "HOME" && overlay.Inside(dir, p.Path):
		return fmt.Sprintf("it is in %s (%s)", p.Name, p.Path)
	}
	return ""
}

// open opens the folder; nil means that there is none.
func (c *Cache) open() (*os.Root, error) {
	root, err := os.OpenRoot(c.Dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("open gust's cache: %w", err)
	}
	return root, nil
}

// An InUseError says that builds ran all the time, so that something that they
// may be using was kept.
type InUseError struct {
	// Kept is the number of entries; 0 means that nothing was tried.
	Kept int
	// Unknown: nobody can tell whether builds run.
	Unknown error
}

func (e *InUseError) Error() string {
	left := "removed nothing"
	if e.Kept > 0 {
		left = "kept " + words.Counts(e.Kept, "entry", "entries")
	}
	if e.Unknown != nil {
		return fmt.Sprintf("%s: cannot tell whether builds are running: %v", left, e.Unknown)
	}
	return left + ": a running build may be using the cache"
}

// exclusive takes the lock alone for the time of f; wait is how long to try.
func (c *Cache) exclusive(ctx context.Context, root *os.Root, f func() error) (*InUseError, error) {
	l, err := acquire(ctx, root, true, c.Wait)
	switch {
	case errors.Is(err, errBusy):
		return &InUseError{}, nil
	case errors.Is(err, errUnknown):
		return &InUseError{Unknown: err}, nil
	case err != nil:
		return nil, err
	}
	defer l.release()
	return nil, f()
}
