//go:build linux

package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestTestsInTerminal presses ^C while a test runs that takes no notice and
// has started a process in a session of its own: the first ^C waits for it, the
// second ends all of it.
func TestTestsInTerminal(t *testing.T) {
	tt := newTerminal(t, t.TempDir(), "GUST_CACHE="+t.TempDir(), "GOCACHE="+warm(t))
	tt.write("go.mod", "module example.com/deaf\n\ngo 1.24\n")
	tt.write("deaf_test.go", deafTest)
	tt.line("gust test . ; echo status $?")
	tt.wait(`deaf TestDeaf \(\d+`)
	tt.keys("C-c")
	tt.wait(`interrupted: waiting for the tests that run`)
	tt.wait(`deaf TestDeaf \(\d+`)
	tt.keys("C-c")
	tt.wait(`(?m)^status 130$`)
	tt.nothingLeft()
}

const deafTest = `package deaf

import (
	"os/exec"
	"os/signal"
	"syscall"
	"testing"
	"time"
)

func TestDeaf(t *testing.T) {
	signal.Ignore(syscall.SIGINT)
	cmd := exec.Command("sleep", "300")
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	time.Sleep(5 * time.Minute)
}
`

// TestMatrixInTerminal presses ^C once while two targets are built: all of it
// ends, and what stood in the output folder stands there as it was.
func TestMatrixInTerminal(t *testing.T) {
	tt := newTerminal(t, t.TempDir(), "GUST_CACHE="+t.TempDir(), "GOCACHE="+warm(t))
	tt.write("go.mod", "module example.com/m\n\ngo 1.24\n")
	tt.write("main.go", "package main\n\nfunc main() { println(1) }\n")
	tt.write("gust.toml", "[[matrix.target]]\ngoos = [\"linux\"]\ngoarch = [\"amd64\"]\ngoamd64 = [\"v1\", \"v2\"]\n")
	tt.line("gust build --matrix ; echo status $?")
	tt.wait(`(?m)^status 0$`)
	outputs := func() string {
		out, err := exec.Command("find", filepath.Join(tt.dir, "dist"), "-type", "f", "-exec", "sha256sum", "{}", "+").CombinedOutput()
		if err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		lines := strings.Split(strings.TrimSpace(string(out)), "\n")
		slices.Sort(lines)
		return strings.Join(lines, "\n")
	}
	before := outputs()
	if strings.Count(before, "\n") != 1 {
		t.Fatalf("two targets made\n%s", before)
	}
	// Compiles that do not end by themselves.
	tt.write("main.go", "package main\n\nfunc main() { println(2) }\n")
	tt.write("slow", "#!/bin/sh\ncase \"$*\" in *\"-p main \"*) echo >>'"+tt.dir+"/started'; sleep 300;; esac\nexec \"$@\"\n")
	if err := os.Chmod(filepath.Join(tt.dir, "slow"), 0o755); err != nil {
		t.Fatal(err)
	}
	tt.clear()
	tt.line("gust build --matrix -toolexec=\"$PWD/slow\" ; echo status $?")
	tt.until("a compile has started", func() bool {
		_, err := os.Stat(filepath.Join(tt.dir, "started"))
		return err == nil
	})
	tt.keys("C-c")
	tt.wait(`gust: (interrupted)\s+status 130`)
	tt.nothingLeft()
	if after := outputs(); after != before {
		t.Errorf("outputs were\n%s\nand are\n%s", before, after)
	}
	tt.clear()
	tt.line("gust build --matrix ; echo status $?")
	tt.wait(`(?m)^status 0$`)
	if after := outputs(); after == before {
		t.Error("the next build built nothing")
	}
}
