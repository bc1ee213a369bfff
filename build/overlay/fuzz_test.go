package overlay

import (
	"os"
	"path/filepath"
	"testing"
)

func TestFuzzIsShared(t *testing.T) {
	user, dir := pair(t)
	corpus := filepath.Join("fuzz", "example.com", "m", "FuzzX")

	// No fuzzing yet: nothing appears in the user's cache.
	mustSync(t, user, dir)
	if exists(user) || exists(filepath.Join(dir, "fuzz")) {
		t.Error("fuzz directory made without need")
	}
	// Fuzzing in the overlay without ShareFuzz: moved by the next sync.
	write(t, filepath.Join(dir, corpus, "1"), "one")
	mustSync(t, user, dir)
	if got := read(t, filepath.Join(user, corpus, "1")); got != "one" {
		t.Errorf("got %q", got)
	}
	// From now on it is a link.
	write(t, filepath.Join(dir, corpus, "2"), "two")
	if got := read(t, filepath.Join(user, corpus, "2")); got != "two" {
		t.Errorf("got %q", got)
	}
	// After go clean -fuzzcache there is no dangling link, which go could not
	// create a directory through.
	os.RemoveAll(filepath.Join(user, "fuzz"))
	mustSync(t, user, dir)
	if exists(filepath.Join(dir, "fuzz")) {
		t.Error("dangling link")
	}
	if err := ShareFuzz(user, dir); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, corpus, "3"), "three")
	if got := read(t, filepath.Join(user, corpus, "3")); got != "three" {
		t.Errorf("got %q", got)
	}
}

// A corpus on both sides is merged, and nothing of the user's is overwritten.
func TestFuzzIsMerged(t *testing.T) {
	user, dir := pair(t)
	write(t, filepath.Join(user, "fuzz", "m", "a"), "user's")
	write(t, filepath.Join(dir, "fuzz", "m", "a"), "ours")
	write(t, filepath.Join(dir, "fuzz", "n", "b"), "ours")
	mustSync(t, user, dir)
	for name, want := range map[string]string{"m/a": "user's", "n/b": "ours"} {
		for _, cache := range []string{user, dir} {
			if got := read(t, filepath.Join(cache, "fuzz", filepath.FromSlash(name))); got != want {
				t.Errorf("%s in %s: got %q", name, cache, got)
			}
		}
	}
	// A link to another cache's corpus is set right.
	other := t.TempDir()
	os.Remove(filepath.Join(dir, "fuzz"))
	os.Symlink(other, filepath.Join(dir, "fuzz"))
	mustSync(t, user, dir)
	if !sameInode(t, filepath.Join(user, "fuzz"), filepath.Join(dir, "fuzz")) || !exists(other) {
		t.Error("link to another corpus is still there")
	}
}
