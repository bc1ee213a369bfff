package sandbox

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
)

// Writes are the files that the tests of a run wrote, kept in a directory of
// gust's cache until the next run that writes some.
type Writes struct {
	// Root is the directory in whose checkout the run was.
	Root  string
	Files []Kept
	dir   string
}

// A Kept is one file that a test wrote.
type Kept struct {
	Package string
	Path    string
	Op      Op
	// Home is true if the file is in the home directory.
	Home bool `json:",omitempty"`
	// Mode is that of the new file.
	Mode fs.FileMode `json:",omitempty"`
	// Link is where a symbolic link leads.
	Link string `json:",omitempty"`
	// Blob is the file in the directory with the new content, "" if there is
	// none.
	Blob string `json:",omitempty"`
	// Base is the hash of what was there before, "" if there was nothing.
	Base string `json:",omitempty"`
}

const manifestName = "manifest.json"

// writesDir is where the writes of a checkout are kept.
func writesDir(cache, root string) string {
	sum := sha256.Sum256([]byte(root))
	return filepath.Join(cache, "writes", hex.EncodeToString(sum[:8]))
}

// keep copies what was written. With nothing to keep it leaves what the last
// run has left.
func (o Options) keep(root string, packages []Package) (string, error) {
	w := Writes{Root: root, dir: writesDir(o.CacheDir, root)}
	any := false
	for _, p := range packages {
		any = any || len(p.Wrote) > 0
	}
	if !any {
		return "", nil
	}
	if err := os.RemoveAll(w.dir); err != nil {
		return "", fmt.Errorf("keep what tests wrote: %w", err)
	}
	if err := os.MkdirAll(w.dir, 0o700); err != nil {
		return "", fmt.Errorf("keep what tests wrote: %w", err)
	}
	for _, p := range packages {
		for _, write := range p.Wrote {
			k, err := w.take(p.Path, write, len(w.Files))
			if err != nil {
				return "", fmt.Errorf("keep what tests wrote: %w", err)
			}
			w.Files = append(w.Files, k)
		}
	}
	data, err := json.MarshalIndent(w, "", "\t")
	if err == nil {
		err = os.WriteFile(filepath.Join(w.dir, manifestName), data, 0o600)
	}
	if err != nil {
		return "", fmt.Errorf("keep what tests wrote: %w", err)
	}
	return w.dir, nil
}

// take keeps one file.
func (w *Writes) take(pkg string, write Write, n int) (Kept, error) {
	k := Kept{Package: pkg, Path: write.Path, Op: write.Op, Home: write.Home, Base: digest(write.Path)}
	if write.upper == "" {
		return k, nil
	}
	info, err := os.Lstat(write.upper)
	if err != nil {
		return k, err
	}
	k.Mode = info.Mode()
	switch {
	case info.Mode()&fs.ModeSymlink != 0:
		k.Link, err = os.Readlink(write.upper)
		return k, err
	case !info.Mode().IsRegular():
		return k, nil
	}
	k.Blob = strconv.Itoa(n)
	if info.Mode().Perm()&0o400 == 0 {
		if err := os.Chmod(write.upper, 0o600); err != nil {
			return k, err
		}
	}
	return k, moveFile(write.upper, filepath.Join(w.dir, k.Blob))
}

// moveFile moves a file, over to another file system if need be.
func moveFile(from, to string) error {
	if os.Rename(from, to) == nil {
		return nil
	}
	return copyFile(from, to, 0o600)
}

func copyFile(from, to string, mode fs.FileMode) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, mode)
	if err != nil {
		return err
	}
	if _, err := io.Copy(out, in); err != nil {
		_ = out.Close()
		return err
	}
	return out.Close()
}

// digest is the hash of a file's content or of where a link leads, "" if it
// cannot be read.
func digest(path string) string {
	info, err := os.Lstat(path)
	if err != nil {
		return ""
	}
	h := sha256.New()
	switch {
	case info.Mode()&fs.ModeSymlink != 0:
		to, err := os.Readlink(path)
		if err != nil {
			return ""
		}
		_, _ = io.WriteString(h, "link "+to)
	case info.IsDir():
		return "directory"
	case info.Mode().IsRegular():
		f, err := os.Open(path)
		if err != nil {
			return ""
		}
		defer f.Close()
		if _, err := io.Copy(h, f); err != nil {
			return ""
		}
	default:
		return "special"
	}
	return hex.EncodeToString(h.Sum(nil))
}

// LoadWrites reads what the tests of a checkout wrote in the last run that kept
// something. Without any, the error is fs.ErrNotExist.
func LoadWrites(cache, root string) (Writes, error) {
	w := Writes{dir: writesDir(cache, root)}
	data, err := os.ReadFile(filepath.Join(w.dir, manifestName))
	if errors.Is(err, fs.ErrNotExist) {
		return w, err
	}
	if err == nil {
		err = json.Unmarshal(data, &w)
	}
	if err != nil {
		return w, fmt.Errorf("read what tests wrote: %w", err)
	}
	return w, nil
}
