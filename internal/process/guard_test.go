//go:build unix

package process

import (
	"bufio"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// The test binary is a guard, or a starter of a guarded program, if this says so.
const role = "GUST_PROCESS_TEST"

func TestMain(m *testing.M) {
	switch os.Getenv(role) {
	case "guard":
		group, _ := strconv.Atoi(os.Args[len(os.Args)-1])
		Guard(os.Stdin, group)
		os.Exit(0)
	case "starter":
		os.Setenv(role, "guard")
		_, err := Start(Spec{
			Path: "/bin/sh", Args: []string{"-c", "sleep 1000 & echo $!; sleep 1000"},
			Env: []string{"PATH=" + os.Getenv("PATH")}, Stdout: os.Stdout, Guard: []string{os.Args[0]},
		})
		if err != nil {
			os.Exit(1)
		}
		_, _ = os.Stdout.WriteString("guarded\n")
		time.Sleep(time.Hour)
	}
	os.Exit(m.Run())
}

// TestGuard kills a process that has started a program, which has a child: the
// child must go as well.
func TestGuard(t *testing.T) {
	starter := exec.Command(os.Args[0])
	starter.Env = append(os.Environ(), role+"=starter")
	out, err := starter.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := starter.Start(); err != nil {
		t.Fatal(err)
	}
	child, guarded := 0, false
	for lines := bufio.NewScanner(out); child == 0 || !guarded; {
		if !lines.Scan() {
			t.Fatal("the program or its guard did not start")
		}
		if lines.Text() == "guarded" {
			guarded = true
		} else if child, err = strconv.Atoi(lines.Text()); err != nil {
			t.Fatal(err)
		}
	}
	if err := starter.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(2 * time.Minute); syscall.Kill(child, 0) == nil && !zombie(child); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			_ = syscall.Kill(child, syscall.SIGKILL)
			t.Fatal("the child is still there")
		}
	}
	_ = starter.Wait()
}

// zombie reports whether a process has ended, though nobody has waited for it.
func zombie(pid int) bool {
	b, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	_, rest, _ := strings.Cut(string(b), ") ")
	return err == nil && strings.HasPrefix(rest, "Z")
}

// TestRelieved: a guard whose program was stopped does nothing and is gone.
func TestRelieved(t *testing.T) {
	t.Setenv(role, "guard")
	p, err := Start(Spec{Path: "/bin/sh", Args: []string{"-c", "sleep 1000 & wait"}, Guard: []string{os.Args[0]}})
	if err != nil {
		t.Fatal(err)
	}
	p.Stop(time.Minute, nil)
	if ended := p.Ended(); !strings.Contains(ended, "terminated") {
		t.Errorf("ended by %s, want SIGTERM", ended)
	}
}
