package projectenv

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
)

// Trust is where approvals are recorded: a directory of the user's, with one
// small file for each content of each .env.go that was approved. As with
// direnv's allow, editing the file or moving the checkout takes the approval
// away.
type Trust struct {
	dir string // "" if the environment has no place for it
}

// TrustIn returns the records of the user that an environment belongs to.
func TrustIn(environ []string) Trust {
	if dir := configDir(environ); filepath.IsAbs(dir) {
		return Trust{filepath.Join(dir, "gust", "trust")}
	}
	return Trust{}
}

// configDir is os.UserConfigDir for an environment.
func configDir(environ []string) string {
	home := getenv(environ, "HOME")
	switch {
	case runtime.GOOS == "windows":
		return getenv(environ, "AppData")
	case runtime.GOOS == "darwin" && home != "":
		return filepath.Join(home, "Library", "Application Support")
	case getenv(environ, "XDG_CONFIG_HOME") != "":
		return getenv(environ, "XDG_CONFIG_HOME")
	case home != "":
		return filepath.Join(home, ".config")
	}
	return ""
}

// Has reports whether f was approved as it is. It does not believe records
// that lie in the checkout itself, which whoever made it could have written.
func (t Trust) Has(f *File) bool {
	if t.dir == "" {
		return false
	}
	record, err := os.ReadFile(t.record(f))
	return err == nil && strings.HasPrefix(string(record), f.Path+"\n") && t.inside(f) == ""
}

// Add records that f is approved.
func (t Trust) Add(f *File) error {
	if t.dir == "" {
		return errors.New("no place to keep approvals in: HOME is not set")
	}
	if root := t.inside(f); root != "" {
		return fmt.Errorf("approvals are kept in %s, which belongs to the checkout %s; set XDG_CONFIG_HOME to a place outside", t.dir, root)
	}
	if err := os.MkdirAll(t.dir, 0o700); err != nil {
		return err
	}
	// A record that is cut off does not count, see Has.
	return os.WriteFile(t.record(f), []byte(f.Path+"\n"), 0o600)
}

// Remove takes back every approval of the file at f's path, whatever its
// content was, and returns how many there were.
func (t Trust) Remove(path string) (int, error) {
	if t.dir == "" {
		return 0, nil
	}
	entries, err := os.ReadDir(t.dir)
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	removed := 0
	for _, e := range entries {
		name := filepath.Join(t.dir, e.Name())
		record, readErr := os.ReadFile(name)
		if readErr != nil || !strings.HasPrefix(string(record), path+"\n") {
			continue
		}
		if rmErr := os.Remove(name); rmErr != nil {
			err = errors.Join(err, rmErr)
			continue
		}
		removed++
	}
	return removed, err
}

// record is the name of the file that approves f.
func (t Trust) record(f *File) string {
	h := sha256.New()
	// The length keeps path and content apart.
	_, _ = fmt.Fprintf(h, "%d\n%s%s", len(f.Path), f.Path, f.src)
	return filepath.Join(t.dir, hex.EncodeToString(h.Sum(nil)))
}

// inside returns the checkout that f lies in if the records are in it too.
// The checkout is the nearest directory with version control, else the
// file's own.
func (t Trust) inside(f *File) string {
	root := filepath.Dir(f.Path)
	for d := root; ; d = filepath.Dir(d) {
		if versioned(d) {
			root = d
			break
		}
		if filepath.Dir(d) == d {
			break
		}
	}
	// An error means another volume.
	if rel, err := filepath.Rel(root, resolve(t.dir)); err == nil && filepath.IsLocal(rel) {
		return root
	}
	return ""
}

func versioned(dir string) bool {
	for _, name := range []string{".git", ".hg", ".svn", ".jj", ".bzr", ".fslckout", "_FOSSIL_"} {
		if _, err := os.Lstat(filepath.Join(dir, name)); err == nil {
			return true
		}
	}
	return false
}

// resolve follows symbolic links in the part of path that exists.
func resolve(path string) string {
	if real, err := filepath.EvalSymlinks(path); err == nil {
		return real
	}
	if parent := filepath.Dir(path); parent != path {
		return filepath.Join(resolve(parent), filepath.Base(path))
	}
	return path
}
