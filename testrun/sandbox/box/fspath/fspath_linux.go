package fspath

import (
	"io/fs"
	"os"
	"path"
)

// Join makes one name of several.
func Join(elem ...string) string { return path.Join(elem...) }

// Dir is all but the last element.
func Dir(name string) string { return path.Dir(name) }

// Base is the last element.
func Base(name string) string { return path.Base(name) }

// Clean is the shortest name of the same.
func Clean(name string) string { return path.Clean(name) }

// IsAbs reports whether a name is absolute.
func IsAbs(name string) bool { return path.IsAbs(name) }

// Matching are the names in a directory that match a pattern, with the directory,
// sorted. There are none in a directory that cannot be read.
func Matching(dir, pattern string) []string {
	entries, _ := os.ReadDir(dir)
	var names []string
	for _, e := range entries {
		if ok, err := path.Match(pattern, e.Name()); ok && err == nil {
			names = append(names, path.Join(dir, e.Name()))
		}
	}
	return names
}

// WalkDir calls fn as filepath.WalkDir does; fs.SkipDir and fs.SkipAll are errors as
// others are.
func WalkDir(root string, fn fs.WalkDirFunc) error {
	info, err := os.Lstat(root)
	if err != nil {
		return fn(root, nil, err)
	}
	return walk(root, fs.FileInfoToDirEntry(info), fn)
}

func walk(name string, d fs.DirEntry, fn fs.WalkDirFunc) error {
	if err := fn(name, d, nil); err != nil || !d.IsDir() {
		return err
	}
	entries, err := os.ReadDir(name)
	if err != nil {
		if err := fn(name, d, err); err != nil {
			return err
		}
	}
	for _, e := range entries {
		if err := walk(path.Join(name, e.Name()), e, fn); err != nil {
			return err
		}
	}
	return nil
}
