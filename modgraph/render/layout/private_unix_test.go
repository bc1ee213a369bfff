//go:build unix

package layout

import (
	"context"
	"os"
	"path/filepath"
	"testing"
)

// TestForeignCache leaves folders alone that others can write to.
func TestForeignCache(t *testing.T) {
	open := filepath.Join(t.TempDir(), "open")
	if err := os.Mkdir(open, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(open, 0o777); err != nil {
		t.Fatal(err)
	}
	private := filepath.Join(t.TempDir(), "private")
	if err := os.Mkdir(private, 0o700); err != nil {
		t.Fatal(err)
	}
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(private, link); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, dir := range []string{open, link, file} {
		if got := openCache(dir); got != "" {
			t.Errorf("%s is used as a cache", dir)
		}
	}
	if got := openCache(private); got != private {
		t.Errorf("a private folder is not used")
	}
	if os.Geteuid() == 0 { // only root can make a folder that is another's
		if err := os.Chown(private, 4242, 4242); err != nil {
			t.Fatal(err)
		}
		if got := openCache(private); got != "" {
			t.Error("the folder of another user is used")
		}
	}
	// Drawing goes on all the same, and the folder stays empty.
	if _, err := Run(context.Background(), "digraph{a}", "plain", Options{Cache: open}); err != nil {
		t.Error(err)
	}
	if entries, err := os.ReadDir(open); err != nil || len(entries) > 0 {
		t.Errorf("the open folder holds %v, %v", entries, err)
	}
}
