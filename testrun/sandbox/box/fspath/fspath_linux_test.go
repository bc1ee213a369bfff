package fspath

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// TestAgree holds the package to path/filepath.
func TestAgree(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"box-1/a/b", "box-2", "box-10/c", "other"} {
		if err := os.MkdirAll(filepath.Join(dir, name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name, "file"), nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink("box-1", filepath.Join(dir, "link")); err != nil {
		t.Fatal(err)
	}
	for _, root := range []string{dir, filepath.Join(dir, "link"), filepath.Join(dir, "other/file"), filepath.Join(dir, "none")} {
		var got, want []string
		note := func(to *[]string) fs.WalkDirFunc {
			return func(path string, d fs.DirEntry, err error) error {
				*to = append(*to, fmt.Sprint(path, d == nil, d != nil && d.IsDir(), err))
				return nil
			}
		}
		if err := filepath.WalkDir(root, note(&want)); err != nil {
			t.Fatal(err)
		}
		if err := WalkDir(root, note(&got)); err != nil || !slices.Equal(got, want) {
			t.Errorf("below %s: %v\n%q, want\n%q", root, err, got, want)
		}
	}
	for _, pattern := range []string{"box-*", "none*", "link"} {
		want, err := filepath.Glob(filepath.Join(dir, pattern))
		if err != nil {
			t.Fatal(err)
		}
		if got := Matching(dir, pattern); !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", pattern, got, want)
		}
	}
	for _, name := range []string{"", "/", "a", "/a/b/../c", "a//b/", "./a", "../a"} {
		if Dir(name) != filepath.Dir(name) || Base(name) != filepath.Base(name) || Clean(name) != filepath.Clean(name) ||
			IsAbs(name) != filepath.IsAbs(name) || Join(name, "x") != filepath.Join(name, "x") {
			t.Errorf("%q: %q %q %q", name, Dir(name), Base(name), Clean(name))
		}
	}
}
