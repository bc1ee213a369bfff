package matrix

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// A folder is where a target's programs go.
type folder struct {
	root string // trusted, or named by the user
	rel  string // below root
}

func (f folder) path() string { return filepath.Join(f.root, f.rel) }

// check refuses a folder that is not where its name says. A checkout can have
// symbolic links in it, and go build would follow them.
func (f folder) check() error {
	at := f.root
	for _, name := range splitPath(f.rel) {
		at = filepath.Join(at, name)
		info, err := os.Lstat(at)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return nil
		case err != nil:
			return fmt.Errorf("look at the output folder: %w", err)
		case !info.IsDir():
			return fmt.Errorf("%q is not a folder (%s), and gust does not write past it", at, kind(info.Mode()))
		}
	}
	entries, err := os.ReadDir(at)
	if err != nil {
		return fmt.Errorf("look at the output folder: %w", err)
	}
	for _, e := range entries {
		if !e.Type().IsRegular() && !e.IsDir() {
			return fmt.Errorf("%q is a %s, and gust does not write through it", filepath.Join(at, e.Name()), kind(e.Type()))
		}
	}
	return nil
}

func kind(mode fs.FileMode) string {
	switch {
	case mode&fs.ModeSymlink != 0:
		return "symbolic link"
	case mode.IsRegular():
		return "file"
	}
	return "special file"
}

func splitPath(rel string) []string {
	var names []string
	for rel != "" && rel != "." {
		names = append(names, filepath.Base(rel))
		rel = filepath.Dir(rel)
	}
	slices.Reverse(names)
	return names
}

// times are the modification times of the files of the folder, empty if it is
// not there.
func (f folder) times() map[string]time.Time {
	list := make(map[string]time.Time)
	entries, _ := os.ReadDir(f.path())
	for _, e := range entries {
		if info, err := e.Info(); err == nil && info.Mode().IsRegular() {
			list[e.Name()] = info.ModTime()
		}
	}
	return list
}

// written are the names of the files that have another time than before, as
// everything has that go build makes or leaves because it is up to date. Files
// of earlier builds with other packages may lie beside them.
func (f folder) written(before map[string]time.Time) []string {
	var names []string
	for name, now := range f.times() {
		if was, ok := before[name]; !ok || !now.Equal(was) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}
