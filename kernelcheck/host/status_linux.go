package host

import (
	"strconv"
	"strings"

	"github.com/gust-go/gust/kernelcheck/fact"
)

// capabilities are the names by number of those that a cause may name.
func capabilities() map[int]string {
	return map[int]string{
		6: "CAP_SETGID", 7: "CAP_SETUID", 12: "CAP_NET_ADMIN", 14: "CAP_IPC_LOCK", 16: "CAP_SYS_MODULE",
		18: "CAP_SYS_CHROOT", 19: "CAP_SYS_PTRACE", 21: "CAP_SYS_ADMIN", 24: "CAP_SYS_RESOURCE",
		38: "CAP_PERFMON", 39: "CAP_BPF", 40: "CAP_CHECKPOINT_RESTORE",
	}
}

// readStatus takes the seccomp mode and the capabilities of this process.
func readStatus(h *fact.Host) {
	for line := range strings.Lines(text("/proc/self/status")) {
		name, value, _ := strings.Cut(line, ":")
		value = strings.TrimSpace(value)
		switch name {
		case "Seccomp":
			if n, err := strconv.Atoi(value); err == nil {
				h.Seccomp = n
			}
		case "CapEff":
			mask, err := strconv.ParseUint(value, 16, 64)
			if err != nil {
				continue
			}
			h.Capabilities = []string{}
			for bit := range 64 {
				if name := capabilities()[bit]; name != "" && mask>>bit&1 == 1 {
					h.Capabilities = append(h.Capabilities, name)
				}
			}
		}
	}
}

func readCPU(h *fact.Host) {
	info := text("/proc/cpuinfo")
	if info == "" {
		return
	}
	h.CPU.Flags = flagsOf(info)
	h.CPU.Level = fact.LevelOf(h.Arch, h.CPU.Flags)
	h.QEMU = emulated(h.Arch, info)
}

// emulated tells whether qemu-user runs this process: it passes /proc/cpuinfo
// of the machine on, at least up to version 8. Which version it is cannot be
// seen.
func emulated(arch, cpuinfo string) string {
	const x86, arm = "vendor_id", "CPU implementer"
	own, other := x86, arm
	switch arch {
	case "amd64", "386":
	case "arm64", "arm":
		own, other = arm, x86
	default:
		return ""
	}
	switch {
	case strings.Contains(cpuinfo, own):
		return "none"
	case strings.Contains(cpuinfo, other):
		return "unknown"
	}
	return ""
}

// flagsOf returns the features of the first CPU.
func flagsOf(info string) []string {
	for line := range strings.Lines(info) {
		name, value, ok := strings.Cut(line, ":")
		if name = strings.TrimSpace(name); ok && (name == "flags" || name == "Features") {
			return strings.Fields(value)
		}
	}
	return nil
}
