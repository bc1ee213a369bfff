package cache

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/gust-go/gust/build/astcache"
)

// TestSnapshots has the snapshots of targets verified and removed like other
// entries, and nothing else that is in their folder.
func TestSnapshots(t *testing.T) {
	c := newCache(t)
	dir := filepath.Join(c.Dir, currentDir)
	sound, damaged := filepath.Join(dir, astcache.Key([]string{"a"})), filepath.Join(dir, astcache.Key([]string{"b"}))
	for _, file := range []string{sound, damaged} {
		if err := new(astcache.Snapshot).Save(file); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Truncate(damaged, 30); err != nil {
		t.Fatal(err)
	}
	foreign := put(t, c, currentDir+"/notes", []byte("mine"), time.Hour)

	var bad damages
	done, err := c.Verify(context.Background(), &bad)
	if err != nil || done.Checked != 2 || done.Damaged != 1 || exists(damaged) || !exists(sound) {
		t.Fatalf("verify: %+v, %v, %v; damaged is there: %t, sound: %t", done, err, bad, exists(damaged), exists(sound))
	}
	if _, err := c.Clean(context.Background()); err != nil {
		t.Fatal(err)
	}
	if exists(sound) || !exists(foreign) {
		t.Errorf("clean: snapshot is there: %t, foreign file: %t", exists(sound), exists(foreign))
	}
}
