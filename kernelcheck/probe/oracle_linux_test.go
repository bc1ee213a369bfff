package probe

import (
	"encoding/json"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/gust-go/gust/kernelcheck/fact"
)

// TestBpftool compares with bpftool's feature probe in the same run. bpftool
// 7.1 folds EPERM into "not available" and loads without attaching; so a denied
// or an unattachable program may be either there.
func TestBpftool(t *testing.T) {
	needRoot(t)
	path, err := exec.LookPath("bpftool")
	if err != nil {
		t.Skip("SKIPPED: bpftool is not installed")
	}
	out, err := exec.Command(path, "-j", "feature", "probe", "kernel").Output()
	if err != nil {
		t.Skipf("SKIPPED: bpftool cannot probe: %v", err)
	}
	var theirs struct {
		Programs map[string]bool `json:"program_types"`
		Maps     map[string]bool `json:"map_types"`
		System   map[string]any  `json:"syscall_config"`
	}
	if err := json.Unmarshal(out, &theirs); err != nil {
		t.Fatal(err)
	}
	h := probeWith(t, nil, self(t))
	if got := h.Probes["bpf-ringbuf"].Verdict == fact.Yes; got != theirs.Maps["have_ringbuf_map_type"] {
		t.Errorf("ring buffer: %+v, bpftool says %t", h.Probes["bpf-ringbuf"], !got)
	}
	for name, key := range map[string]string{"bpf-kprobe": "have_kprobe_prog_type", "bpf-fentry": "have_tracing_prog_type", "bpf-lsm": "have_lsm_prog_type"} {
		p := h.Probes[name]
		switch has := theirs.Programs[key]; {
		case p.Verdict == fact.Yes && !has && name != "bpf-kprobe":
			// bpftool loads these without a target, which old versions have
			// refused by kernels that have them.
			t.Logf("%s: yes, bpftool says no", name)
		case p.Verdict == fact.Yes && !has, p.Verdict == fact.No && has && !strings.Contains(p.Detail, "attach"):
			t.Errorf("%s: %+v, bpftool says %t", name, p, has)
		}
	}
}

// TestCRIU compares soft-dirty with criu. Debian 12's 3.17.1 fails to
// initialise on kernels from 6.13 (criu issue 2532), which says nothing.
func TestCRIU(t *testing.T) {
	needRoot(t)
	path, err := exec.LookPath("criu")
	if err != nil {
		t.Skip("SKIPPED: criu is not installed")
	}
	out, err := exec.Command(path, "check", "--feature", "mem_dirty_track").CombinedOutput()
	if err != nil && strings.Contains(string(out), "vDSO") {
		t.Skipf("SKIPPED: this criu cannot run on this kernel: %s", out)
	}
	p := probeWith(t, nil, self(t)).Probes["soft-dirty"]
	if (err == nil) != (p.Verdict == fact.Yes) {
		t.Errorf("soft-dirty: %+v, criu: %v %s", p, err, out)
	}
}

// TestQEMU boots the kernels that GUST_QEMU_KERNELS lists and probes there.
func TestQEMU(t *testing.T) {
	kernels := os.Getenv("GUST_QEMU_KERNELS")
	if kernels == "" {
		t.Skip("SKIPPED on purpose: GUST_QEMU_KERNELS names no kernel images")
	}
	for _, kernel := range strings.Fields(kernels) {
		h := boot(t, kernel)
		t.Logf("%s: %s", kernel, h.Release)
		for _, k := range Table() {
			t.Logf("  %-18s %+v", k.Name, h.Probes[k.Name])
		}
		for _, name := range []string{"futex", "epoll", "soft-dirty", "clone3", "pidfd", "openat2", "mptcp", "userns", "bpf-ringbuf", "bpf-fentry", "btf", "bpf-kprobe"} {
			if p := h.Probes[name]; p.Verdict != fact.Yes {
				t.Errorf("%s on %s: %+v", name, h.Release, p)
			}
		}
		r, _ := h.Kernel()
		want := fact.Yes
		if r.Major == 6 && r.Minor == 1 {
			want = fact.No
		}
		for _, name := range []string{"pagemap-scan", "page-is-written", "memfd_secret", "bpf-kprobe-multi"} {
			if p := h.Probes[name]; p.Verdict != want {
				t.Errorf("%s on %s: %+v, want %s", name, h.Release, p, want)
			}
		}
	}
}
