package projectenv

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// maxSize is more than anybody writes by hand.
const maxSize = 64 << 10

// Find returns the path of the file that applies in dir, "" if none does:
// the one beside the nearest go.mod, else the one beside go.work. gowork is
// the variable GOWORK. Like go, it looks in dir and its parents.
func Find(dir, gowork string) string {
	for _, d := range roots(dir, gowork) {
		path := filepath.Join(d, FileName)
		if _, err := os.Lstat(path); err == nil {
			return path
		}
	}
	return ""
}

// Root is the directory that a new file belongs in, "" if dir is in no
// module or workspace.
func Root(dir, gowork string) string {
	if all := roots(dir, gowork); len(all) > 0 {
		return all[0]
	}
	return ""
}

// Real is the path by which a file is known, whatever links lead to it.
func Real(path string) (string, error) {
	dir, err := filepath.EvalSymlinks(filepath.Dir(path))
	if err != nil {
		return "", err
	}
	return filepath.Join(dir, filepath.Base(path)), nil
}

// roots are the directories of the module and the workspace around dir, as
// far as there are any.
func roots(dir, gowork string) []string {
	module, work := "", ""
	if gowork != "" && gowork != "off" {
		work = filepath.Dir(gowork)
	}
	for d := dir; ; d = filepath.Dir(d) {
		if module == "" && exists(filepath.Join(d, "go.mod")) {
			module = d
		}
		if work == "" && gowork == "" && exists(filepath.Join(d, "go.work")) {
			work = d
		}
		if filepath.Dir(d) == d {
			break
		}
	}
	var all []string
	for _, d := range []string{module, work} {
		if filepath.IsAbs(d) {
			all = append(all, d)
		}
	}
	return all
}

func exists(path string) bool {
	info, err := os.Stat(path)
	return err == nil && !info.IsDir()
}

// read reads and parses the file at path. It must be a regular file: a link
// could lead to something that is no setting of this project, a pipe would
// block.
func read(path string) (*File, error) {
	path, err := Real(path)
	if err != nil {
		return nil, err
	}
	info, err := os.Lstat(path)
	switch {
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular():
		return nil, fmt.Errorf("%s: it is not a regular file", path)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	src, err := io.ReadAll(io.LimitReader(f, maxSize+1))
	if err := errors.Join(err, f.Close()); err != nil {
		return nil, err
	}
	if len(src) > maxSize {
		return nil, fmt.Errorf("%s: it is larger than %d KB", path, maxSize>>10)
	}
	return Parse(path, src)
}
