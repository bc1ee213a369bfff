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
		lacking(t, "bpftool is not installed")
	}
	out, err := exec.Command(path, "-j", "feature", "probe", "kernel").Output()
	if err != nil {
		lacking(t, "bpftool cannot probe: %v", err)
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

// lacking ends a test for want of something that CI must have.
func lacking(t *testing.T, format string, args ...any) {
	t.Helper()
	if os.Getenv("CI") != "" {
		t.Fatalf("CI must have it: "+format, args...)
	}
	t.Skipf("SKIPPED: "+format, args...)
}

// criu finds criu 4: GUST_CRIU names it, since Debian 12's 3.17.1 fails to
// initialise on kernels from 6.13 on (criu issue 2532), which says nothing of
// them.
func criu(t *testing.T) string {
	t.Helper()
	name := os.Getenv("GUST_CRIU")
	if name == "" {
		name = "criu"
	}
	path, err := exec.LookPath(name)
	if err != nil {
		lacking(t, "there is no criu; GUST_CRIU may name one")
	}
	out, err := exec.Command(path, "--version").CombinedOutput()
	if err != nil {
		t.Fatalf("%s --version: %v: %s", path, err, out)
	}
	if strings.Contains(string(out), "Version: 3.") {
		lacking(t, "criu 3 may be too old for this kernel: %s", out)
	}
	return path
}

// TestCRIU compares with what criu makes of the kernel: the features that both
// look at.
func TestCRIU(t *testing.T) {
	needRoot(t)
	path := criu(t)
	h := probeWith(t, nil, self(t))
	for feature, name := range map[string]string{
		"mem_dirty_track": "soft-dirty", "pagemap_scan": "pagemap-scan", "uffd": "userfaultfd-full",
		"clone3_set_tid": "clone3", "openat2": "openat2", "pidfd_store": "pidfd",
	} {
		out, err := exec.Command(path, "check", "--feature", feature).CombinedOutput()
		if strings.Contains(string(out), "Unknown feature") || strings.Contains(string(out), "vDSO") {
			t.Fatalf("criu does not say: %s", out)
		}
		if p := h.Probes[name]; (err == nil) != (p.Verdict == fact.Yes) {
			t.Errorf("%s: %+v, criu of %s: %v %s", name, p, feature, err, out)
		}
	}
}
