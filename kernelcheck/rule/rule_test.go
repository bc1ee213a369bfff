package rule

import (
	"slices"
	"testing"

	"github.com/gust-go/gust/kernelcheck/fact"
	"github.com/gust-go/gust/kernelcheck/kconfig"

	"strings"
)

func config(t *testing.T, text string) *kconfig.Config {
	t.Helper()
	c, err := kconfig.Read(strings.NewReader("CONFIG_X=y\n" + text))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func program(v, arch string, change ...func(*fact.Program)) *fact.Program {
	p := &fact.Program{Arch: arch, OS: "linux", Cgo: fact.No, Level: "v1", Debug: map[string]string{}, DebugKnown: true, Binary: true}
	p.SetVersion(v)
	for _, c := range change {
		c(p)
	}
	return p
}

func linux(release string, change ...func(*fact.Host)) *fact.Host {
	h := &fact.Host{OS: "linux", Arch: "amd64", Release: release, Seccomp: -1}
	for _, c := range change {
		c(h)
	}
	return h
}

// TestTable takes every rule to a case where it applies, one where it does
// not and, where there is one, one where it cannot be told.
func TestTable(t *testing.T) {
	cgo := func(p *fact.Program) { p.Cgo = fact.Yes }
	gcc := func(v string) func(*fact.Host) {
		return func(h *fact.Host) {
			h.ProcVersion = "Linux version 5 (x@y) (gcc (Debian " + v + "-1) " + v + ", GNU ld 2.3)"
		}
	}
	probes := func(name string, v fact.Verdict) func(*fact.Host) {
		return func(h *fact.Host) { h.Probed = true; h.Probes = map[string]fact.Probe{name: {Verdict: v}} }
	}
	sys := func(kv ...string) func(*fact.Host) {
		return func(h *fact.Host) {
			h.Sysctls = map[string]string{}
			for i := 0; i < len(kv); i += 2 {
				h.Sysctls[kv[i]] = kv[i+1]
			}
		}
	}
	conf := func(text string) func(*fact.Host) { return func(h *fact.Host) { h.Config = config(t, text) } }
	quota := func(ancestor bool) func(*fact.Host) {
		return func(h *fact.Host) {
			h.Probed, h.CPU.Count, h.Cgroup = true, 8, "v2"
			h.CgroupLimit = &fact.CgroupLimit{CPUs: 2, Ancestor: ancestor, Path: "/x"}
		}
	}
	avx := func(extra ...string) func(*fact.Host) {
		return func(h *fact.Host) {
			h.CPU.Flags = append([]string{"avx512vl", "avx512bw", "gfni", "avx512_bitalg", "avx512vbmi"}, extra...)
		}
	}
	level := func(l string) func(*fact.Program) { return func(p *fact.Program) { p.Level = l } }
	arm := func(level string, flags []string) *fact.Host {
		return linux("6.1", func(h *fact.Host) { h.Arch, h.CPU.Level, h.CPU.Flags = "arm64", level, flags })
	}
	yes, no, dunno := fact.Yes, fact.No, fact.Unknown
	for _, tt := range []struct {
		id   string
		h    *fact.Host
		p    *fact.Program
		want fact.Verdict
	}{
		{"MIN-KERNEL", linux("2.6.22"), program("go1.18", "amd64"), yes},
		{"MIN-KERNEL", linux("2.6.31"), program("go1.23.4", "amd64"), yes},
		{"MIN-KERNEL", linux("3.1.10"), program("go1.24", "amd64"), yes},
		{"MIN-KERNEL", linux("3.2"), program("go1.24", "amd64"), no},
		{"MIN-KERNEL", linux("5.4"), program("go1.26.8", "amd64"), no},
		{"MIN-KERNEL", linux(""), program("go1.26.8", "amd64"), dunno},
		{"MIN-GLIBC-NOTE", linux("3.2"), program("go1.20", "amd64", func(p *fact.Program) { p.ABINote = "3.10.0" }), yes},
		{"MIN-GLIBC-NOTE", linux("5.2"), program("go1.20", "amd64", func(p *fact.Program) { p.ABINote = "3.10.0" }), no},
		{"MIN-ARCH", linux("5.18"), program("go1.26", "loong64"), yes},
		{"MIN-ARCH", linux("4.7"), program("go1.26", "mips64le"), yes},
		{"MIN-ARCH", linux("3.0.1"), program("go1.23", "arm"), yes},
		{"MIN-ARCH", linux("3.0.1"), program("go1.24", "arm"), no},
		{"MIN-ARCH", linux("3.12"), program("go1.27", "ppc64"), yes},
		{"CFG-BASE", linux("5.4", conf("# CONFIG_FUTEX is not set\nCONFIG_EPOLL=y\n")), nil, yes},
		{"CFG-BASE", linux("5.4", conf("CONFIG_FUTEX=y\nCONFIG_EPOLL=y\n")), nil, no},
		{"CFG-BASE", linux("5.4"), nil, dunno},
		{"AVX-SIGSTACK", linux("5.3.14", gcc("9.2.1")), program("go1.14", "amd64"), yes},
		{"AVX-SIGSTACK", linux("5.3.15", gcc("9.2.1")), program("go1.14", "amd64"), no},
		{"AVX-SIGSTACK", linux("5.2.5", gcc("8.3.0")), program("go1.14", "amd64"), no},
		{"AVX-SIGSTACK", linux("5.4.0-91-generic", gcc("9.2.1")), program("go1.26.0", "amd64"), dunno},
		{"AVX-SIGSTACK", linux("5.4.1"), program("go1.26.0", "amd64"), dunno},
		{"MLOCK-SIGSTACK", linux("5.4.1", func(h *fact.Host) { h.MEMLOCK = &fact.Limit{Soft: 65536} }), program("go1.14.1", "amd64"), yes},
		{"MLOCK-SIGSTACK", linux("5.4.1", func(h *fact.Host) { h.MEMLOCK = &fact.Limit{Soft: -1} }), program("go1.14.1", "amd64"), no},
		{"PREEMPT-3.18", linux("3.18.11"), program("go1.15", "amd64"), yes},
		{"PREEMPT-3.18", linux("3.18.12"), program("go1.15", "amd64"), no},
		{"CFR-OLD", linux("4.19.1", func(h *fact.Host) { h.NetFS = []string{"/mnt"} }), program("go1.15.3", "amd64"), yes},
		{"CFR-OLD", linux("4.19.1", func(h *fact.Host) { h.NetFS = []string{} }), program("go1.15.3", "amd64"), no},
		{"CFR-ENOSYS", linux("6.1", func(h *fact.Host) { h.QEMU = "7.2" }), program("go1.20.1", "arm64"), yes},
		{"CFR-ENOSYS", linux("6.1", func(h *fact.Host) { h.QEMU = "none" }), program("go1.20.1", "arm64"), no},
		{"CFR-ENOSYS", linux("6.1"), program("go1.20.1", "arm64"), dunno},
		{"THP-STALL", linux("6.1", func(h *fact.Host) { h.THP = "madvise" }), program("go1.21.3", "amd64"), yes},
		{"THP-STALL", linux("6.1", func(h *fact.Host) { h.THP = "madvise" }), program("go1.21.4", "amd64"), no},
		{"THP-PTES", linux("6.1", func(h *fact.Host) { h.THP = "always" }, sys("khugepaged.max_ptes_none", "511")), program("go1.26.0", "amd64"), yes},
		{"THP-PTES", linux("6.1", func(h *fact.Host) { h.THP = "always" }, sys("khugepaged.max_ptes_none", "511")), program("go1.26.0", "amd64", func(p *fact.Program) { p.Debug["disablethp"] = "1" }), no},
		{"PIDFD-ANDROID", linux("4.14.1", func(h *fact.Host) { h.Android = 11 }), program("go1.23.0", "arm64"), yes},
		{"PIDFD-ANDROID", linux("5.10.1", func(h *fact.Host) { h.Android = 12 }), program("go1.23.0", "arm64"), no},
		{"PIDFD-QEMU", linux("6.1", func(h *fact.Host) { h.QEMU = "7.2" }), program("go1.23.3", "arm64"), yes},
		{"PIDFD-QEMU", linux("6.1", func(h *fact.Host) { h.QEMU = "8.0" }), program("go1.23.3", "arm64"), no},
		{"PIDFD-NONE", linux("5.3"), program("go1.23.3", "arm64"), yes},
		{"PIDFD-NONE", linux("5.3", probes("pidfd", yes)), program("go1.23.3", "arm64"), no},
		{"VGETRANDOM", linux("6.11.1"), program("go1.24.2", "amd64"), yes},
		{"VGETRANDOM", linux("6.11.1"), program("go1.24.2", "arm64"), no},
		{"VGETRANDOM", linux("6.1.1", probes("vdso-getrandom", yes)), program("go1.24.2", "arm64"), yes},
		{"VGETRANDOM", linux("6.12.1"), program("go1.24.3", "amd64"), no},
		{"MPTCP", linux("6.1", probes("mptcp", yes)), program("go1.24", "amd64"), yes},
		{"MPTCP", linux("6.1", probes("mptcp", yes)), program("go1.26.8", "amd64", func(p *fact.Program) { p.Debug["multipathtcp"] = "0" }), no},
		{"MPTCP", linux("6.1", conf("CONFIG_MPTCP=y\n")), program("go1.24", "amd64"), yes},
		{"MPTCP", linux("6.1"), program("go1.24", "amd64"), dunno},
		{"CPU-LIMIT", linux("6.1", quota(false)), program("go1.24.1", "amd64"), yes},
		{"CPU-LIMIT", linux("6.1", quota(false)), program("go1.25.1", "amd64"), no},
		{"CPU-LIMIT", linux("6.1", quota(false)), program("go1.26.8", "amd64", func(p *fact.Program) { p.Debug["containermaxprocs"] = "0" }), yes},
		{"CPU-LIMIT-GAP", linux("6.1", quota(true)), program("go1.25.1", "amd64"), yes},
		{"CPU-LIMIT-GAP", linux("6.1", quota(false)), program("go1.25.1", "amd64"), no},
		{"AVX512-GC", linux("6.1", avx()), program("go1.26.4", "amd64"), yes},
		{"AVX512-GC", linux("6.1", avx("avx512dq")), program("go1.26.4", "amd64"), no},
		{"AVX512-GC", linux("6.1", avx()), program("go1.26.4-X:nogreenteagc", "amd64"), no},
		{"AVX512-GC", linux("6.1", avx()), program("go1.26.5", "amd64"), no},
		{"TIME64-32BIT", linux("3.4.5"), program("go1.26.2", "mipsle"), yes},
		{"TIME64-32BIT", linux("4.4.1", func(h *fact.Host) { h.Android = 10 }), program("go1.26.1", "arm"), yes},
		{"TIME64-32BIT", linux("4.4.302+", func(h *fact.Host) { h.Build = "#1 SMP synology_x" }), program("go1.26.1", "arm"), yes},
		{"TIME64-32BIT", linux("6.1"), program("go1.26.1", "arm"), no},
		{"COMPAT32", linux("6.1", conf("# CONFIG_COMPAT_32BIT_TIME is not set\n")), program("go1.25.3", "arm"), yes},
		{"COMPAT32", linux("6.1", conf("# CONFIG_COMPAT_32BIT_TIME is not set\n")), program("go1.26", "arm"), no},
		{"PPC64-VDSO", linux("5.13"), program("go1.15", "ppc64le"), yes},
		{"PPC64-VDSO", linux("5.18"), program("go1.19", "ppc64"), yes},
		{"PPC64-VDSO", linux("5.18"), program("go1.19.1", "ppc64"), no},
		{"NO-VSYSCALL", linux("6.1", func(h *fact.Host) { h.VDSO, h.Vsyscall = "absent", "none" }), program("go1.13", "amd64"), yes},
		{"NO-VSYSCALL", linux("6.1", func(h *fact.Host) { h.VDSO, h.Vsyscall = "present", "none" }), program("go1.13", "amd64"), no},
		{"FORK-4.4", linux("4.4.1"), program("go1.8.1", "amd64"), yes},
		{"FORK-4.4", linux("4.4.1"), program("go1.9", "amd64"), no},
		{"GC-6.12.103", linux("6.12.103"), program("go1.26.8", "amd64"), yes},
		{"GC-6.12.103", linux("6.12.104"), program("go1.26.8", "amd64"), no},
		{"PER-VMA", linux("6.4.2", conf("CONFIG_PER_VMA_LOCK=y\n")), nil, yes},
		{"PER-VMA", linux("6.4.3", conf("CONFIG_PER_VMA_LOCK=y\n")), nil, no},
		{"RSEQ-6.19", linux("6.19.1"), program("go1.26.8", "amd64", cgo, func(p *fact.Program) { p.Uses = []string{"tcmalloc"} }), yes},
		{"RSEQ-6.19", linux("6.19.1"), program("go1.26.8", "amd64", cgo), dunno},
		{"RSEQ-6.19", linux("6.19.1"), program("go1.26.8", "amd64"), no},
		{"CLONE3-EPERM", linux("6.1", probes("clone3", fact.Denied)), program("go1.20", "amd64", cgo, func(p *fact.Program) { p.Glibc = "2.34" }), yes},
		{"CLONE3-EPERM", linux("6.1", probes("clone3", yes)), program("go1.20", "amd64", cgo, func(p *fact.Program) { p.Glibc = "2.34" }), no},
		{"CPU-LEVEL", linux("6.1", func(h *fact.Host) { h.CPU.Level = "v2" }), program("go1.26", "amd64", func(p *fact.Program) { p.Level = "v3" }), yes},
		{"CPU-LEVEL", linux("6.1", func(h *fact.Host) { h.CPU.Level = "v3" }), program("go1.26", "amd64", func(p *fact.Program) { p.Level = "v3" }), no},
		{"ARCH", linux("6.1"), program("go1.26", "arm64"), yes},
		{"ARCH", linux("6.1"), program("go1.26", "386"), no},
		{"ARCH", linux("6.1", func(h *fact.Host) { h.QEMU = "8.0" }), program("go1.26", "arm64"), no},
		{"CPU-LEVEL", linux("6.1"), program("go1.26", "amd64"), no},
		{"CPU-LEVEL", linux("6.1"), program("go1.26", "amd64", level("v2")), dunno},
		{"CPU-LEVEL", arm("v8.0", nil), program("go1.26", "arm64", level("v8.0,lse")), yes},
		{"CPU-LEVEL", arm("v8.1", nil), program("go1.26", "arm64", level("v8.0,lse")), no},
		{"CPU-LEVEL", arm("v8.1", nil), program("go1.26", "arm64", level("v8.2")), yes},
		{"CPU-LEVEL", arm("v8.1", []string{"atomics", "asimdrdm"}), program("go1.26", "arm64", level("v8.2")), dunno},
		{"CPU-LEVEL", arm("v9.0", nil), program("go1.26", "arm64", level("v8.5")), no},
		{"CPU-LEVEL", arm("v9.0", nil), program("go1.26", "arm64", level("v8.6")), yes},
		{"CPU-LEVEL", arm("v8.9", nil), program("go1.26", "arm64", level("v9.0")), yes},
		{"CPU-LEVEL", arm("v8.2", nil), program("go1.26", "arm64", level("v8.1,crypto")), dunno},
		{"CPU-LEVEL", linux("6.1", func(h *fact.Host) { h.CPU.Level = "v3" }), program("go1.26", "arm64", level("v8.2")), no},
		{"NOFILE", linux("6.1", func(h *fact.Host) { h.NOFILE = &fact.Limit{Soft: 1024, Hard: 4096} }), program("go1.19", "amd64"), yes},
		{"NOFILE", linux("6.1", func(h *fact.Host) { h.NOFILE = &fact.Limit{Soft: 4096, Hard: 4096} }), program("go1.19", "amd64"), no},
		{"USERNS", linux("6.8", sys("kernel.apparmor_restrict_unprivileged_userns", "1")), nil, yes},
		{"USERNS", linux("6.8", probes("userns", fact.Denied)), nil, yes},
		{"USERNS", linux("6.8", probes("userns", yes), sys("user.max_user_namespaces", "0")), nil, no},
		{"LANDLOCK", linux("5.10"), nil, yes},
		{"LANDLOCK", linux("6.8", probes("landlock", fact.No)), nil, yes},
		{"LANDLOCK", linux("6.8", probes("landlock", yes)), nil, no},
		{"CGROUP-V1", linux("6.8", func(h *fact.Host) { h.Cgroup = "hybrid" }), nil, yes},
		{"CGROUP-V1", linux("6.8", func(h *fact.Host) { h.Cgroup = "v2" }), nil, no},
		{"BPF-MEMLOCK", linux("5.10"), nil, yes},
		{"BPF-MEMLOCK", linux("5.11"), nil, no},
		{"BPF-UNPRIV", linux("6.1", sys("kernel.unprivileged_bpf_disabled", "2"), func(h *fact.Host) { h.Capabilities = []string{} }), nil, yes},
		{"BPF-UNPRIV", linux("6.1", sys("kernel.unprivileged_bpf_disabled", "2"), func(h *fact.Host) { h.Capabilities = []string{"CAP_BPF"} }), nil, no},
		{"PTRACE", linux("6.1", sys("kernel.yama.ptrace_scope", "1")), nil, yes},
		{"PTRACE", linux("6.1", sys("kernel.yama.ptrace_scope", "0")), nil, no},
		{"TSAN-ASLR", linux("6.1", sys("vm.mmap_rnd_bits", "32")), program("go1.26", "amd64", cgo), yes},
		{"TSAN-ASLR", linux("6.1", sys("vm.mmap_rnd_bits", "28")), program("go1.26", "amd64", cgo), no},
		{"IO-URING-OFF", linux("6.6", sys("kernel.io_uring_disabled", "2")), nil, yes},
		{"IO-URING-OFF", linux("6.6", sys("kernel.io_uring_disabled", "0")), nil, no},
		{"SOFT-DIRTY", linux("6.6", probes("soft-dirty", no)), nil, yes},
		{"SOFT-DIRTY", linux("6.6", conf("CONFIG_MEM_SOFT_DIRTY=y\n")), nil, no},
		{"SOFT-DIRTY", linux("6.6"), nil, dunno},
	} {
		r, ok := Lookup(tt.id)
		if !ok {
			t.Fatalf("no rule %s", tt.id)
		}
		if got := r.Judge(Input{tt.h, tt.p}); got.Verdict != tt.want {
			t.Errorf("%s on %s with %+v: %s %q, want %s", tt.id, tt.h.Release, tt.p, got.Verdict, got.Evidence, tt.want)
		}
	}
}

// TestEveryRule holds all rules to having what a report needs, and to never
// saying yes of a host and a program of which nothing is known.
func TestEveryRule(t *testing.T) {
	seen := map[string]bool{}
	for _, r := range Table() {
		if seen[r.ID] {
			t.Errorf("%s is there twice", r.ID)
		}
		seen[r.ID] = true
		if r.Title == "" || r.Breaks == "" || r.Condition == "" || r.Consequence == "" || r.Action == "" || len(r.Sources) == 0 || r.Severity.Rank() < 0 {
			t.Errorf("%s is incomplete", r.ID)
		}
		for _, p := range r.For {
			if !slices.Contains(Purposes(), p) {
				t.Errorf("%s is for %q, which is no purpose", r.ID, p)
			}
		}
		for _, p := range []*fact.Program{nil, {}} {
			if got := r.Judge(Input{&fact.Host{OS: "linux", Seccomp: -1}, p}); got.Verdict == fact.Yes {
				t.Errorf("%s applies where nothing is known: %q", r.ID, got.Evidence)
			}
		}
		if got := r.Judge(Input{&fact.Host{OS: "darwin"}, nil}); got.Verdict != fact.Unknown {
			t.Errorf("%s on darwin: %s", r.ID, got.Verdict)
		}
	}
	if len(seen) != 40 {
		t.Errorf("%d rules", len(seen))
	}
}

func TestKernelGCC(t *testing.T) {
	for text, want := range map[string]fact.Verdict{
		"Linux version 6.18.44 (b@s) (gcc (GCC) 15.3.0, GNU ld (GNU Binutils) 2.46) #1":            fact.Yes,
		"Linux version 4.19.0 (d@d) (gcc version 8.3.0 (Debian 8.3.0-6)) #1":                       fact.No,
		"Linux version 6.1.0 (d@d) (gcc-12 (Debian 12.2.0-14) 12.2.0, GNU ld) #1":                  fact.Yes,
		"Linux version 6.8.0 (b@l) (x86_64-linux-gnu-gcc-13 (Ubuntu 13.2.0-23ubuntu4) 13.2.0, G) ": fact.Yes,
		"Linux version 6.8.0 (clang version 17)":                                                   fact.Unknown,
	} {
		if got := kernelGCC(9)(Input{Host: &fact.Host{ProcVersion: text}}); got.Verdict != want {
			t.Errorf("%q: %s, want %s", text, got.Verdict, want)
		}
	}
}
