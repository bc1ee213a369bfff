package box

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestReusable: others get a directory only if nothing of a test can be seen in it.
func TestReusable(t *testing.T) {
	for name, change := range map[string]func(dir string) error{
		"file":        func(dir string) error { return os.WriteFile(filepath.Join(dir, "f"), nil, 0o600) },
		"mode":        func(dir string) error { return os.Chmod(dir, 0o755) },
		"attribute":   func(dir string) error { return syscall.Setxattr(dir, "user.a", []byte("b"), 0) },
		"other":       func(dir string) error { return syscall.Rename(filepath.Join(filepath.Dir(dir), "other"), dir) },
		"none":        os.Remove,
		"link":        func(dir string) error { _ = os.Remove(dir); return os.Symlink("other", dir) },
		"file in dir": func(dir string) error { return os.MkdirAll(filepath.Join(dir, "a/b"), 0o755) },
	} {
		box := t.TempDir()
		for _, dir := range []string{"tmp", "other"} {
			if err := os.Mkdir(filepath.Join(box, dir), 0o700); err != nil {
				t.Fatal(err)
			}
		}
		s := make(stats)
		if err := s.note(box, "tmp"); err != nil {
			t.Fatal(err)
		}
		if !s.reusable(box, "tmp") {
			t.Error("as it was made, it is not reusable")
		}
		if err := change(filepath.Join(box, "tmp")); err != nil {
			t.Fatal(name, err)
		}
		if s.reusable(box, "tmp") {
			t.Errorf("%s: reusable", name)
		}
	}
}

// TestBoxesAreUsedAgain: a test that leaves nothing has the box of one before, and sees
// nothing of that one; who writes leaves the box to whom it may concern.
func TestBoxesAreUsedAgain(t *testing.T) {
	l := newLab(t)
	run := func(script string) (inode string, r Report) {
		t.Helper()
		out, code, r := l.run("stat -c %i /dev/shm && test -z \"$(ls -A /tmp /dev/shm | grep -v :)\" && " + script)
		if code != 0 {
			t.Fatalf("%s: status %d, %s", script, code, out)
		}
		time.Sleep(2 * settled)
		return strings.TrimSpace(out), r
	}
	const clean = "touch /tmp/a /dev/shm/b && rm /tmp/a /dev/shm/b"
	first, _ := run(clean)
	if second, _ := run(clean); second != first {
		t.Errorf("the second test has %s, the first had %s", second, first)
	}
	third, r := run("echo x >written && mkdir /tmp/left")
	if third != first || !slices.Equal(r.Wrote, []string{"checkout"}) || !slices.Equal(r.Temp, []string{"/tmp/left"}) {
		t.Errorf("the third test has %s, wrote to %q and left %q", third, r.Wrote, r.Temp)
	}
	if got := l.read(filepath.Join(r.Box, "checkout"), "written"); got != "x\n" {
		t.Errorf("what it wrote is %q", got)
	}
	if fourth, r := run("test ! -e written"); fourth == first || len(r.Wrote) > 0 {
		t.Errorf("after one that wrote another has %s and wrote to %q", fourth, r.Wrote)
	}
}
