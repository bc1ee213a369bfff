package box

import (
	"bufio"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestKilled: whatever ends gust or the process outside of a sandbox, nothing is
// left of it: no process, hence no namespace and no mount, and no directory if
// somebody is left to remove it.
func TestKilled(t *testing.T) {
	for _, strict := range []bool{false, true} {
		for name, kill := range map[string]func(*lab, *exec.Cmd){
			"gust":    func(l *lab, _ *exec.Cmd) { _ = l.owner.Close() },
			"wrapper": func(_ *lab, cmd *exec.Cmd) { _ = cmd.Process.Kill() },
		} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				l := newLab(t)
				l.spec.Strict = strict
				cmd, marker := l.hold()
				kill(l, cmd)
				_ = cmd.Wait()
				gone(t, marker, l.spec.Dir)
				if _, err := os.Stat(l.spec.Dir); (err == nil) != (name == "wrapper") {
					t.Errorf("the directory of the run: error %v", err)
				}
				if _, err := os.Stat(l.spec.Dir); err == nil {
					return
				}
				cmd = l.command("/bin/sh", "-c", "echo ran")
				if out, err := cmd.CombinedOutput(); err == nil || len(out) > 0 || cmd.ProcessState.ExitCode() != ErrorCode {
					t.Errorf("a test that starts when gust has ended: %v: %s", err, out)
				}
			})
		}
	}
}

// TestRungsKilled: nothing is left of a test on a lower rung either when gust ends.
func TestRungsKilled(t *testing.T) {
	for _, level := range rungs() {
		t.Run(string(level), func(t *testing.T) {
			t.Parallel()
			l := newLab(t)
			l.spec.Level = level
			cmd, marker := l.hold()
			link, err := filepath.Glob(filepath.Join(l.spec.Dir, "box-*", tmpLink))
			if err != nil || len(link) != 1 {
				t.Fatal(link, err)
			}
			tmp, err := os.Readlink(link[0])
			if err != nil {
				t.Fatal(err)
			}
			_ = l.owner.Close()
			_ = cmd.Wait()
			gone(t, marker, "")
			for _, dir := range []string{l.spec.Dir, tmp} {
				if _, err := os.Stat(dir); err == nil {
					t.Errorf("%s is still there", dir)
				}
			}
		})
	}
}

// TestInterrupt: ^C on a terminal gets to a test, which has none.
func TestInterrupt(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	master, slave := newTerminal(t)
	cmd := l.command("/bin/sh", "-c", `trap 'echo interrupted; exit 3' INT; echo ready; while :; do sleep 0.05; done`)
	cmd.Stdin, cmd.SysProcAttr = slave, &syscall.SysProcAttr{Setsid: true, Setctty: true}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	// What is in the foreground does not end by ^C, as go would not.
	cmd.Args = append([]string{cmd.Path, "helper", "session"}, cmd.Args...)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewReader(out)
	if line, err := lines.ReadString('\n'); line != "ready\n" {
		t.Fatalf("%q, error %v", line, err)
	}
	if _, err := master.Write([]byte{3}); err != nil {
		t.Fatal(err)
	}
	rest, err := io.ReadAll(lines)
	if err != nil {
		t.Fatal(err)
	}
	if _ = cmd.Wait(); string(rest) != "interrupted\nexit status 3\n" {
		t.Errorf("status %d, output %q", cmd.ProcessState.ExitCode(), rest)
	}
	gone(t, "", l.spec.Dir)
}

// hold starts a program that waits, and left another one behind.
func (l *lab) hold() (cmd *exec.Cmd, marker string) {
	l.t.Helper()
	marker = "held-in-" + strings.ReplaceAll(l.spec.Dir, "/", "-")
	self := l.copySelf()
	cmd = l.command("/bin/sh", "-c", self+" helper linger "+marker+" & "+self+" helper survive "+marker+"; echo ready; wait")
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		l.t.Fatal(err)
	}
	if line, err := bufio.NewReader(out).ReadString('\n'); err != nil {
		l.t.Fatalf("%q: %v", line, err)
	}
	if len(processesWith(marker)) == 0 {
		l.t.Fatal("nothing runs that could be left")
	}
	return cmd, marker
}

// gone waits until no process is left of a sandbox, nor one that has its mounts.
func gone(t *testing.T, marker, dir string) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(5 * time.Millisecond) {
		left := processesWith(marker)
		if dir != "" {
			left = append(left, processesWithMounts(dir)...)
		}
		if len(left) == 0 {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("still there: %v", left)
		}
	}
}
