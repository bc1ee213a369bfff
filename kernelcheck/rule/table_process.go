package rule

import (
	"fmt"
	"go/version"
	"slices"
	"strconv"

	"github.com/gust-go/gust/internal/isolation"
	"github.com/gust-go/gust/kernelcheck/fact"
)

// processRules are about starting and tracing processes.
func processRules() []Rule {
	const breaks = "starting or tracing processes fails"
	return []Rule{
		{
			ID: "PIDFD-ANDROID", Title: "pidfd on old Android", Breaks: breaks, Severity: Error, Confidence: Medium, For: []string{"run"},
			Condition: "Go 1.23.0 and later on Android before 12",
			When: all(goIn("go1.23", ""), host("the Android release", func(*fact.Host) bool { return true }, func(h *fact.Host) (bool, string) {
				return h.Android > 0 && h.Android < 12, fmt.Sprintf("Android %d", h.Android)
			})),
			Consequence: "SIGSYS in os/exec; Go 1.23.12 and 1.24.6 guard against it, yet it was seen again with 1.24", Action: "build with the newest patch release, or with Go 1.22",
			Sources: []string{"https://go.dev/issue/69065", "https://github.com/tailscale/tailscale/issues/13452"},
		},
		{
			ID: "PIDFD-QEMU", Title: "pidfd under old qemu-user", Breaks: breaks, Severity: Error, Confidence: Medium, For: []string{"run"},
			Condition:   "Go 1.23.0 to 1.23.3 under qemu-user 7.2 up to 8.0, such as Debian 12's",
			When:        all(goIn("go1.23", "go1.23.4"), qemu("7.2", "8.0")),
			Consequence: "os/exec fails or hangs", Action: "update to qemu 8 or later, or build with a newer Go",
			Sources: []string{"https://go.dev/issue/69259", "https://go.dev/issue/70329"},
		},
		{
			ID: "PIDFD-NONE", Title: "no pidfd", Breaks: breaks, Severity: Info, For: []string{"run"},
			Condition:   "Go 1.23 and later before Linux 5.4",
			When:        all(goIn("go1.23", ""), probedOr("pidfd", []fact.Verdict{fact.No}, before("5.4"))),
			Consequence: "package os falls back to process IDs, which can be reused", Action: "nothing",
			Sources: []string{"https://go.googlesource.com/go/+/refs/tags/go1.26.0/src/os/pidfd_linux.go"},
		},
		{
			ID: "CLONE3-EPERM", Title: "a seccomp filter that refuses clone3", Breaks: breaks, Severity: Error, For: []string{"run", "cgo", "container"},
			Condition:   "cgo with glibc 2.34 or later where clone3 gives EPERM, as under old Docker",
			When:        all(cgo, probed("clone3", fact.Denied), newGlibc),
			Consequence: `"pthread_create failed: Operation not permitted"`, Action: "update Docker, or its seccomp profile",
			Sources: []string{"https://github.com/moby/moby/issues/42680", "https://github.com/docker-library/golang/issues/467"},
		},
		{
			ID: "NOFILE", Title: "Go raises the limit on open files", Breaks: breaks, Severity: Info, For: []string{"run"},
			Condition: "Go 1.19 and later, soft limit below the hard one",
			When: all(goIn("go1.19", ""), host("ulimit -n", func(h *fact.Host) bool { return h.NOFILE != nil }, func(h *fact.Host) (bool, string) {
				return h.NOFILE.Soft != h.NOFILE.Hard, fmt.Sprintf("ulimit -n is %d of %d", h.NOFILE.Soft, h.NOFILE.Hard)
			})),
			Consequence: "the soft limit becomes the hard one, or one less; programs that use select(2) may notice when they inherit it", Action: "set the soft limit in the program if it matters",
			Sources: []string{"https://go.dev/issue/46279", "https://github.com/opencontainers/runc/issues/4195"},
		},
		{
			ID: "PTRACE", HostOnly: true, Title: "attaching a debugger is restricted", Breaks: breaks, Severity: Info, For: []string{"sandbox", "container"},
			Condition: "kernel.yama.ptrace_scope at 1 or more, or a container",
			When: either(sysctl("kernel.yama.ptrace_scope", "1", "2", "3"),
				host("whether this is a container", func(h *fact.Host) bool { return h.Sysctls != nil }, func(h *fact.Host) (bool, string) { return h.Container != "", h.Container + " is there" })),
			Consequence: "dlv attach and the like may end with EPERM", Action: "start the program under the debugger, or grant CAP_SYS_PTRACE",
			Sources: []string{"https://github.com/google/gvisor/issues/8989", "https://docs.kernel.org/admin-guide/LSM/Yama.html"},
		},
		{
			ID: "TSAN-ASLR", Title: "more address randomisation than ThreadSanitizer takes", Breaks: breaks, Severity: Warning, Confidence: Medium, For: []string{"race", "cgo"},
			Condition:   "vm.mmap_rnd_bits above 30, cgo with -fsanitize=thread",
			When:        all(cgo, rndBits),
			Consequence: `C code built with -fsanitize=thread ends with "unexpected memory mapping"`, Action: "sysctl vm.mmap_rnd_bits=28",
			Sources: []string{"https://github.com/google/sanitizers/issues/1716"},
		},
	}
}

func newGlibc(in Input) Result {
	if in.Program == nil || in.Program.Glibc == "" {
		return unknown("the version of glibc is not known")
	}
	// An older symbol version does not say that the library is older.
	if version.Compare("go"+in.Program.Glibc, "go2.34") >= 0 {
		return is(true, "it needs glibc %s", in.Program.Glibc)
	}
	return unknown("it needs glibc %s; which it will find is not known", in.Program.Glibc)
}

func rndBits(in Input) Result {
	v, ok := in.Host.Sysctls["vm.mmap_rnd_bits"]
	if !ok {
		return unknown("vm.mmap_rnd_bits is not known; only root can read it")
	}
	n, err := strconv.Atoi(v)
	return is(err == nil && n > 30, "vm.mmap_rnd_bits is %s", v)
}

// networkRules are about sockets.
func networkRules() []Rule {
	return []Rule{{
		ID: "MPTCP", Title: "listeners speak Multipath TCP", Breaks: "sockets behave differently", Severity: Warning, For: []string{"run", "network", "sandbox", "criu"},
		Condition: "Go 1.24 and later, GODEBUG multipathtcp not 0, MPTCP sockets work",
		When: all(goIn("go1.24", ""), notDebug("multipathtcp", "0"), probedOr("mptcp", []fact.Verdict{fact.Yes},
			weak(Medium, all(from("5.6"), on("MPTCP"))))),
		Consequence: "TCP_MD5SIG fails with ENOPROTOOPT, some setsockopt calls fail, CRIU stops at \"proto 262\", and Landlock's TCP rules do not apply", Action: "if one of these matters, run with GODEBUG=multipathtcp=0 or put it into go.mod",
		Sources: []string{"https://go.dev/issue/74643", "https://github.com/traefik/traefik/issues/11918", "https://github.com/checkpoint-restore/criu/issues/2655", "https://github.com/landlock-lsm/go-landlock/issues/50"},
	}}
}

// hostRules are about what the host allows.
func hostRules() []Rule {
	const breaks = "the host does not allow it"
	return []Rule{
		{
			ID: "USERNS", HostOnly: true, Title: "user namespaces are restricted", Breaks: breaks, Severity: Warning, For: []string{"sandbox"},
			Condition: "kernel.apparmor_restrict_unprivileged_userns=1 (Ubuntu 24.04), kernel.unprivileged_userns_clone=0, or user.max_user_namespaces=0",
			When: withNamespaceAction(probedOr("userns", []fact.Verdict{fact.Denied, fact.No}, either(
				sysctl("kernel.apparmor_restrict_unprivileged_userns", "1"), sysctl("kernel.unprivileged_userns_clone", "0"), sysctl("user.max_user_namespaces", "0")))),
			Consequence: "rootless sandboxes end with EPERM, or cannot write uid_map; gust test has less isolation", Action: "allow what the evidence names: give the program an AppArmor profile with userns, set the sysctl, or let the container's filter pass clone, unshare and mount",
			Sources: []string{"https://github.com/containerd/nerdctl/issues/2847", "clawpatrol#827"},
		},
		{
			ID: "LANDLOCK", HostOnly: true, Title: "no Landlock", Breaks: breaks, Severity: Info, For: []string{"sandbox"},
			Condition: "Linux before 5.13, CONFIG_SECURITY_LANDLOCK off, or landlock not in lsm=", When: probedOr("landlock", []fact.Verdict{fact.No, fact.Denied}, before("5.13")),
			Consequence: "programs cannot keep themselves from files; gust test has less isolation where there are no user namespaces", Action: isolation.Landlock().Action,
			Sources: []string{"https://docs.kernel.org/userspace-api/landlock.html"},
		},
		{
			ID: "CGROUP-V1", HostOnly: true, Title: "cgroups are not v2", Breaks: breaks, Severity: Info, For: []string{"container", "sandbox"},
			Condition:   "cgroups v1 or hybrid",
			When:        cgroupIs("v1", "hybrid"),
			Consequence: "kubelet 1.35 and later refuses to start; SysProcAttr.UseCgroupFD wants clone3 with CLONE_INTO_CGROUP (Linux 5.7)", Action: "boot with systemd.unified_cgroup_hierarchy=1",
			Sources: []string{"https://github.com/kubernetes/kubernetes/issues/134298", "https://go.googlesource.com/go/+/refs/tags/go1.26.0/src/syscall/exec_linux.go"},
		},
		{
			ID: "IO-URING-OFF", HostOnly: true, Title: "io_uring is switched off", Breaks: breaks, Severity: Info, For: []string{"sandbox"},
			Condition: "kernel.io_uring_disabled 1 or 2", When: sysctl("kernel.io_uring_disabled", "1", "2"),
			Consequence: "io_uring_setup gives EPERM; the Go runtime never uses it", Action: "nothing, unless a program uses io_uring",
			Sources: []string{"https://git.kernel.org/torvalds/c/76d3ccecfa18"},
		},
		{
			ID: "SOFT-DIRTY", HostOnly: true, Title: "no soft-dirty bits", Breaks: breaks, Severity: Info, For: []string{"criu"},
			Condition:   "CONFIG_MEM_SOFT_DIRTY off, or an architecture without it; Go itself never uses it",
			When:        probedOr("soft-dirty", []fact.Verdict{fact.No}, off("MEM_SOFT_DIRTY")),
			Consequence: "incremental dumps of CRIU do not work; writes to clear_refs succeed all the same", Action: "track writes with userfaultfd WP_ASYNC and PAGEMAP_SCAN (Linux 6.7), or switch the option on; kernel-hardening-checker wants it off",
			Sources: []string{"https://docs.kernel.org/admin-guide/mm/soft-dirty.html", "https://docs.kernel.org/admin-guide/mm/pagemap.html", "https://github.com/checkpoint-restore/criu/issues/2676"},
		},
	}
}

// bpfRules are about eBPF.
func bpfRules() []Rule {
	const breaks = "eBPF programs do not load"
	return []Rule{
		{
			ID: "BPF-MEMLOCK", HostOnly: true, Title: "BPF memory counts as locked", Breaks: breaks, Severity: Warning, For: []string{"ebpf"},
			Condition: "Linux before 5.11", When: before("5.11"),
			Consequence: "EPERM when maps and programs are made under a low ulimit -l", Action: "call rlimit.RemoveMemlock of cilium/ebpf, which needs CAP_SYS_RESOURCE",
			Sources: []string{"https://github.com/libbpf/libbpf/commit/216eaa7"},
		},
		{
			ID: "BPF-UNPRIV", HostOnly: true, Title: "BPF is for the privileged", Breaks: breaks, Severity: Warning, For: []string{"ebpf"},
			Condition: "kernel.unprivileged_bpf_disabled not 0, no CAP_BPF",
			When: all(sysctl("kernel.unprivileged_bpf_disabled", "1", "2"), host("which capabilities there are", func(h *fact.Host) bool { return h.Capabilities != nil }, func(h *fact.Host) (bool, string) {
				return !slices.Contains(h.Capabilities, "CAP_BPF") && !slices.Contains(h.Capabilities, "CAP_SYS_ADMIN"), "CAP_BPF is missing"
			})),
			Consequence: "EPERM, which does not mean that the kernel lacks anything", Action: "run with CAP_BPF and CAP_PERFMON",
			Sources: []string{"https://github.com/cilium/ebpf/pull/1949", "https://docs.kernel.org/admin-guide/sysctl/kernel.html#unprivileged-bpf-disabled"},
		},
	}
}

// withNamespaceAction adds what to do on this very host.
func withNamespaceAction(when Cond) Cond {
	return func(in Input) Result {
		out := when(in)
		out.Action = isolation.Namespaces(isolation.Host{
			Filtered: in.Host.Seccomp == 2, Sysctl: func(name string) string { return in.Host.Sysctls[name] },
		}).Action
		return out
	}
}
