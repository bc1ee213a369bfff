package box

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// TestWatchesUnseen: nobody looks into the directories of a test for the limit that all
// tests have, which would be news to a test that watches one.
func TestWatchesUnseen(t *testing.T) {
	dir := t.TempDir()
	fd, err := syscall.InotifyInit1(syscall.IN_NONBLOCK | syscall.IN_CLOEXEC)
	if err != nil {
		t.Fatal(err)
	}
	defer syscall.Close(fd)
	if _, err := syscall.InotifyAddWatch(fd, dir, syscall.IN_ALL_EVENTS); err != nil {
		t.Fatal(err)
	}
	news := func() bool {
		var buf [4096]byte
		n, err := syscall.Read(fd, buf[:])
		return err == nil && n > 0
	}
	for _, asked := range []bool{false, true} {
		g := guard{end: func() {}}
		done := make(chan struct{})
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			g.watchDisk([]string{dir}, 1<<62, asked, done)
		}()
		time.Sleep(rarely + 4*longest)
		close(done)
		<-ended
		if got := news(); got != asked {
			t.Errorf("limit asked for %t: somebody looked: %t", asked, got)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "file"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if !news() {
		t.Error("nothing is heard at all")
	}
}
