package overlay

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"
)

func TestCleanedCache(t *testing.T) {
	day := time.Now().Add(-24 * time.Hour)
	for _, tt := range cleanings(day) {
		t.Run(tt.name, func(t *testing.T) {
			user, dir := pair(t)
			fill(t, user, tt.written)
			mustSync(t, user, dir)
			gust, _ := addEntry(t, dir, "gust's own", []byte("gust"), time.Now())
			tt.do(t, user)
			st := mustSync(t, user, dir)
			if st.Reset != tt.reset || exists(gust) == tt.reset || (st.Removed > 0) != tt.reset {
				t.Errorf("got %+v, gust's entry exists: %v", st, exists(gust))
			}
			if tt.name != "go build -a" { // which overwrites in place, unnoticed
				complete(t, user, dir)
			}
			if st := mustSync(t, user, dir); st.Reset {
				t.Error("reset once more")
			}
		})
	}
}

// A cleaning is what may happen to a user's cache between two syncs.
type cleaning struct {
	name    string
	written time.Time // the entries before
	do      func(t *testing.T, user string)
	reset   bool
}

func cleanings(day time.Time) []cleaning {
	return []cleaning{
		{"nothing", day, func(*testing.T, string) {}, false},
		{"rm -r", day, func(_ *testing.T, user string) { os.RemoveAll(user) }, true},
		{"go clean -cache", day, func(_ *testing.T, user string) { removeDirs(user, 256) }, true},
		{"clean, some other build", day, func(t *testing.T, user string) {
			emptyDirs(t, user)
			addEntry(t, user, "other", []byte("other"), time.Now())
		}, true},
		{"clean, same build", day, func(t *testing.T, user string) {
			removeDirs(user, 256)
			fill(t, user, time.Now())
		}, true},
		{"go build -a", day, func(t *testing.T, user string) { fill(t, user, time.Now()) }, false},
		{"restored from an archive", day, func(t *testing.T, user string) {
			removeDirs(user, 256)
			fill(t, user, day)
		}, false},
		{"some removed", day, func(_ *testing.T, user string) { removeDirs(user, 64) }, false},
		{"trimmed", day.Add(-10 * 24 * time.Hour), emptyDirs, false},
	}
}

// fill adds 60 entries written at a time.
func fill(t *testing.T, user string, at time.Time) {
	t.Helper()
	for i := range 60 {
		addEntry(t, user, fmt.Sprint(i), fmt.Append(nil, i), at)
	}
}

func removeDirs(cache string, n int) {
	for i := range n {
		os.RemoveAll(filepath.Join(cache, subName(i)))
	}
}

func emptyDirs(t *testing.T, cache string) {
	t.Helper()
	removeDirs(cache, 256)
	for i := range 256 {
		if err := os.Mkdir(filepath.Join(cache, subName(i)), 0o777); err != nil {
			t.Fatal(err)
		}
	}
}

// Another sync goes on where a reset was killed.
func TestKilledReset(t *testing.T) {
	user, dir := pair(t)
	fill(t, user, time.Now())
	mustSync(t, user, dir)
	gust, _ := addEntry(t, dir, "gust's own", []byte("gust"), time.Now())
	os.RemoveAll(user)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := newSyncer(user, dir).reset(ctx); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	if st := mustSync(t, user, dir); !st.Reset || exists(gust) {
		t.Errorf("got %+v", st)
	}
}

// After go clean -cache on the overlay, everything comes back.
func TestOverlayCleaned(t *testing.T) {
	user, dir := pair(t)
	addEntry(t, user, "x", []byte("x"), time.Now())
	mustSync(t, user, dir)
	removeDirs(dir, 256)
	mustSync(t, user, dir)
	complete(t, user, dir)
}

// After go has trimmed the overlay, everything is compared.
func TestOverlayTrimmed(t *testing.T) {
	user, dir := pair(t)
	a, _ := addEntry(t, user, "x", []byte("x"), time.Now())
	write(t, filepath.Join(user, "trim.txt"), "1000\n")
	mustSync(t, user, dir)
	if got := read(t, filepath.Join(dir, "trim.txt")); got != "1000\n" {
		t.Errorf("trim.txt: got %q", got)
	}
	write(t, filepath.Join(user, "trim.txt"), "2000\n")
	if st := mustSync(t, user, dir); st.Scanned != 0 {
		t.Errorf("the user's trimming is none of our business: %+v", st)
	}
	os.Remove(in(t, user, dir, a))
	now := time.Now()
	write(t, filepath.Join(dir, "trim.txt"), fmt.Sprint(now.Unix()))
	if st, err := Sync(context.Background(), user, dir); err != nil || st.Entries != 1 {
		t.Errorf("got %+v, %v", st, err)
	}
	// It may still be going on.
	os.Remove(in(t, user, dir, a))
	if st := mustSync(t, user, dir); st.Entries != 1 {
		t.Errorf("got %+v", st)
	}
	if st := mustSync(t, user, dir); st.Scanned != 0 {
		t.Errorf("got %+v", st)
	}
}
