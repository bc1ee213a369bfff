//go:build linux

package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// A terminal is a tmux session with a shell in it, in which everything that was
// started carries a mark in its environment.
type terminal struct {
	t      *testing.T
	socket string
	dir    string
	mark   string
	temp   string // TMPDIR
}

// newTerminal starts a shell in dir.
func newTerminal(t *testing.T, dir string, env ...string) *terminal {
	t.Helper()
	if _, err := exec.LookPath("tmux"); err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal("no tmux, which CI must have")
		}
		t.Skip("needs tmux")
	}
	gust, err := exec.LookPath("gust")
	if err != nil {
		t.Fatal(err)
	}
	tt := &terminal{t: t, dir: dir, temp: t.TempDir(), socket: filepath.Join(t.TempDir(), "tmux"), mark: fmt.Sprintf("GUST_TEST_MARK=%d-%s", os.Getpid(), t.Name())}
	// The server must not get the mark, nor be one of a user's.
	tt.tmux("-f", os.DevNull, "new-session", "-d", "-x", "200", "-y", "50", "sh")
	t.Cleanup(func() {
		_ = exec.Command("tmux", "-S", tt.socket, "kill-server").Run()
		// Shells such as fish take their time to end.
		poll(func() bool { return len(tt.marked()) == 0 })
		for _, pid := range tt.marked() {
			t.Errorf("process %d is left: %s", pid, commandLine(pid))
			_ = syscall.Kill(pid, syscall.SIGKILL)
		}
	})
	tt.tmux("set-option", "-g", "history-limit", "5000")
	env = append(env, tt.mark, "PATH="+filepath.Dir(gust)+":"+os.Getenv("PATH"), "GOFLAGS=-buildvcs=false", "GOWORK=off",
		"TMPDIR="+tt.temp)
	for _, kv := range env {
		tt.line("export '" + kv + "'")
	}
	tt.line("cd '" + dir + "'; PS1='$ '; clear; tmux -S '" + tt.socket + "' clear-history; echo ready")
	tt.wait(`(?m)^ready$`)
	return tt
}

func (tt *terminal) tmux(args ...string) string {
	tt.t.Helper()
	out, err := exec.Command("tmux", append([]string{"-S", tt.socket}, args...)...).CombinedOutput()
	if err != nil {
		tt.t.Fatalf("tmux %q: %v\n%s", args, err, out)
	}
	return string(out)
}

// line types a line, keys presses keys by tmux's names.
func (tt *terminal) line(text string)   { tt.tmux("send-keys", "-l", text+"\n") }
func (tt *terminal) keys(key ...string) { tt.tmux(append([]string{"send-keys"}, key...)...) }

// screen is all that was shown since the last clear.
func (tt *terminal) screen() string { return tt.tmux("capture-pane", "-p", "-J", "-S", "-") }

func (tt *terminal) clear() {
	tt.tmux("send-keys", "-R")
	tt.tmux("clear-history")
}

// wait waits until the pattern is on the screen and returns its first group.
func (tt *terminal) wait(pattern string) string {
	tt.t.Helper()
	re := regexp.MustCompile(pattern)
	var found []string
	tt.until("screen matches "+pattern, func() bool {
		found = re.FindStringSubmatch(tt.screen())
		return found != nil
	})
	return found[len(found)-1]
}

// until waits for a condition.
func (tt *terminal) until(what string, ok func() bool) {
	tt.t.Helper()
	if !poll(ok) {
		tt.t.Fatalf("waited in vain until %s; screen:\n%s", what, tt.screen())
	}
}

// untilGone is until for when the terminal is gone.
func (tt *terminal) untilGone() {
	tt.t.Helper()
	if !poll(func() bool { return len(tt.marked()) == 0 }) {
		tt.t.Fatal("something is left running without its terminal")
	}
}

func poll(ok func() bool) bool {
	for deadline := time.Now().Add(3 * time.Minute); !ok(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			return false
		}
	}
	return true
}

// count is how often a text is on the screen.
func (tt *terminal) count(text string) int { return strings.Count(tt.screen(), text) }

// marked are the processes started from the terminal, the shell aside.
func (tt *terminal) marked() []int {
	names, _ := filepath.Glob("/proc/[0-9]*/environ")
	var pids []int
	for _, name := range names {
		env, err := os.ReadFile(name)
		if err == nil && bytes.Contains(env, []byte(tt.mark)) {
			pid, _ := strconv.Atoi(filepath.Base(filepath.Dir(name)))
			pids = append(pids, pid)
		}
	}
	return pids
}

func (tt *terminal) nothingLeft() {
	tt.t.Helper()
	tt.until("nothing is left running", func() bool { return len(tt.marked()) == 0 })
	if left, _ := filepath.Glob(filepath.Join(tt.temp, "gust-watch-*")); len(left) > 0 {
		tt.t.Errorf("left: %q", left)
	}
}

// gust is the process ID of the gust that runs in the terminal.
func (tt *terminal) gust() int {
	tt.t.Helper()
	for _, pid := range tt.marked() {
		if strings.Contains(commandLine(pid), "--watch") {
			return pid
		}
	}
	tt.t.Fatalf("no gust runs; screen:\n%s", tt.screen())
	return 0
}

func commandLine(pid int) string {
	b, _ := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
	return strings.ReplaceAll(string(b), "\x00", " ")
}

func alive(pid string) bool {
	_, err := os.Stat("/proc/" + pid + "/exe")
	return err == nil
}

// write writes a file as simple editors do, in place.
func (tt *terminal) write(name, text string) {
	tt.t.Helper()
	path := filepath.Join(tt.dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		tt.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
		tt.t.Fatal(err)
	}
}

// save writes a file as vim does with backups: the old version is renamed, a
// swap file and a probe come and go.
func (tt *terminal) save(name, text string) {
	tt.t.Helper()
	path := filepath.Join(tt.dir, name)
	swap, probe := filepath.Join(filepath.Dir(path), "."+filepath.Base(path)+".swp"), filepath.Join(filepath.Dir(path), "4913")
	for _, step := range []func() error{
		func() error { return os.WriteFile(swap, []byte("swap"), 0o600) },
		func() error { return os.WriteFile(probe, nil, 0o600) },
		func() error { return os.Remove(probe) },
		func() error { return os.Rename(path, path+"~") },
		func() error { return os.WriteFile(path, []byte(text), 0o666) },
		func() error { return os.Remove(path + "~") },
		func() error { return os.Remove(swap) },
	} {
		if err := step(); err != nil {
			tt.t.Fatal(err)
		}
	}
}

// git runs git in the directory.
func (tt *terminal) git(args ...string) {
	tt.t.Helper()
	cmd := exec.Command("git", append([]string{"-c", "user.name=t", "-c", "user.email=t@example.com"}, args...)...)
	cmd.Dir = tt.dir
	if out, err := cmd.CombinedOutput(); err != nil {
		tt.t.Fatalf("git %q: %v\n%s", args, err, out)
	}
}
