package overlay

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"
)

// pair returns the paths of a user's cache and of an overlay to be.
func pair(t *testing.T) (user, dir string) {
	t.Helper()
	tmp := t.TempDir()
	return filepath.Join(tmp, "user"), filepath.Join(tmp, "gust", "overlay")
}

// later returns a syncer whose clock runs ahead by d. An hour makes sure that
// no directory is racy.
func later(user, dir string, d time.Duration) *syncer {
	s := newSyncer(user, dir)
	s.now = func() time.Time { return time.Now().Add(d) }
	return s
}

// mustSync syncs with a clock an hour ahead.
func mustSync(t *testing.T, user, dir string) Stats {
	t.Helper()
	st, err := later(user, dir, time.Hour).sync(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return st
}

// snapshot returns every name below dir with a hash of what it is.
func snapshot(t *testing.T, dir string) map[string]string {
	t.Helper()
	all := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, _ := filepath.Rel(dir, path)
		all[rel] = e.Type().String()
		if e.Type().IsRegular() {
			data, err := os.ReadFile(path)
			all[rel] += fmt.Sprintf(" %x", sha256.Sum256(data))
			return err
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// unchanged fails the test if dir is not as it was.
func unchanged(t *testing.T, dir string, before map[string]string) {
	t.Helper()
	after := snapshot(t, dir)
	for _, name := range slices.Sorted(maps.Keys(after)) {
		if after[name] != before[name] {
			t.Errorf("%s: was %q, is %q", name, before[name], after[name])
		}
	}
	for name := range before {
		if _, ok := after[name]; !ok {
			t.Errorf("%s is gone", name)
		}
	}
}

// complete fails the test if the overlay lacks an entry of the user's cache or
// has one with another content, later action entries excepted.
func complete(t *testing.T, user, dir string) {
	t.Helper()
	if !exists(user) {
		return
	}
	ours := snapshot(t, dir)
	for name, want := range snapshot(t, user) {
		kind, id := classify(filepath.Dir(name), filepath.Base(name))
		if kind == foreignName || ours[name] == want {
			continue
		}
		a, _, _, err := readEntry(filepath.Join(dir, name), id)
		b, _, _, _ := readEntry(filepath.Join(user, name), id)
		if kind != actionName || err != nil || a.time < b.time {
			t.Errorf("%s: user has %q, overlay %q", name, want, ours[name])
		}
	}
}

func read(t *testing.T, name string) string {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func write(t *testing.T, name, data string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(data), 0o666); err != nil {
		t.Fatal(err)
	}
}

// in returns the overlay's counterpart of a path in the user's cache.
func in(t *testing.T, user, dir, path string) string {
	t.Helper()
	rel, err := filepath.Rel(user, path)
	if err != nil {
		t.Fatal(err)
	}
	return filepath.Join(dir, rel)
}

func exists(name string) bool {
	_, err := os.Lstat(name)
	return err == nil
}

func sameInode(t *testing.T, a, b string) bool {
	t.Helper()
	ai, err := os.Stat(a)
	if err != nil {
		t.Fatal(err)
	}
	bi, err := os.Stat(b)
	if err != nil {
		t.Fatal(err)
	}
	return os.SameFile(ai, bi)
}

// fakeCache makes a cache of n files, half of them data.
func fakeCache(tb testing.TB, n int) string {
	tb.Helper()
	user := filepath.Join(tb.TempDir(), "user")
	for i := range 256 {
		if err := os.MkdirAll(filepath.Join(user, subName(i)), 0o777); err != nil {
			tb.Fatal(err)
		}
	}
	for i := range n / 2 {
		addEntry(tb, user, fmt.Sprint("action", i), bytes.Repeat(fmt.Appendln(nil, i), 50), time.Now())
	}
	return user
}

// addEntry puts data into a cache as the output of the action of that name and
// returns the paths of the action entry and the data file.
func addEntry(tb testing.TB, cache, action string, data []byte, at time.Time) (a, d string) {
	tb.Helper()
	id, out := sha256.Sum256([]byte(action)), sha256.Sum256(data)
	text := fmt.Sprintf("v1 %x %x %20d %20d\n", id, out, len(data), at.UnixNano())
	a = filepath.Join(cache, fmt.Sprintf("%02x/%x-a", id[0], id))
	d = filepath.Join(cache, fmt.Sprintf("%02x/%x-d", out[0], out))
	for name, content := range map[string][]byte{a: []byte(text), d: data} {
		if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
			tb.Fatal(err)
		}
		if err := os.WriteFile(name, content, 0o666); err != nil {
			tb.Fatal(err)
		}
	}
	return a, d
}
