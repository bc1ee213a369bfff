package host

import (
	"os"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/gust-go/gust/kernelcheck/fact"
)

func readSystem(h *fact.Host) {
	readRelease(h)
	h.ProcVersion = text("/proc/version")
	readSysctls(h)
	readSecurity(h)
	readStatus(h)
	readCgroup(h)
	readCPU(h)
	h.NOFILE, h.MEMLOCK = limit(unix.RLIMIT_NOFILE), limit(unix.RLIMIT_MEMLOCK)
	h.THP = bracketed(text("/sys/kernel/mm/transparent_hugepage/enabled"))
	h.Container = container()
	readMaps(h)
	h.NetFS = netMounts()
}

// readRelease prefers osrelease to uname, whose answer the UNAME26 personality
// replaces by one that does not exist.
func readRelease(h *fact.Host) {
	var u unix.Utsname
	if unix.Uname(&u) == nil {
		h.Release, h.Build = unix.ByteSliceToString(u.Release[:]), unix.ByteSliceToString(u.Version[:])
	}
	if s := text("/proc/sys/kernel/osrelease"); s != "" {
		h.Release = s
	} else if r, err := fact.ParseRelease(h.Release); err == nil && r.UNAME26() {
		h.Release = "" // 2.6.78 may be 4.18, 5.18 or 6.18
	}
	if r, err := fact.ParseRelease(h.Release); err == nil {
		h.Android = r.Android
	}
}

func readSysctls(h *fact.Host) {
	h.Sysctls = make(map[string]string)
	for _, name := range []string{
		"kernel.unprivileged_bpf_disabled", "kernel.unprivileged_userns_clone", "user.max_user_namespaces",
		"kernel.apparmor_restrict_unprivileged_userns", "kernel.yama.ptrace_scope", "vm.unprivileged_userfaultfd",
		"kernel.io_uring_disabled", "kernel.perf_event_paranoid", "vm.mmap_rnd_bits", "net.mptcp.enabled",
		"kernel.kptr_restrict", "kernel.randomize_va_space",
		"user.max_mnt_namespaces", "user.max_pid_namespaces", "user.max_ipc_namespaces", "user.max_uts_namespaces", "user.max_net_namespaces",
	} {
		if v := text("/proc/sys/" + strings.ReplaceAll(name, ".", "/")); v != "" {
			h.Sysctls[name] = v
		}
	}
	if v := text("/sys/kernel/mm/transparent_hugepage/khugepaged/max_ptes_none"); v != "" {
		h.Sysctls["khugepaged.max_ptes_none"] = v
	}
}

func readSecurity(h *fact.Host) {
	if s := text("/sys/kernel/security/lsm"); s != "" {
		h.LSMs = strings.Split(s, ",")
	}
	h.Lockdown = bracketed(text("/sys/kernel/security/lockdown"))
}

// bracketed returns the choice in force of a list such as "a [b] c".
func bracketed(s string) string {
	_, s, ok := strings.Cut(s, "[")
	if !ok {
		return ""
	}
	s, _, _ = strings.Cut(s, "]")
	return s
}

func limit(resource int) *fact.Limit {
	var r unix.Rlimit
	if unix.Getrlimit(resource, &r) != nil {
		return nil
	}
	return &fact.Limit{Soft: bounded(r.Cur), Hard: bounded(r.Max)}
}

func bounded(n uint64) int64 {
	if n > 1<<62 {
		return -1
	}
	return int64(n)
}

func container() string {
	for _, file := range []string{"/.dockerenv", "/run/.containerenv", "/run/systemd/container"} {
		if _, err := os.Stat(file); err == nil {
			return file
		}
	}
	return ""
}

// readMaps looks at what the kernel maps into every process.
func readMaps(h *fact.Host) {
	maps := text("/proc/self/maps")
	if maps == "" {
		return
	}
	h.VDSO, h.Vsyscall = "absent", "none"
	for line := range strings.Lines(maps) {
		switch line = strings.TrimSpace(line); {
		case strings.HasSuffix(line, "[vdso]"):
			h.VDSO = "present"
		case strings.HasSuffix(line, "[vsyscall]") && strings.Contains(line, " r-xp "):
			h.Vsyscall = "emulate"
		case strings.HasSuffix(line, "[vsyscall]"):
			h.Vsyscall = "xonly"
		}
	}
}

// netMounts lists mounts of file systems whose copy_file_range was broken.
func netMounts() []string {
	mounts := text("/proc/self/mounts")
	if mounts == "" {
		return nil
	}
	list := []string{}
	for line := range strings.Lines(mounts) {
		f := strings.Fields(line)
		if len(f) > 2 && (f[2] == "cifs" || f[2] == "smb3" || f[2] == "nfs" || f[2] == "nfs4") {
			list = append(list, f[1])
		}
	}
	return list
}
