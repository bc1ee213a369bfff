package overlay

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// BenchmarkNoop measures a sync that finds nothing to do, which every build
// pays for.
func BenchmarkNoop(b *testing.B) {
	user, dir := fakeCache(b, 2000), filepath.Join(b.TempDir(), "overlay")
	for range 2 { // the second one is not racy any more
		s := newSyncer(user, dir)
		s.now = func() time.Time { return time.Now().Add(time.Minute) }
		if _, err := s.sync(context.Background()); err != nil {
			b.Fatal(err)
		}
	}
	for b.Loop() {
		st, err := Sync(context.Background(), user, dir)
		if err != nil || st.Scanned != 0 {
			b.Fatalf("got %+v, %v", st, err)
		}
	}
}

// BenchmarkFirst measures the first sync of a cache with 100,000 entries, and
// of one that has to be copied. On ext4 it depends on what went before: the
// inodes of files deleted a moment ago are shunned at some cost
// (recently_deleted in fs/ext4/ialloc.c).
func BenchmarkFirst(b *testing.B) {
	user := fakeCache(b, 100_000)
	noLink := func(string, string) error { return os.ErrInvalid }
	for name, link := range map[string]func(string, string) error{"link": os.Link, "copy": noLink} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				s := newSyncer(user, filepath.Join(b.TempDir(), "overlay"))
				s.link = link
				st, err := s.sync(context.Background())
				if err != nil || st.Linked+st.Copied != 50_000 || st.Entries != 50_000 {
					b.Fatalf("got %+v, %v", st, err)
				}
			}
		})
	}
}

// BenchmarkRescan measures what follows a trim: reading every directory of a
// cache with 100,000 entries although nothing is new.
func BenchmarkRescan(b *testing.B) {
	user, dir := fakeCache(b, 100_000), filepath.Join(b.TempDir(), "overlay")
	if _, err := Sync(context.Background(), user, dir); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		os.Remove(newSyncer(user, dir).statePath())
		st, err := Sync(context.Background(), user, dir)
		if err != nil || st.Scanned != 256 || st.Linked+st.Entries != 0 {
			b.Fatalf("got %+v, %v", st, err)
		}
	}
}
