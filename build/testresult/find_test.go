package testresult

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/gust-go/gust/build/gocache"
)

// Whether the IDs are go's is for a test with a real go, TestReplay of cmd/gust.

func TestWithin(t *testing.T) {
	root := t.TempDir()
	dir, link := filepath.Join(root, "dir"), filepath.Join(root, "link")
	if err := os.Mkdir(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "f"), nil, 0o666); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(dir, link); err != nil {
		t.Skip("no symbolic links: ", err)
	}
	for _, tt := range []struct {
		path, dir string
		want      bool
	}{
		{dir, dir, true},
		{filepath.Join(dir, "f"), dir, true},
		{filepath.Join(dir, "missing"), dir, true},
		{dir + "-not", dir, false},
		{root, dir, false},
		{filepath.Join(link, "f"), dir, true},
		{filepath.Join(dir, "f"), link, true},
		{filepath.Join(link, "f"), link, true},
	} {
		if got := within(tt.path, tt.dir); got != tt.want {
			t.Errorf("%s in %s: %t", tt.path, tt.dir, got)
		}
	}
}

// TestLog reads what go would not have written.
func TestLog(t *testing.T) {
	entries, err := gocache.Open(t.TempDir(), time.Now)
	if err != nil {
		t.Fatal(err)
	}
	c := &Cache{Entries: entries, Release: "go1.26.8", Getenv: os.LookupEnv, Now: time.Now()}
	for _, log := range []string{"what\n", "getenv\n", "unknown x\n"} {
		in := &input{cache: c, dir: t.TempDir(), h: c.hash()}
		if err := in.lines(log); !errors.Is(err, ErrMiss) {
			t.Errorf("%q: %v", log, err)
		}
	}
	in := &input{cache: c, dir: "/", h: c.hash()}
	if err := in.lines("getenv HOME\nstat /outside\n\n"); err != nil || len(in.read) != 0 {
		t.Errorf("read %q, %v", in.read, err)
	}
	if _, _, err := c.Find(Package{}, Run{}); !errors.Is(err, ErrMiss) {
		t.Errorf("in an empty cache: %v", err)
	}
}
