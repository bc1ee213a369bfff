package box

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// nobody is a user without any rights.
const nobody = 65534

// aside are attacks that seem to succeed: what they do stays in the sandbox.
var aside = []string{"write to the checkout", "remove a file of the checkout", "write to HOME", "write to the build cache", "kill the process group", "survive by a double fork"}

// TestAttacks: nothing of what a program tries comes out of the sandbox. The table
// of docs/sandbox.md says what happened.
func TestAttacks(t *testing.T) {
	uids := []int{os.Getuid()}
	if os.Getuid() == 0 {
		uids = append(uids, nobody)
	}
	for _, uid := range uids {
		for _, strict := range []bool{false, true} {
			t.Run(fmt.Sprintf("uid=%d,strict=%v", uid, strict), func(t *testing.T) {
				t.Parallel()
				underAttack(t, uid, strict)
			})
		}
	}
}

func underAttack(t *testing.T, uid int, strict bool) {
	l, aim := newTarget(t, uid)
	l.spec.Strict = strict
	if strict {
		l.spec.Home = l.home
		l.spec.Env = []string{"HOME", "PATH"}
	}
	out, r := l.attacked(uid, aim)
	var got map[string]string
	if err := json.Unmarshal(out, &got); err != nil || r.Error != "" {
		t.Fatalf("output %s, report %+v, error %v", out, r, err)
	}
	may := slices.Clone(aside)
	if !strict {
		may = append(may, "read a secret in HOME")
	}
	for _, name := range slices.Sorted(maps.Keys(got)) {
		t.Logf("%-40s %s", name, got[name])
		if name == "kill all processes" {
			continue // there may be others in the sandbox, which it may kill
		}
		if succeeded := got[name] == ""; succeeded != slices.Contains(may, name) {
			t.Errorf("%s: %q", name, got[name])
		}
	}
	if len(got) != len(attacks) {
		t.Errorf("%d outcomes of %d attacks", len(got), len(attacks))
	}
	l.unharmed(aim)
	l.outsideUnharmed(aim)
	if data, err := os.ReadFile(aim.Cache + "/object"); err != nil || strict && string(data) != "before" {
		t.Errorf("in the build cache is %q, error %v", data, err)
	}
	if len(r.Temp) > 0 || slices.Contains(r.Wrote, "gocache") != strict {
		t.Errorf("left %q, wrote to %q", r.Temp, r.Wrote)
	}
}

// newTarget makes a lab that a user can use, and what there is outside to attack.
func newTarget(t *testing.T, uid int) (*lab, target) {
	l := newLab(t)
	l.write(l.repo, "other", "before")
	l.write(l.home, "secret", "before")
	aim := target{Repo: l.repo, Home: l.home, Marker: "survivor-of-" + filepath.Base(filepath.Dir(l.repo))}
	f, err := os.CreateTemp("/tmp", "gust-box-others-")
	if err != nil {
		t.Fatal(err)
	}
	_ = f.Close()
	t.Cleanup(func() { _ = os.Remove(f.Name()) })
	aim.Tmp = f.Name()
	aim.Cache = filepath.Join(filepath.Dir(l.home), "cache")
	if err := os.Mkdir(aim.Cache, 0o755); err != nil {
		t.Fatal(err)
	}
	l.write(aim.Cache, "object", "before")
	l.spec.Cache = aim.Cache
	aim.TCP = lowPort(t).Addr().String()
	aim.Abstract = service(t, "unix", "@gust-attack-"+strconv.Itoa(os.Getpid())+t.Name()).Addr().String()
	aim.Agent = service(t, "unix", filepath.Join(filepath.Dir(l.home), "agent")).Addr().String()
	aim.Open = service(t, "unix", filepath.Join(l.repo, "socket")).Addr().String()
	l.env = append(l.env, "SSH_AUTH_SOCK="+aim.Agent)
	victim := exec.Command("/proc/self/exe", "helper", "linger")
	victim.SysProcAttr = asUser(uid)
	if err := victim.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _, _ = victim.Process.Kill(), victim.Wait() })
	aim.PID = victim.Process.Pid
	l.giveTo(uid)
	if err := os.Lchown(aim.Tmp, uid, uid); err != nil {
		t.Fatal(err)
	}
	return l, aim
}

// giveTo makes the lab a user's.
func (l *lab) giveTo(uid int) {
	l.t.Helper()
	l.spec.Root = uid == 0
	err := filepath.WalkDir(filepath.Dir(l.repo), func(path string, _ os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		return os.Lchown(path, uid, uid)
	})
	if err != nil {
		l.t.Fatal(err)
	}
}

func asUser(uid int) *syscall.SysProcAttr {
	attr := &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if uid != os.Getuid() {
		attr.Credential = &syscall.Credential{Uid: uint32(uid), Gid: uint32(uid)}
	}
	return attr
}

// attacked runs the attacks in a sandbox on a terminal.
func (l *lab) attacked(uid int, aim target) ([]byte, Report) {
	l.t.Helper()
	self := l.copySelf()
	text, err := json.Marshal(aim)
	if err != nil {
		l.t.Fatal(err)
	}
	cmd := l.command(self, "helper", "attack", string(text))
	cmd.Args = append([]string{self, "helper", "session", self}, cmd.Args[1:]...)
	cmd.Path = self
	_, slave := newTerminal(l.t)
	cmd.Stdin = slave
	cmd.SysProcAttr = asUser(uid)
	cmd.SysProcAttr.Setsid, cmd.SysProcAttr.Setctty = true, true
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		l.t.Fatalf("%v: %s%s", err, out, stderr.String())
	}
	return out, l.report()
}

// copySelf puts this program where every user can start it.
func (l *lab) copySelf() string {
	l.t.Helper()
	self, err := os.Executable()
	if err != nil {
		l.t.Fatal(err)
	}
	path := filepath.Join(filepath.Dir(l.repo), "program")
	if _, err := os.Stat(path); err == nil {
		return path
	}
	// Were it written here, a process forked meanwhile could hold it open to write
	// (golang/go#22315).
	if out, err := exec.Command("cp", self, path).CombinedOutput(); err != nil {
		l.t.Fatalf("%v: %s", err, out)
	}
	if err := os.Chmod(path, 0o755); err != nil {
		l.t.Fatal(err)
	}
	return path
}

// newTerminal makes one: our end and that of programs.
func newTerminal(t *testing.T) (master, slave *os.File) {
	t.Helper()
	var err error
	master, err = os.OpenFile("/dev/ptmx", os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = master.Close() })
	n, err := unix.IoctlGetInt(int(master.Fd()), unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	if err := unix.IoctlSetPointerInt(int(master.Fd()), unix.TIOCSPTLCK, 0); err != nil {
		t.Fatal(err)
	}
	slave, err = os.OpenFile("/dev/pts/"+strconv.Itoa(n), os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = slave.Close() })
	return master, slave
}

// unharmed looks at the files that were attacked.
func (l *lab) unharmed(aim target) {
	l.t.Helper()
	for _, path := range []string{l.repo + "/kept", l.repo + "/other", l.home + "/dotfile", l.home + "/secret"} {
		if data, err := os.ReadFile(path); err != nil || string(data) != "before" {
			l.t.Errorf("%s is now %q, error %v", path, data, err)
		}
	}
}

// outsideUnharmed looks at everything else.
func (l *lab) outsideUnharmed(aim target) {
	l.t.Helper()
	for _, path := range []string{"/etc/gust-attack", "/sys/fs/cgroup/gust-attack", l.home + "/through"} {
		if _, err := os.Lstat(path); err == nil {
			l.t.Errorf("%s was made", path)
			_ = os.Remove(path)
		}
	}
	if err := syscall.Kill(aim.PID, 0); err != nil || strings.Contains(procLine(aim.PID, "stat"), ") Z ") {
		l.t.Errorf("the process outside: error %v", err)
	}
	if pids := processesWith(aim.Marker); len(pids) > 0 {
		l.t.Errorf("still there: %v", pids)
	}
	if c, err := net.Dial("tcp", aim.TCP); err != nil {
		l.t.Error(err)
	} else {
		_ = c.Close()
	}
}

func procLine(pid int, name string) string {
	data, _ := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), name))
	return string(data)
}

// processesWith are those with a marker as their last argument.
func processesWith(marker string) []string {
	lines, _ := filepath.Glob("/proc/[0-9]*/cmdline")
	var found []string
	for _, name := range lines {
		if data, err := os.ReadFile(name); err == nil && strings.HasSuffix(strings.TrimSuffix(string(data), "\x00"), "linger\x00"+marker) {
			found = append(found, filepath.Base(filepath.Dir(name)))
		}
	}
	return found
}

// TestRuntimeDir: services of the user's run programs for whoever asks, so their
// sockets are not there, unless tests are on the host's network.
func TestRuntimeDir(t *testing.T) {
	for dir, want := range map[string]string{"/run/user/1000": "rundir", "/run/user/1000/": "rundir", "/run": "", "/": "", "run/user/1": "", "": ""} {
		t.Setenv("XDG_RUNTIME_DIR", dir)
		if got := privateDirs("", Spec{})[filepath.Clean(dir)]; got != want {
			t.Errorf("%q is %q, want %q", dir, got, want)
		}
		if got := privateDirs("", Spec{HostNet: true})[filepath.Clean(dir)]; got != "" {
			t.Errorf("%q is %q on the host's network", dir, got)
		}
	}
}

// processesWithMounts are those that see something mounted in a directory.
func processesWithMounts(dir string) []string {
	names, _ := filepath.Glob("/proc/[0-9]*/mountinfo")
	var found []string
	for _, name := range names {
		if data, err := os.ReadFile(name); err == nil && strings.Contains(string(data), dir) {
			found = append(found, filepath.Base(filepath.Dir(name)))
		}
	}
	return found
}
