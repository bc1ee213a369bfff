//go:build amd64 || arm64

package trace

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/gust-go/gust/kernelcheck/probe/raw"
)

const (
	// workCommand makes the test binary do what the tests look for, and
	// traceCommand makes it trace and say what became of it.
	workCommand  = "tracework"
	traceCommand = "tracetrace"

	workExit = 7
)

func TestMain(m *testing.M) {
	if len(os.Args) > 1 {
		switch os.Args[1] {
		case raw.HoldCommand:
			os.Exit(raw.Hold(os.Args[2:], os.Stderr))
		case workCommand:
			os.Exit(work(len(os.Args) > 2))
		case traceCommand:
			_, err := Run(context.Background(), Options{Args: []string{"/bin/true"}, Self: os.Args[0]})
			fmt.Println(errors.Is(err, ErrPrivilege), err)
			os.Exit(0)
		}
	}
	os.Exit(m.Run())
}

// work makes system calls that a Go program does not make by itself, so that
// they can be counted: three openat2, of which one fails, two MPTCP sockets, a
// write to clear_refs, and writes to 64 pages; a child of it makes one openat2
// more.
func work(child bool) int {
	how := &unix.OpenHow{Flags: unix.O_RDONLY | unix.O_CLOEXEC}
	if child {
		_, _ = unix.Openat2(unix.AT_FDCWD, ".", how)
		return 0
	}
	for _, name := range []string{".", "/", "/nonexistent"} {
		_, _ = unix.Openat2(unix.AT_FDCWD, name, how)
	}
	for range 2 {
		_, _ = unix.Socket(unix.AF_INET, unix.SOCK_STREAM, 262)
		_, _ = unix.Socket(unix.AF_INET, unix.SOCK_STREAM, 0) // not of interest
	}
	_ = os.WriteFile("/proc/self/clear_refs", []byte("1"), 0)
	if m, err := unix.Mmap(-1, 0, 64*os.Getpagesize(), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANON); err == nil {
		_ = unix.Madvise(m, unix.MADV_NOHUGEPAGE)
		for i := 0; i < len(m); i += os.Getpagesize() {
			m[i] = 1
		}
	}
	if err := exec.Command(os.Args[0], workCommand, "child").Run(); err != nil {
		return 1
	}
	fmt.Println("worked")
	return workExit
}

// needPrivilege skips where BPF is not for us; CI runs as root.
func needPrivilege(t *testing.T) {
	t.Helper()
	s, err := open()
	if err == nil {
		s.close()
		return
	}
	if os.Getenv("CI") != "" {
		t.Fatalf("CI must be able to trace: %v", err)
	}
	t.Skipf("SKIPPED: %v", err)
}

func TestRun(t *testing.T) {
	needPrivilege(t)
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	// What others do meanwhile does not count.
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		for {
			select {
			case <-stop:
				return
			default:
				if fd, err := unix.Openat2(unix.AT_FDCWD, ".", &unix.OpenHow{Flags: unix.O_RDONLY}); err == nil {
					_ = unix.Close(fd)
				}
			}
		}
	}()
	var stdout, stderr bytes.Buffer
	r, err := Run(context.Background(), Options{Args: []string{self, workCommand}, Environ: os.Environ(), Stdout: &stdout, Stderr: &stderr, Self: self})
	close(stop)
	<-stopped
	if err != nil {
		t.Fatal(err)
	}
	if r.ExitCode != workExit || stdout.String() != "worked\n" {
		t.Fatalf("exit code %d, output %q %q", r.ExitCode, stdout.String(), stderr.String())
	}
	want := []Use{
		{Name: "openat2", Count: 4, Failed: 1, Errors: []string{"ENOENT"}},
		{Name: "socket", Detail: "MPTCP", Count: 2, Rule: "MPTCP"},
		{Name: "openat", Detail: "/proc/self/clear_refs", Count: 1, Rule: "SOFT-DIRTY"},
	}
	if _, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM, 262); err != nil {
		want[1].Failed, want[1].Errors = 2, []string{unix.ErrnoName(err.(syscall.Errno))}
	}
	for _, w := range want {
		i := slices.IndexFunc(r.Uses, func(u Use) bool { return u.Name == w.Name && u.Detail == w.Detail })
		if i < 0 || fmt.Sprint(r.Uses[i]) != fmt.Sprint(w) {
			t.Errorf("want %+v among %+v", w, r.Uses)
		}
	}
	if slices.ContainsFunc(r.Uses, func(u Use) bool { return u.Name == "socket" && u.Detail != "MPTCP" }) {
		t.Errorf("plain sockets are told: %+v", r.Uses)
	}
	if r.Lost != 0 || r.Minor < 64 || r.Wall <= 0 {
		t.Errorf("%+v", r)
	}
	if r.FaultsKnown && (r.WriteFaults < 64 || r.Faults < r.WriteFaults || r.ProtectionFaults > r.WriteFaults) {
		t.Errorf("faults: %+v", r)
	}
}

func TestRunFails(t *testing.T) {
	needPrivilege(t)
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Run(context.Background(), Options{Args: []string{"no-such-command"}, Self: self}); !errors.Is(err, exec.ErrNotFound) {
		t.Errorf("a command that is not there: %v", err)
	}
	r, err := Run(context.Background(), Options{Args: []string{"/bin/sh", "-c", "kill -9 $$"}, Self: self})
	if err != nil || r.ExitCode != 128+9 {
		t.Errorf("a command that is killed: %+v, %v", r, err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := Run(ctx, Options{Args: []string{"/bin/true"}, Self: self}); !errors.Is(err, context.Canceled) {
		t.Errorf("a trace that is interrupted: %v", err)
	}
}

// TestNobody is refused and says what it takes.
func TestNobody(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("SKIPPED: only root can become nobody")
	}
	self, err := os.ReadFile("/proc/self/exe")
	if err != nil {
		t.Fatal(err)
	}
	dir, err := os.MkdirTemp("/tmp", "gust-trace-")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "trace")
	if err := errors.Join(os.Chmod(dir, 0o755), os.WriteFile(path, self, 0o755)); err != nil {
		t.Fatal(err)
	}
	c := exec.Command(path, traceCommand)
	c.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
	out, err := c.CombinedOutput()
	if err != nil || !strings.HasPrefix(string(out), "true tracing needs CAP_BPF and CAP_PERFMON, or root") {
		t.Errorf("as nobody: %q, %v", out, err)
	}
}
