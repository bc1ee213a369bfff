package probe

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/gust-go/gust/kernelcheck/fact"
	"github.com/gust-go/gust/kernelcheck/host"
	"github.com/gust-go/gust/kernelcheck/probe/raw"
)

const helperCommand = "kernelhelper"

// helper changes the process and then probes: seccomp:ERRNO:NR,… installs a
// filter, kill:NR,… one that kills, uname26 sets the personality, chroot:DIR
// changes the root.
func helper(args []string) int {
	for _, arg := range args {
		what, rest, _ := strings.Cut(arg, ":")
		var err error
		switch what {
		case "seccomp":
			errno, calls, _ := strings.Cut(rest, ":")
			n, _ := strconv.Atoi(errno)
			err = installFilter(0x00050000|uint32(n), calls)
		case "kill":
			err = installFilter(0x80000000, rest)
		case "uname26":
			if _, _, errno := syscall.RawSyscall(unix.SYS_PERSONALITY, 0x0020000, 0, 0); errno != 0 {
				err = errno
			}
		case "chroot":
			if err = syscall.Chroot(rest); err == nil {
				err = os.Chdir("/")
			}
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, arg, err)
			return 3
		}
	}
	self := "/proc/self/exe"
	if _, err := os.Stat(self); err != nil {
		self = "/gust"
	}
	h, err := host.Read("")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 3
	}
	h.Config = nil
	Run(context.Background(), h, Options{Self: self, Limit: time.Minute}) // QEMU without KVM is slow
	if err := json.NewEncoder(os.Stdout).Encode(h); err != nil {
		return 3
	}
	return 0
}

// installFilter gives system calls an action for all threads. NR&MASK is a
// call only where its first argument has a bit of the mask.
func installFilter(action uint32, calls string) error {
	filter := []unix.SockFilter{{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, K: 0}}
	for _, s := range strings.Split(calls, ",") {
		number, mask, masked := strings.Cut(s, "&")
		nr, err := strconv.Atoi(number)
		if err != nil {
			return err
		}
		const firstArgument, loadNumber = 16, 0
		test := []unix.SockFilter{{Code: unix.BPF_RET | unix.BPF_K, K: action}}
		if masked {
			bits, err := strconv.ParseUint(mask, 0, 32)
			if err != nil {
				return err
			}
			test = []unix.SockFilter{
				{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, K: firstArgument},
				{Code: unix.BPF_JMP | unix.BPF_JSET | unix.BPF_K, Jf: 1, K: uint32(bits)},
				test[0],
				{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, K: loadNumber},
			}
		}
		filter = append(filter, unix.SockFilter{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, Jf: uint8(len(test)), K: uint32(nr)})
		filter = append(filter, test...)
	}
	filter = append(filter, unix.SockFilter{Code: unix.BPF_RET | unix.BPF_K, K: 0x7fff0000})
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return err
	}
	prog := unix.SockFprog{Len: uint16(len(filter)), Filter: &filter[0]}
	_, _, errno := syscall.RawSyscall(unix.SYS_SECCOMP, 1, 1 /* all threads */, uintptr(unsafe.Pointer(&prog)))
	if errno != 0 {
		return errno
	}
	return nil
}

// probeWith probes in a process changed by the helper.
func probeWith(t *testing.T, attr *syscall.SysProcAttr, path string, args ...string) *fact.Host {
	t.Helper()
	c := exec.Command(path, append([]string{helperCommand}, args...)...)
	c.SysProcAttr = attr
	var stderr bytes.Buffer
	c.Stderr = &stderr
	out, err := c.Output()
	if err != nil {
		t.Fatalf("%q: %v: %s", args, err, stderr.String())
	}
	h := new(fact.Host)
	if err := json.Unmarshal(out, h); err != nil {
		t.Fatal(err)
	}
	return h
}

func self(t *testing.T) string {
	t.Helper()
	path, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return path
}

func needRoot(t *testing.T) {
	t.Helper()
	if os.Geteuid() != 0 {
		lacking(t, "only root can do this")
	}
}

// TestEveryProbeAnswers wants a verdict of every probe, and none that is
// neither here nor there without a reason.
func TestEveryProbeAnswers(t *testing.T) {
	h := probeWith(t, nil, self(t))
	for _, k := range Table() {
		p, ok := h.Probes[k.Name]
		switch {
		case !ok:
			t.Errorf("%s has no answer", k.Name)
		case p.Verdict == fact.Unknown && p.Detail == "":
			t.Errorf("%s could not tell and does not say why", k.Name)
		case p.Verdict == fact.Denied && p.Cause == "":
			t.Errorf("%s is denied without a cause", k.Name)
		}
	}
	if len(h.Probes) != len(Table()) {
		t.Errorf("%d outcomes of %d probes", len(h.Probes), len(Table()))
	}
}

// TestSeccomp answers system calls with EPERM and ENOSYS for each probe that
// makes one of its own: EPERM must come out as denied, and ENOSYS as no more
// than "could not tell", since this kernel has them. futex and epoll are left
// out, since no Go program runs without.
func TestSeccomp(t *testing.T) {
	if runtime.GOARCH != "amd64" {
		t.Skip("SKIPPED: the numbers are amd64's")
	}
	plain := probeWith(t, nil, self(t))
	const cloneNewUser = "56&0x10000000"
	for _, calls := range []map[string]string{
		{"userfaultfd": "323", "page-is-written": "323", "landlock": "444", "pidfd": "434", "openat2": "437", "io_uring": "425",
			"memfd_secret": "447", "bpf": "321", "bpf-ringbuf": "321", "mptcp": "41", "userns": cloneNewUser},
		{"seccomp-notify": "317", "clone3": "435", "clone-into-cgroup": "435", "pidfd": "424"},
		{"pagemap-scan": "16", "pagemap-guard": "16", "page-is-written": "16", "kvm-dirty-log": "16", "kvm-dirty-ring": "16"},
	} {
		for errno, want := range map[syscall.Errno]fact.Verdict{syscall.EPERM: fact.Denied, syscall.ENOSYS: fact.Unknown} {
			numbers := slices.Compact(slices.Sorted(maps.Values(calls)))
			h := probeWith(t, nil, self(t), fmt.Sprintf("seccomp:%d:%s", errno, strings.Join(numbers, ",")))
			if h.Seccomp != 2 {
				t.Errorf("the seccomp mode is %d", h.Seccomp)
			}
			for _, k := range Table() {
				p, was := h.Probes[k.Name], plain.Probes[k.Name]
				switch _, filtered := calls[k.Name]; {
				case !filtered:
					if !strings.HasPrefix(k.Name, "bpf") && p.Verdict != was.Verdict { // BPF of several kinds needs what is filtered
						t.Errorf("%s under %v for %s: %+v, before %+v", k.Name, errno, numbers, p, was)
					}
				case was.Verdict != fact.Yes:
				case p.Verdict != want || !slices.Contains([]fact.Cause{fact.BySeccomp, fact.ByCapability, fact.BySysctl}, p.Cause):
					t.Errorf("%s under %v: %+v, want %s", k.Name, errno, p, want)
				}
			}
		}
	}
}

// TestSeccompClone3 is Docker's old filter, and the one that followed it.
func TestSeccompClone3(t *testing.T) {
	if runtime.GOARCH != "amd64" {
		t.Skip("SKIPPED: the numbers are amd64's")
	}
	for errno, want := range map[syscall.Errno]fact.Verdict{syscall.EPERM: fact.Denied, syscall.ENOSYS: fact.Unknown} {
		h := probeWith(t, nil, self(t), fmt.Sprintf("seccomp:%d:435", errno))
		if p := h.Probes["clone3"]; p.Verdict != want {
			t.Errorf("clone3 under %v: %+v, want %s", errno, p, want)
		}
	}
}

// TestSeccompKills survives a filter that kills for system calls.
func TestSeccompKills(t *testing.T) {
	if runtime.GOARCH != "amd64" {
		t.Skip("SKIPPED: the numbers are amd64's")
	}
	h := probeWith(t, nil, self(t), "kill:425,444,321")
	for _, name := range []string{"io_uring", "landlock", "bpf"} {
		if p := h.Probes[name]; p.Verdict != fact.Unknown || !strings.Contains(p.Detail, "died") {
			t.Errorf("%s: %+v", name, p)
		}
	}
	if p := h.Probes["userns"]; p.Detail == "" && p.Verdict != fact.Yes {
		t.Errorf("what comes behind was not tried: %+v", p)
	}
}

func TestNobody(t *testing.T) {
	needRoot(t)
	path := copySelf(t, "/tmp")
	h := probeWith(t, &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}, path)
	if h.UID != 65534 {
		t.Fatalf("probed as %d", h.UID)
	}
	root := probeWith(t, nil, self(t))
	for _, name := range []string{"soft-dirty", "pagemap-scan", "page-is-written", "landlock", "clone3", "pidfd", "openat2", "mptcp", "userns", "btf"} {
		if h.Probes[name].Verdict != root.Probes[name].Verdict {
			t.Errorf("%s: %+v as nobody, %+v as root", name, h.Probes[name], root.Probes[name])
		}
	}
	for _, name := range []string{"bpf", "bpf-kprobe", "bpf-fentry", "bpf-lsm"} {
		if name == "bpf" && h.Sysctls["kernel.unprivileged_bpf_disabled"] == "0" {
			continue
		}
		if p := h.Probes[name]; p.Verdict != fact.Denied {
			t.Errorf("%s as nobody: %+v, want denied", name, p)
		}
	}
}

// copySelf puts the test binary where everybody can run it.
func copySelf(t *testing.T, below string) string {
	t.Helper()
	dir, err := os.MkdirTemp(below, "gust-probe-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	b, err := os.ReadFile(self(t))
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "gust")
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, b, 0o755); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestUNAME26(t *testing.T) {
	plain := probeWith(t, nil, self(t))
	h := probeWith(t, nil, self(t), "uname26")
	if h.Release != plain.Release {
		t.Errorf("under UNAME26 the release is %q, want %q", h.Release, plain.Release)
	}
}

func TestUserNamespace(t *testing.T) {
	needRoot(t)
	h := probeWith(t, &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWUSER,
		UidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: 65534, Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: 65534, Size: 1}}}, copySelf(t, "/tmp"))
	// All capabilities of the namespace are none for the kernel's BPF.
	for _, name := range []string{"bpf-kprobe", "bpf-fentry"} {
		if p := h.Probes[name]; p.Verdict != fact.Denied {
			t.Errorf("%s in a user namespace: %+v, want denied", name, p)
		}
	}
	if p := h.Probes["landlock"]; p.Verdict == fact.Unknown {
		t.Errorf("landlock: %+v", p)
	}
}

// TestNoProc probes in a root without /proc, /sys and /dev.
func TestNoProc(t *testing.T) {
	needRoot(t)
	path := copySelf(t, t.TempDir())
	h := probeWith(t, nil, path, "chroot:"+filepath.Dir(path))
	if h.Config != nil || !strings.Contains(h.ConfigFrom, "/proc/config.gz missing") {
		t.Errorf("config from %q", h.ConfigFrom)
	}
	for _, name := range []string{"soft-dirty", "pagemap-scan", "userns"} {
		if p := h.Probes[name]; p.Verdict != fact.Unknown || p.Cause != fact.ByProc {
			t.Errorf("%s without /proc: %+v", name, p)
		}
	}
	for _, name := range []string{"futex", "epoll", "clone3"} {
		if p := h.Probes[name]; p.Verdict != fact.Yes {
			t.Errorf("%s without /proc: %+v", name, p)
		}
	}
}

// TestNoHelper is a library user without a program that answers.
func TestNoHelper(t *testing.T) {
	for _, out := range runRaw(context.Background(), "", raw.Names()) {
		if raw.NeedsProcess(out.Name) && out.Trouble == "" {
			t.Errorf("%s ran in this process: %+v", out.Name, out)
		}
	}
	for _, out := range runRaw(context.Background(), "/bin/true", []string{"futex", "epoll"}) {
		if !strings.Contains(out.Trouble, "start a process") {
			t.Errorf("with a program that does not answer: %+v", out)
		}
	}
}

func TestOne(t *testing.T) {
	h := new(fact.Host)
	if p := One(context.Background(), h, "epoll", Options{Self: self(t)}); p.Verdict != fact.Yes {
		t.Errorf("epoll: %+v", p)
	}
	if p := One(context.Background(), h, "nosuch", Options{Self: self(t)}); p.Verdict != fact.Unknown || p.Detail != "no such experiment" {
		t.Errorf("a probe that is not there: %+v", p)
	}
	if p := One(context.Background(), h, "userns", Options{}); p.Verdict != fact.Unknown {
		t.Errorf("without a program to start: %+v", p)
	}
}
