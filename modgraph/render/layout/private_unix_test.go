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
	t.Parallel()
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
	lent := filepath.Join(t.TempDir(), "lent")
	if err := os.MkdirAll(filepath.Join(lent, "cache"), 0o700); err != nil {
		t.Fatal(err)
	}
	for mode, used := range map[os.FileMode]bool{0o777: false, 0o777 | os.ModeSticky: true, 0o755: true} {
		if err := os.Chmod(lent, mode); err != nil {
			t.Fatal(err)
		}
		if got := openCache(filepath.Join(lent, "cache")); (got != "") != used {
			t.Errorf("in a folder with mode %v: used %t, want %t", mode, got != "", used)
		}
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
	if _, err := run(context.Background(), "digraph{a}", "plain", open); err != nil {
		t.Error(err)
	}
	if entries, err := os.ReadDir(open); err != nil || len(entries) > 0 {
		t.Errorf("the open folder holds %v, %v", entries, err)
	}
}
