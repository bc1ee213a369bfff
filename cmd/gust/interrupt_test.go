//go:build linux

package main

import "testing"

// TestTestsInTerminal presses ^C while a test runs that takes no notice and
// has started a process in a session of its own: the first ^C waits for it, the
// second ends all of it.
func TestTestsInTerminal(t *testing.T) {
	tt := newTerminal(t, t.TempDir(), "GUST_CACHE="+t.TempDir())
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
