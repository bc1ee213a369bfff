package fact

import (
	"github.com/gust-go/gust/kernelcheck/kconfig"
)

// SnapshotVersion is the version of the JSON form of [Host].
const SnapshotVersion = 1

// A Host is what is known of a machine and its kernel. Zero values are
// unknown.
type Host struct {
	// V is SnapshotVersion.
	V int `json:"v"`
	// Name says where the facts come from, for people.
	Name string `json:"name,omitempty"`
	// OS and Arch are Go's names: linux, amd64.
	OS   string `json:"os"`
	Arch string `json:"arch,omitempty"`
	// Release is uname -r, Build uname -v.
	Release string `json:"release,omitempty"`
	Build   string `json:"build,omitempty"`
	// UID is the user the facts were gathered as, -1 if unknown.
	UID int `json:"uid"`
	// Probed is true where experiments were run on the kernel.
	Probed bool `json:"probed"`
	// Probes are their outcomes by name.
	Probes map[string]Probe `json:"probes,omitempty"`
	// Config are the kernel's options; ConfigFrom is the file they are from, or
	// why they are unknown.
	Config     *kconfig.Config `json:"config,omitempty"`
	ConfigFrom string          `json:"config_from,omitempty"`
	// Sysctls are the settings read, by their name with dots.
	Sysctls map[string]string `json:"sysctls,omitempty"`
	// LSMs are the active security modules, Lockdown the lockdown level.
	LSMs     []string `json:"lsms,omitempty"`
	Lockdown string   `json:"lockdown,omitempty"`
	// Capabilities are the effective ones by name, as in CAP_BPF; nil is unknown.
	Capabilities []string `json:"capabilities,omitempty"`
	// Seccomp is the mode of the process: 0 none, 2 filter, -1 unknown.
	Seccomp int `json:"seccomp"`
	// Cgroup is v1, hybrid or v2; CgroupLimit the CPU quota in force.
	Cgroup      string       `json:"cgroup,omitempty"`
	CgroupLimit *CgroupLimit `json:"cgroup_limit,omitempty"`
	// CPU is what the processor can do.
	CPU CPU `json:"cpu"`
	// NOFILE are the limits on open files, MEMLOCK the soft limit on locked
	// memory in bytes; -1 is unlimited, nil unknown.
	NOFILE  *Limit `json:"nofile,omitempty"`
	MEMLOCK *Limit `json:"memlock,omitempty"`
	// THP is the mode of transparent huge pages: always, madvise or never.
	THP string `json:"thp,omitempty"`
	// Container is the evidence for a container, "" if there is none.
	Container string `json:"container,omitempty"`
	// QEMU is the version of the qemu-user that runs programs, "unknown" if that
	// cannot be told, "none" if they run natively.
	QEMU string `json:"qemu,omitempty"`
	// VDSO is "present" or "absent".
	VDSO string `json:"vdso,omitempty"`
	// Vsyscall is emulate, xonly or none.
	Vsyscall string `json:"vsyscall,omitempty"`
	// Android is the Android release, 0 if this is none.
	Android int `json:"android,omitempty"`
	// ProcVersion is /proc/version, which names the compiler of the kernel.
	ProcVersion string `json:"proc_version,omitempty"`
	// NetFS are mount points of file systems where copy_file_range was broken.
	NetFS []string `json:"net_fs,omitempty"`
}

// A Limit is a resource limit; -1 is unlimited.
type Limit struct {
	Soft int64 `json:"soft"`
	Hard int64 `json:"hard"`
}

// A CgroupLimit is a CPU quota in CPUs and where it is set.
type CgroupLimit struct {
	CPUs float64 `json:"cpus"`
	// Ancestor is true where a parent of the process's own cgroup sets it.
	Ancestor bool   `json:"ancestor"`
	Path     string `json:"path"`
}

// A CPU is what a processor can do.
type CPU struct {
	// Level is v1 to v4 for amd64, v8.0 and up for arm64 as far as is known.
	Level string `json:"level,omitempty"`
	// Flags are the flags of /proc/cpuinfo; nil is unknown.
	Flags []string `json:"flags,omitempty"`
	// Count is the number of CPUs.
	Count int `json:"count,omitempty"`
}

// Emulated reports whether qemu-user stands between programs and the kernel.
func (h *Host) Emulated() bool { return h.QEMU != "" && h.QEMU != "none" }

// Kernel parses the release; ok is false if it is unknown.
func (h *Host) Kernel() (r Release, ok bool) {
	r, err := ParseRelease(h.Release)
	if err != nil {
		return Release{}, false
	}
	return r.WithBuild(h.Build), true
}
