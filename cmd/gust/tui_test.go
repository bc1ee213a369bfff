//go:build linux

package main

import (
	"fmt"
	"os/exec"
	"strings"
	"syscall"
	"testing"
)

// TestTUI uses the dashboard in a terminal.
func TestTUI(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	tt := newTerminal(t, dir, "GUST_CACHE="+t.TempDir(), "GOCACHE="+warm(t), "HOME="+t.TempDir(), "LC_ALL=C.UTF-8", "TERM=screen", "NO_COLOR=1",
		"EDITOR=sh "+dir+"/editor")
	tt.write("go.mod", "module d\n\ngo 1.24\n")
	tt.write("d.go", "package d\n\nconst N = 1\n")
	tt.write("d_test.go", `package d

import (
	"os"
	"os/exec"
	"testing"
)

func TestN(t *testing.T) {
	if N != 2 {
		t.Errorf("N is %d", N)
	}
}

func TestGood(t *testing.T) {}

func TestLong(t *testing.T) {
	if os.Getenv("LONG") != "" {
		t.Log(exec.Command("sleep", "1000").Run())
	}
}
`)
	tt.write("editor", "echo \"editor got $*\" >>edited\n")
	const after = `; echo "status $?; $(stty -a | grep -o '[- ]icanon\|[- ]echo ' | xargs)"`
	const tui = `gust tui` + after
	sane := func(status int) {
		t.Helper()
		tt.wait(fmt.Sprintf("status %d; icanon echo", status))
		tt.nothingLeft()
		tt.clear()
	}

	// Run, look, mend, run again, leave.
	tt.line(tui)
	tt.wait(`\[1 Overview\]`)
	tt.keys("a")
	tt.wait(`Tests +3 tests in 1 package, 1 failed`)
	tt.keys("3")
	tt.wait(`✗ d +1 failed, 3 tests`)
	tt.keys("j")
	tt.wait(`> +✗ TestN`)
	tt.keys("Enter")
	tt.wait(`d_test.go:11: N is 1`)
	tt.keys("Escape")
	tt.keys("e")
	tt.until("the editor has run", func() bool {
		out, err := exec.Command("cat", dir+"/edited").Output()
		return err == nil && strings.TrimSpace(string(out)) == "editor got "+dir+"/d_test.go"
	})
	tt.wait(`\[3 Tests ✗\]`)
	tt.write("d.go", "package d\n\nconst N = 2\n")
	tt.keys("f")
	tt.wait(`1 test in 1 package`)
	tt.keys("/")
	tt.wait(`filter: `)
	tt.tmux("send-keys", "-l", "good")
	tt.wait(`> +✓ d TestGood`)
	tt.keys("Escape")
	tt.keys("?")
	tt.wait(`test on save`)
	tt.keys("Escape")

	// Another size, and one with room for a line only.
	tt.tmux("resize-window", "-x", "70", "-y", "18")
	tt.wait(`(?m)^ 1 Overview  2 Build \[3 Tests\]`)
	tt.tmux("resize-window", "-x", "50", "-y", "10")
	tt.wait(`(?m)^gust: 1 test in 1 package`)
	tt.tmux("resize-window", "-x", "200", "-y", "50")
	tt.wait(`\[3 Tests ✓\]`)

	// Into the background and back.
	tt.keys("C-z")
	tt.wait(`status \d+; icanon echo`)
	tt.clear()
	tt.line("fg" + after)
	tt.wait(`\[3 Tests ✓\]`)
	tt.keys("q")
	sane(0)

	// A run on every save, and what it was afterwards.
	tt.line(tui)
	tt.wait(`test --failed`)
	tt.keys("3", "w")
	tt.wait(`✓ d +3 tests`)
	tt.write("d.go", "package d\n\nconst N = 3\n")
	tt.wait(`✗ TestN`)
	tt.keys("x")
	tt.wait(`(?m)^ stopped`)
	tt.keys("q")
	sane(0)
	tt.line(`gust tui --replay test; echo "status $?; $(stty -a | grep -o '[- ]icanon\|[- ]echo ' | xargs)"`)
	tt.wait(`✗ TestN`)
	tt.keys("q")
	sane(0)

	// However it ends while tests run, the terminal is sane and nothing is left.
	tt.line("export LONG=1")
	for _, sig := range []syscall.Signal{0, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGINT} {
		tt.line(tui)
		tt.wait(`\[1 Overview\]`)
		tt.keys("a", "3")
		tt.wait(`● TestLong`)
		if sig == 0 {
			tt.keys("q")
		} else if err := syscall.Kill(tt.process("gust tui"), sig); err != nil {
			t.Fatal(err)
		}
		sane(0)
	}
	tt.line(`gust tui; echo "status $?"; stty sane`)
	tt.wait(`\[1 Overview\]`)
	tt.keys("a", "3")
	tt.wait(`● TestLong`)
	if err := syscall.Kill(tt.process("gust tui"), syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	tt.until("nothing is left running", func() bool { return len(tt.marked()) == 0 })

	// Text for those who cannot see a screen, and for what is none.
	tt.clear()
	tt.line(`tput rmcup; clear; gust tui --accessible; echo "status $?"`)
	tt.wait(`(?s)--failed .*gust report RUN shows a run.*status 0`)
	tt.clear()
	tt.line(`gust tui --replay nosuch; echo "status $?"`)
	tt.wait(`(?s)no such run: "nosuch".*status 5`)
	tt.nothingLeft()
}

// process is the ID of the process with this command line.
func (tt *terminal) process(command string) int {
	tt.t.Helper()
	for _, pid := range tt.marked() {
		if strings.TrimSpace(commandLine(pid)) == command {
			return pid
		}
	}
	tt.t.Fatalf("no %q runs; screen:\n%s", command, tt.screen())
	return 0
}
