package overlay

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// TestKilled kills syncs at different points and lets the next one repair.
func TestKilled(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Skip(err)
	}
	user, dir := pair(t)
	const n = 100
	for i := range n {
		addEntry(t, user, fmt.Sprint(i), fmt.Append(nil, i), time.Now())
	}
	before := snapshot(t, user)
	for _, mode := range []string{"link", "copy"} {
		for _, after := range []int{0, 1, n / 2, n - 2} {
			t.Run(fmt.Sprint(mode, after), func(t *testing.T) {
				dir := dir + mode + strconv.Itoa(after)
				killSync(t, self, user, dir, mode, after)
				if exists(newSyncer(user, dir).statePath()) {
					t.Error("state was recorded too early")
				}
				st := mustSync(t, user, dir)
				if st.Linked == 0 || st.Unlocked {
					t.Errorf("got %+v", st)
				}
				complete(t, user, dir)
			})
		}
	}
	unchanged(t, user, before)
}

// killSync runs a sync in another process, which stops after the given number
// of data files, and kills it there.
func killSync(t *testing.T, self, user, dir, mode string, after int) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), self, "-test.run=^TestSyncToBeKilled$", "-test.v")
	cmd.Env = append(os.Environ(), "OVERLAY_USER="+user, "OVERLAY_DIR="+dir,
		"OVERLAY_MODE="+mode, "OVERLAY_AFTER="+strconv.Itoa(after))
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ready := false
	for lines := bufio.NewScanner(out); !ready && lines.Scan(); {
		ready = lines.Text() == "ready"
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err == nil || !ready {
		t.Fatalf("child was not killed in time: ready %v, %v", ready, err)
	}
}

// TestSyncToBeKilled is the child of TestKilled and nothing on its own.
func TestSyncToBeKilled(t *testing.T) {
	user, dir := os.Getenv("OVERLAY_USER"), os.Getenv("OVERLAY_DIR")
	if dir == "" {
		t.Skip("runs in a process of its own")
	}
	after, err := strconv.Atoi(os.Getenv("OVERLAY_AFTER"))
	if err != nil {
		t.Fatal(err)
	}
	var done atomic.Int64
	s := newSyncer(user, dir)
	s.workers = 1
	s.link = func(o, n string) error {
		if done.Add(1) > int64(after) {
			// An entry cut short and an executable's empty directory are what
			// a kill in other places leaves.
			write(t, filepath.Join(dir, "00", filepath.Base(n)[:64]+"-a"), "v1 0")
			fmt.Println("\nready")
			select {}
		}
		if os.Getenv("OVERLAY_MODE") == "copy" {
			return syscall.EXDEV
		}
		return os.Link(o, n)
	}
	_, err = s.sync(context.Background())
	t.Fatal("not killed: ", err)
}
