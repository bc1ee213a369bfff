package stabletime

import (
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"
)

func write(t *testing.T, root, name, text string) {
	t.Helper()
	file := filepath.Join(root, name)
	if err := os.MkdirAll(filepath.Dir(file), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
}

func mtime(t *testing.T, root, name string) time.Time {
	t.Helper()
	info, err := os.Lstat(filepath.Join(root, name))
	if err != nil {
		t.Fatal(err)
	}
	return info.ModTime()
}

func set(t *testing.T, root string, files ...string) Result {
	t.Helper()
	r, err := Set(t.Context(), root, files)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// TestSet: equal contents have equal times in two checkouts, others have others,
// and what is not among the files is left alone.
func TestSet(t *testing.T) {
	a, b := t.TempDir(), t.TempDir()
	files := []string{"go.mod", "p/p.go", "p/testdata/x", "p/testdata/gone", "p/testdata/link"}
	for _, root := range []string{a, b} {
		write(t, root, "go.mod", "module m\n")
		write(t, root, "p/p.go", "package p\n")
		write(t, root, "p/testdata/x", "1")
	}
	if runtime.GOOS == "windows" {
		files = files[:4]
	} else {
		for _, root := range []string{a, b} {
			if err := os.Symlink("x", filepath.Join(root, "p/testdata/link")); err != nil {
				t.Fatal(err)
			}
		}
	}
	write(t, b, "untracked", "")
	other := mtime(t, b, "untracked")
	links := len(files) - 4
	if got, want := set(t, a, files...), (Result{Files: 3 + links, Dirs: 3, Changed: 6 + links, Skipped: 1}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if got, want := set(t, a, files...), (Result{Files: 3 + links, Dirs: 3, Skipped: 1}); got != want {
		t.Errorf("the second time: got %+v, want %+v", got, want)
	}
	set(t, b, files...)
	names := append([]string{".", "p", "p/testdata"}, files...)
	for i, name := range names {
		if filepath.Base(name) == "gone" {
			continue
		}
		x := mtime(t, a, name)
		if y := mtime(t, b, name); !x.Equal(y) {
			t.Errorf("%s: %v and %v", name, x, y)
		}
		if x.Year() < 1990 || x.Year() > 2006 {
			t.Errorf("%s: %v", name, x)
		}
		for _, earlier := range names[:i] {
			if filepath.Base(earlier) != "gone" && mtime(t, a, earlier).Equal(x) {
				t.Errorf("%s and %s have the same time", name, earlier)
			}
		}
	}
	if !mtime(t, b, "untracked").Equal(other) {
		t.Error("an untracked file has another time")
	}
	was, link := mtime(t, a, "p/testdata/x"), mtime(t, a, files[len(files)-1])
	write(t, a, "p/testdata/x", "2")
	set(t, a, files...)
	if mtime(t, a, "p/testdata/x").Equal(was) {
		t.Error("another content of the same size has the same time")
	}
	if links > 0 && !mtime(t, a, "p/testdata/link").Equal(link) {
		t.Error("a link has another time because of where it leads")
	}
}

// TestSetStaysInside: names and links that lead out of the checkout change
// nothing there.
func TestSetStaysInside(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("symbolic links need a privilege on Windows")
	}
	dir := t.TempDir()
	write(t, dir, "outside/x", "1")
	write(t, dir, "in/y", "1")
	was := mtime(t, dir, "outside/x")
	if err := os.Symlink("../outside", filepath.Join(dir, "in/away")); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"../outside/x", "away/x"} {
		if _, err := Set(t.Context(), filepath.Join(dir, "in"), []string{name}); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	if !mtime(t, dir, "outside/x").Equal(was) {
		t.Error("a file outside has another time")
	}
}
