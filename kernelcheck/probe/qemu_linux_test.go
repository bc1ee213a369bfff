package probe

import (
	"bytes"
	"context"
	"debug/elf"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/gust-go/gust/kernelcheck/fact"
)

// bootTime bounds a boot, which takes some four seconds of CPU time without KVM.
const bootTime = 5 * time.Minute

// boot starts a kernel with an initial RAM disk that holds only a static test
// binary as /init, and reads the hosts it prints on the console: as root and
// as nobody see it.
func boot(t *testing.T, kernel string) (root, nobody *fact.Host) {
	t.Helper()
	image := filepath.Join(t.TempDir(), "initrd")
	writeArchive(t, image, staticSelf(t))
	ctx, cancel := context.WithTimeout(context.Background(), bootTime)
	defer cancel()
	// Without no_timer_check a kernel on a busy machine panics, because the
	// timer of the emulated board comes late.
	c := exec.CommandContext(ctx, "qemu-system-x86_64", "-M", "q35", "-cpu", "max", "-m", "512", "-nodefaults", "-display", "none",
		"-serial", "stdio", "-no-reboot", "-kernel", kernel, "-initrd", image, "-append", "console=ttyS0 quiet panic=-1 no_timer_check")
	var stderr bytes.Buffer
	c.Stderr = &stderr
	out, err := c.Output()
	if err != nil {
		t.Fatalf("qemu: %v: %s%s", err, out, stderr.String())
	}
	parts := strings.Split(string(out), bootMark)
	if len(parts) != 4 {
		t.Fatalf("the console has no report: %s", out)
	}
	hosts := []*fact.Host{new(fact.Host), new(fact.Host)}
	for i, h := range hosts {
		if err := json.Unmarshal([]byte(strings.NewReplacer("\r", "", "\n", "").Replace(parts[i+1])), h); err != nil {
			t.Fatalf("%v: %s", err, parts[i+1])
		}
	}
	return hosts[0], hosts[1]
}

// staticSelf is this test binary, or one like it that needs no libraries.
func staticSelf(t *testing.T) string {
	t.Helper()
	path := self(t)
	f, err := elf.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if !slices.ContainsFunc(f.Progs, func(p *elf.Prog) bool { return p.Type == elf.PT_INTERP }) {
		return path
	}
	path = filepath.Join(t.TempDir(), "init")
	c := exec.Command("go", "test", "-c", "-o", path, ".")
	c.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := c.CombinedOutput(); err != nil {
		t.Fatalf("build the init: %v: %s", err, out)
	}
	return path
}

const bootMark = "<<<gust>>>"

// asInit is what the test binary does as the first process of a machine.
func asInit() {
	for _, m := range [][2]string{{"proc", "/proc"}, {"sysfs", "/sys"}, {"devtmpfs", "/dev"}, {"tracefs", "/sys/kernel/tracing"}} {
		_ = os.MkdirAll(m[1], 0o755)
		_ = unix.Mount(m[0], m[1], m[0], 0, "")
	}
	for _, id := range []uint32{0, 65534} {
		c := exec.Command("/init", helperCommand)
		c.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: id, Gid: id}}
		out, err := c.Output()
		fmt.Printf("%s%s", bootMark, out)
		if err != nil {
			fmt.Println(err)
		}
	}
	fmt.Println(bootMark)
	unix.Sync()
	_ = unix.Reboot(unix.LINUX_REBOOT_CMD_POWER_OFF)
}

// writeArchive writes a cpio archive with one program, the console and no more.
func writeArchive(t *testing.T, file, program string) {
	t.Helper()
	data, err := os.ReadFile(program)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	entry := func(name string, mode, major, minor uint32, data []byte) {
		fmt.Fprintf(&b, "070701%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%s\x00",
			b.Len(), mode, 0, 0, 1, 0, len(data), 0, 0, major, minor, len(name)+1, 0, name)
		pad(&b)
		b.Write(data)
		pad(&b)
	}
	entry("dev", 0o040755, 0, 0, nil)
	entry("dev/console", 0o020600, 5, 1, nil)
	entry("init", 0o100755, 0, 0, data)
	entry("TRAILER!!!", 0, 0, 0, nil)
	if err := os.WriteFile(file, b.Bytes(), 0o666); err != nil {
		t.Fatal(err)
	}
}

func pad(b *bytes.Buffer) {
	for b.Len()%4 != 0 {
		b.WriteByte(0)
	}
}

// known is what the research for this program measured on Debian's cloud
// kernels, by series: what differs between them.
func known(series string) map[string]fact.Probe {
	yes, no := fact.Yes, fact.No
	switch series {
	case "6.1":
		return map[string]fact.Probe{"pagemap-scan": {Verdict: no}, "page-is-written": {Verdict: no}, "pagemap-guard": {Verdict: no},
			"memfd_secret": {Verdict: no}, "bpf-kprobe-multi": {Verdict: no}, "landlock": {Verdict: yes, Detail: "ABI 2"}}
	case "6.12":
		return map[string]fact.Probe{"pagemap-scan": {Verdict: yes}, "page-is-written": {Verdict: yes}, "pagemap-guard": {Verdict: no},
			"memfd_secret": {Verdict: yes}, "bpf-kprobe-multi": {Verdict: yes}, "landlock": {Verdict: yes, Detail: "ABI 6"}}
	case "7.2":
		return map[string]fact.Probe{"pagemap-scan": {Verdict: yes}, "page-is-written": {Verdict: yes}, "pagemap-guard": {Verdict: yes},
			"memfd_secret": {Verdict: yes}, "bpf-kprobe-multi": {Verdict: yes}, "landlock": {Verdict: yes, Detail: "ABI 10"}}
	}
	return nil
}

// TestQEMU boots the kernels that GUST_QEMU_KERNELS lists and probes there.
func TestQEMU(t *testing.T) {
	kernels := strings.Fields(os.Getenv("GUST_QEMU_KERNELS"))
	if runtime.GOARCH != "amd64" {
		t.Skip("SKIPPED: the kernels are amd64's")
	}
	if len(kernels) == 0 {
		lacking(t, "GUST_QEMU_KERNELS names no kernel images")
	}
	for _, kernel := range kernels {
		t.Run(filepath.Base(kernel), func(t *testing.T) {
			t.Parallel()
			root, nobody := boot(t, kernel)
			t.Logf("%s %s", root.Release, root.Build)
			checkBooted(t, root, nobody)
		})
	}
}

func checkBooted(t *testing.T, root, nobody *fact.Host) {
	for _, k := range Table() {
		t.Logf("  %-18s %+v, as nobody %+v", k.Name, root.Probes[k.Name], nobody.Probes[k.Name])
	}
	r, ok := root.Kernel()
	if !ok || nobody.UID != 65534 {
		t.Fatalf("the release is %q, nobody is %d", root.Release, nobody.UID)
	}
	want := known(r.Series())
	if want == nil {
		t.Errorf("nothing is known of Linux %s", r.Series())
	}
	for _, name := range []string{"futex", "epoll", "soft-dirty", "userfaultfd", "userfaultfd-full", "seccomp-notify", "clone3", "clone-into-cgroup",
		"pidfd", "openat2", "io_uring", "mptcp", "userns", "bpf", "bpf-ringbuf", "bpf-fentry", "bpf-lsm", "btf", "bpf-kprobe"} {
		want[name] = fact.Probe{Verdict: fact.Yes}
	}
	private := []string{"userfaultfd-full", "bpf", "bpf-ringbuf", "bpf-kprobe", "bpf-kprobe-multi", "bpf-fentry", "bpf-lsm"}
	for name, w := range want {
		if p := root.Probes[name]; p.Verdict != w.Verdict || w.Detail != "" && p.Detail != w.Detail {
			t.Errorf("%s: %+v, want %+v", name, p, w)
		}
		p := nobody.Probes[name]
		if slices.Contains(private, name) {
			w = fact.Probe{Verdict: fact.Denied}
		}
		if p.Verdict != w.Verdict {
			t.Errorf("%s as nobody: %+v, want %s", name, p, w.Verdict)
		}
	}
}
