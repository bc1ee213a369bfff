package structtag

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
)

func TestWrite(t *testing.T) {
	dir := t.TempDir()
	name := filepath.Join(dir, "a.go")
	create(t, name, "old", 0o640)
	if err := Write(name, []byte("old"), []byte("new")); err != nil {
		t.Fatal(err)
	}
	expect(t, name, "new")
	if runtime.GOOS != "windows" {
		if info, err := os.Stat(name); err != nil || info.Mode() != 0o640 {
			t.Errorf("mode %v, %v; want 0640", info.Mode(), err)
		}
	}
	if err := Write(name, []byte("old"), []byte("newer")); !errors.Is(err, ErrChanged) {
		t.Errorf("writing over a file that changed: %v", err)
	}
	expect(t, name, "new")

	link := filepath.Join(dir, "link.go")
	if err := os.Symlink("a.go", link); err != nil {
		t.Fatal(err)
	}
	if err := Write(link, []byte("new"), []byte("through a link")); err != nil {
		t.Fatal(err)
	}
	expect(t, name, "through a link")
	if info, err := os.Lstat(link); err != nil || info.Mode()&fs.ModeSymlink == 0 {
		t.Errorf("the link was replaced: %v, %v", info.Mode(), err)
	}

	readonly := filepath.Join(dir, "readonly.go")
	create(t, readonly, "old", 0o444)
	if err := Write(readonly, []byte("old"), []byte("new")); !errors.Is(err, fs.ErrPermission) {
		t.Errorf("writing a read-only file: %v", err)
	}
	expect(t, readonly, "old")
	if left := names(t, dir); strings.Contains(left, ".tmp") {
		t.Errorf("left over: %s", left)
	}
}

// TestWriteKilled kills a process that rewrites a file over and over. The
// file must always be one of the two contents, whole.
func TestWriteKilled(t *testing.T) {
	if name := os.Getenv("STRUCTTAG_REWRITE"); name != "" {
		a, b := contents()
		for {
			if Write(name, a, b) != nil || Write(name, b, a) != nil {
				os.Exit(1)
			}
		}
	}
	name := filepath.Join(t.TempDir(), "a.go")
	a, b := contents()
	create(t, name, string(a), 0o644)
	for range 25 {
		cmd := exec.Command(os.Args[0], "-test.run=^TestWriteKilled$")
		cmd.Env = append(os.Environ(), "STRUCTTAG_REWRITE="+name)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		// Killed once it has written, at any point of a later round.
		first, err := os.Stat(name)
		if err != nil {
			t.Fatal(err)
		}
		for deadline := time.Now().Add(20 * time.Second); ; {
			now, err := os.Stat(name)
			if err == nil && !os.SameFile(first, now) || time.Now().After(deadline) {
				break
			}
		}
		if err := cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		_ = cmd.Wait()
		got, err := os.ReadFile(name)
		if err != nil || !bytes.Equal(got, a) && !bytes.Equal(got, b) {
			t.Fatalf("torn: %d bytes, %v", len(got), err)
		}
		create(t, name, string(a), 0o644)
	}
}

func contents() (a, b []byte) {
	return bytes.Repeat([]byte("// old\n"), 30000), bytes.Repeat([]byte("// newer\n"), 30000)
}

func create(t *testing.T, name, content string, mode fs.FileMode) {
	t.Helper()
	if err := os.WriteFile(name, []byte(content), 0o666); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(name, mode); err != nil {
		t.Fatal(err)
	}
}

func expect(t *testing.T, name, want string) {
	t.Helper()
	got, err := os.ReadFile(name)
	if err != nil || string(got) != want {
		t.Errorf("%s holds %q, %v; want %q", name, got, err, want)
	}
}

func names(t *testing.T, dir string) string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, e := range entries {
		all = append(all, e.Name())
	}
	return strings.Join(all, " ")
}
