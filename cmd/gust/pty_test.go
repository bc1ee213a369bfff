//go:build linux

package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// TestAsksTerminalNothing: a command in a terminal writes what it has to say and
// no questions, such as Bubble Tea's for the colour behind the text. What is
// linked in must not ask, see package cmd/fastpath/stdout.
func TestAsksTerminalNothing(t *testing.T) {
	t.Parallel()
	gust, err := exec.LookPath("gust")
	if err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"version"}, {"help", "exit-codes"}, {"tui", "--help"}} {
		said := inTerminal(t, exec.Command(gust, args...))
		if strings.TrimSpace(said) == "" || strings.Contains(said, "\x1b") {
			t.Errorf("gust %s says %q to a terminal", strings.Join(args, " "), said)
		}
	}
}

// inTerminal runs a command in a terminal that answers nothing, and returns what
// is said to it.
func inTerminal(t *testing.T, cmd *exec.Cmd) string {
	t.Helper()
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer master.Close()
	n, err := unix.IoctlGetInt(int(master.Fd()), unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	if err := unix.IoctlSetPointerInt(int(master.Fd()), unix.TIOCSPTLCK, 0); err != nil {
		t.Fatal(err)
	}
	slave, err := os.OpenFile(fmt.Sprintf("/dev/pts/%d", n), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stdin, cmd.Stdout, cmd.Stderr = slave, slave, slave
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	cmd.Dir = t.TempDir()
	cmd.Env = append(os.Environ(), "TERM=xterm-256color", "CI=", "NO_COLOR=1", "HOME="+cmd.Dir, "GUST_CACHE="+cmd.Dir)
	err = cmd.Start()
	slave.Close()
	if err != nil {
		t.Fatal(err)
	}
	said, err := io.ReadAll(master)
	if err != nil && !errors.Is(err, syscall.EIO) { // which is how a terminal ends
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Fatalf("%v\n%s", err, said)
	}
	return string(said)
}
