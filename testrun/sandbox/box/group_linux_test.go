package box

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/gust-go/gust/internal/limit"
)

// TestGroup: the kernel keeps a control group to its limits, and tells. It takes a
// machine of which a part of the hierarchy of version 2 is the user's, such as an
// emulated one with this program, linked statically, as its first process: asFirst.
func TestGroup(t *testing.T) {
	limits := limit.Set{limit.Memory: 60 << 20, limit.Processes: 40}
	g := newGroup("/run-of-test", limits)
	if g == nil || !g.memory || !g.processes {
		g.close()
		t.Skip("SKIPPED: no part of the control groups (version 2, with memory and pids) is this user's")
	}
	defer g.close()
	cmd := exec.Command("/proc/self/exe", "helper", "use", "memory", "200")
	cmd.SysProcAttr = &syscall.SysProcAttr{}
	if _, err := g.start(cmd.SysProcAttr, func() (int, error) { return 0, cmd.Start() }); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err == nil || !strings.Contains(err.Error(), "killed") {
		t.Errorf("a program that uses too much ended with %v", err)
	}
	if hits := g.hits(limits); len(hits) != 1 || hits[0] != (Hit{Name: limit.Memory, Value: 60 << 20, Killed: true}) {
		t.Errorf("hits %+v", hits)
	}
	held := exec.Command("/proc/self/exe", "helper", "linger")
	held.SysProcAttr = &syscall.SysProcAttr{UseCgroupFD: true, CgroupFD: g.fd}
	if err := held.Start(); err != nil {
		t.Fatal(err)
	}
	g.close()
	if err := held.Wait(); err == nil || !strings.Contains(err.Error(), "killed") {
		t.Errorf("a program in a group that is closed ended with %v", err)
	}
	RemoveGroups("/run-of-test")
	if left, err := filepath.Glob(filepath.Join(groupParent(), groupPrefix+"*")); err != nil || len(left) > 0 {
		t.Errorf("left %q, error %v", left, err)
	}
}

// asFirst makes this program, the first process of a machine, what a login with
// control groups of its own is.
func asFirst() {
	for _, m := range [][2]string{{"proc", "/proc"}, {"sysfs", "/sys"}, {"devtmpfs", "/dev"}, {"tmpfs", "/tmp"}} {
		_ = os.MkdirAll(m[1], 0o755)
		_ = syscall.Mount(m[0], m[1], m[0], 0, "")
	}
	_ = syscall.Mount("cgroup2", "/sys/fs/cgroup", "cgroup2", 0, "")
	_ = os.MkdirAll("/sys/fs/cgroup/login/session", 0o755)
	for _, dir := range []string{"/sys/fs/cgroup", "/sys/fs/cgroup/login"} {
		_ = os.WriteFile(dir+"/cgroup.subtree_control", []byte("+memory +pids"), 0)
	}
	_ = os.WriteFile("/sys/fs/cgroup/login/session/cgroup.procs", []byte("1"), 0)
	cmd := exec.Command("/init", "-test.run=TestGroup$", "-test.v", "-test.timeout=5m")
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	_ = cmd.Run()
	time.Sleep(100 * time.Millisecond) // the console is slow
	_ = syscall.Reboot(syscall.LINUX_REBOOT_CMD_POWER_OFF)
}
