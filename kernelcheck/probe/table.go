package probe

// A Kind describes a probe.
type Kind struct {
	Name string
	// Title says what yes means.
	Title string
	// Since is the version that brought it, Option the kernel option that
	// switches it, without CONFIG_; either may be empty.
	Since, Option string
	// Sysctl and Off: with this value the sysctl takes it away.
	Sysctl string
	Off    []string
	// Capability is the one that an unprivileged user lacks.
	Capability string
	// Arch lists the ports that have it at all; nil means all.
	Arch []string
}

// Table lists the probes.
func Table() []Kind {
	return []Kind{
		{Name: "futex", Title: "futex", Option: "FUTEX"},
		{Name: "epoll", Title: "epoll", Option: "EPOLL"},
		{Name: "soft-dirty", Title: "soft-dirty bits track writes", Since: "3.11", Option: "MEM_SOFT_DIRTY", Arch: []string{"amd64", "386", "ppc64", "ppc64le", "s390x"}},
		{Name: "pagemap-scan", Title: "ioctl PAGEMAP_SCAN", Since: "6.7", Option: "PROC_PAGE_MONITOR"},
		{Name: "page-is-written", Title: "userfaultfd WP_ASYNC tracks writes", Since: "6.7", Option: "USERFAULTFD", Arch: []string{"amd64", "arm64", "riscv64"}},
		{Name: "pagemap-guard", Title: "PAGEMAP_SCAN reports guard regions", Since: "6.15"},
		{Name: "userfaultfd", Title: "userfaultfd for faults of user mode", Since: "4.3", Option: "USERFAULTFD", Sysctl: "vm.unprivileged_userfaultfd"},
		{Name: "userfaultfd-full", Title: "userfaultfd for faults of the kernel too", Since: "4.3", Option: "USERFAULTFD", Sysctl: "vm.unprivileged_userfaultfd", Off: []string{"0"}, Capability: "CAP_SYS_PTRACE"},
		{Name: "kvm-dirty-log", Title: "KVM dirty log with manual protection", Since: "5.0", Option: "KVM"},
		{Name: "kvm-dirty-ring", Title: "KVM dirty ring", Since: "5.11", Option: "HAVE_KVM_DIRTY_RING"},
		{Name: "landlock", Title: "Landlock", Since: "5.13", Option: "SECURITY_LANDLOCK"},
		{Name: "seccomp-notify", Title: "seccomp user notification", Since: "5.0", Option: "SECCOMP_FILTER"},
		{Name: "clone3", Title: "clone3", Since: "5.3"},
		{Name: "clone-into-cgroup", Title: "clone3 into a cgroup", Since: "5.7", Option: "CGROUPS"},
		{Name: "pidfd", Title: "pidfd: open, signal and wait", Since: "5.4"},
		{Name: "openat2", Title: "openat2", Since: "5.6"},
		{Name: "io_uring", Title: "io_uring", Since: "5.1", Option: "IO_URING", Sysctl: "kernel.io_uring_disabled", Off: []string{"1", "2"}},
		{Name: "memfd_secret", Title: "memfd_secret", Since: "5.14", Option: "SECRETMEM"},
		{Name: "mptcp", Title: "MPTCP sockets", Since: "5.6", Option: "MPTCP", Sysctl: "net.mptcp.enabled", Off: []string{"0"}},
		{Name: "vdso-getrandom", Title: "getrandom in the vDSO", Since: "6.11", Arch: []string{"amd64", "arm64", "ppc64", "ppc64le", "s390x", "loong64", "riscv64"}},
		{Name: "userns", Title: "user namespaces for users without privilege", Since: "3.8", Option: "USER_NS", Sysctl: "kernel.apparmor_restrict_unprivileged_userns", Off: []string{"1"}},
		{Name: "bpf", Title: "the system call bpf", Since: "3.18", Option: "BPF_SYSCALL", Sysctl: "kernel.unprivileged_bpf_disabled", Off: []string{"1", "2"}, Capability: "CAP_BPF"},
		{Name: "btf", Title: "BTF of the kernel", Since: "5.4", Option: "DEBUG_INFO_BTF"},
		{Name: "bpf-ringbuf", Title: "BPF ring buffer", Since: "5.8", Option: "BPF_SYSCALL", Sysctl: "kernel.unprivileged_bpf_disabled", Off: []string{"1", "2"}, Capability: "CAP_BPF"},
		{Name: "bpf-kprobe", Title: "BPF on a kprobe, attached", Since: "4.1", Option: "KPROBE_EVENTS", Capability: "CAP_PERFMON"},
		{Name: "bpf-kprobe-multi", Title: "BPF on many kprobes at once", Since: "5.18", Option: "FPROBE", Capability: "CAP_PERFMON"},
		{Name: "bpf-fentry", Title: "BPF on fentry, attached", Since: "5.5", Option: "DEBUG_INFO_BTF", Capability: "CAP_PERFMON"},
		{Name: "bpf-lsm", Title: "BPF as a security module, attached", Since: "5.7", Option: "BPF_LSM", Capability: "CAP_PERFMON"},
	}
}

// Lookup finds a probe by name.
func Lookup(name string) (Kind, bool) {
	for _, k := range Table() {
		if k.Name == name {
			return k, true
		}
	}
	return Kind{}, false
}
