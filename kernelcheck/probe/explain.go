package probe

import (
	"fmt"
	"slices"
	"strings"
	"syscall"

	"github.com/gust-go/gust/kernelcheck/fact"
	"github.com/gust-go/gust/kernelcheck/probe/raw"
)

// explain turns what an experiment found into a verdict with a cause.
func explain(h *fact.Host, out raw.Outcome) fact.Probe {
	k, _ := Lookup(out.Name)
	switch {
	case out.Yes:
		return fact.Probe{Verdict: fact.Yes, Detail: out.Detail}
	case out.No:
		return absent(h, k, out.Detail)
	case out.Errno == 0:
		return fact.Probe{Verdict: fact.Unknown, Cause: troubleCause(h, out.Trouble), Detail: out.Trouble}
	}
	return judge(h, k, syscall.Errno(out.Errno), out.Step)
}

func troubleCause(h *fact.Host, trouble string) fact.Cause {
	switch {
	case trouble == timedOut:
		return fact.ByTime
	case h.Emulated(): // such as that it cannot start another program
		return fact.ByQEMU
	}
	return fact.ByOther
}

// judge makes a verdict of an error number.
func judge(h *fact.Host, k Kind, errno syscall.Errno, step string) fact.Probe {
	detail := fmt.Sprintf("%s: %v", step, errno)
	switch errno {
	case syscall.ENOSYS:
		return missing(h, k, detail)
	case syscall.EPERM, syscall.EACCES:
		return denied(h, k, detail)
	case syscall.ENOENT, syscall.ENODEV, syscall.ENXIO:
		if strings.Contains(step, "/proc/") {
			return fact.Probe{Verdict: fact.Unknown, Cause: fact.ByProc, Detail: detail}
		}
		if strings.Contains(step, "/dev/") {
			return fact.Probe{Verdict: fact.No, Cause: fact.ByDevice, Detail: detail}
		}
	case syscall.EOPNOTSUPP, syscall.ENOPROTOOPT, syscall.ENOSPC:
		if p, ok := sysctlCause(h, k, detail); ok {
			return p
		}
		if k.Name == "userns" { // ENOSPC: user.max_user_namespaces
			return fact.Probe{Verdict: fact.Denied, Cause: fact.BySysctl, Detail: detail + "; user.max_user_namespaces is " + orUnknown(h.Sysctls["user.max_user_namespaces"])}
		}
		return absent(h, k, detail)
	}
	return fact.Probe{Verdict: fact.Unknown, Cause: fact.ByOther, Detail: detail}
}

func orUnknown(s string) string {
	if s == "" {
		return "unknown"
	}
	return s
}

// absent explains a certain no.
func absent(h *fact.Host, k Kind, detail string) fact.Probe {
	p := fact.Probe{Verdict: fact.No, Detail: detail}
	r, known := h.Kernel()
	switch {
	case k.Arch != nil && !slices.Contains(k.Arch, h.Arch):
		p.Cause, p.Detail = fact.ByHardware, join(detail, "there is none for "+h.Arch)
	case k.Option != "" && h.Config != nil && !h.Config.On(k.Option):
		p.Cause, p.Detail = fact.ByConfig, join(detail, "CONFIG_"+k.Option+" is "+unset(h, k.Option))
	case k.Since != "" && known && r.Before(k.Since) == fact.Yes:
		p.Cause, p.Detail = fact.ByVersion, join(detail, fmt.Sprintf("it came with Linux %s, this is %s", k.Since, r.Series()))
	}
	return p
}

func unset(h *fact.Host, option string) string {
	if h.Config.Has(option) {
		return "not set"
	}
	return "not in the kernel's config"
}

func join(a, b string) string {
	if a == "" {
		return b
	}
	return a + "; " + b
}

// missing explains ENOSYS, which a seccomp filter may have made up: it is a no
// only where nothing says that the kernel should have the call.
func missing(h *fact.Host, k Kind, detail string) fact.Probe {
	p := absent(h, k, detail)
	if h.Emulated() {
		return fact.Probe{Verdict: fact.Unknown, Cause: fact.ByQEMU, Detail: detail + "; qemu-user answered for the kernel"}
	}
	if p.Cause == "" && h.Seccomp == 2 {
		return fact.Probe{Verdict: fact.Unknown, Cause: fact.BySeccomp, Detail: detail + "; a seccomp filter is on and may have answered for the kernel"}
	}
	return p
}

// denied explains EPERM and EACCES.
func denied(h *fact.Host, k Kind, detail string) fact.Probe {
	if p, ok := sysctlCause(h, k, detail); ok && !hasCapability(h, k) {
		return p
	}
	p := fact.Probe{Verdict: fact.Denied, Detail: detail}
	switch {
	case strings.Contains(detail, "/dev/"):
		p.Cause = fact.ByDevice
	case k.Capability != "" && h.Capabilities != nil && !hasCapability(h, k):
		p.Cause, p.Detail = fact.ByCapability, detail+"; "+k.Capability+" is missing"
	case h.Seccomp == 2:
		p.Cause, p.Detail = fact.BySeccomp, detail+"; a seccomp filter is on"
	case strings.HasPrefix(k.Name, "bpf") && h.Lockdown != "" && h.Lockdown != "none":
		p.Cause, p.Detail = fact.ByLSM, detail+"; lockdown is "+h.Lockdown
	default:
		p.Cause, p.Detail = fact.ByLSM, detail+"; no capability, sysctl or filter explains it"
	}
	return p
}

// hasCapability reports whether the process has the capability of a probe or
// CAP_SYS_ADMIN, which stands for the newer ones.
func hasCapability(h *fact.Host, k Kind) bool {
	return k.Capability != "" && (slices.Contains(h.Capabilities, k.Capability) || slices.Contains(h.Capabilities, "CAP_SYS_ADMIN"))
}

func sysctlCause(h *fact.Host, k Kind, detail string) (fact.Probe, bool) {
	if k.Sysctl == "" || !slices.Contains(k.Off, h.Sysctls[k.Sysctl]) {
		return fact.Probe{}, false
	}
	return fact.Probe{Verdict: fact.Denied, Cause: fact.BySysctl, Detail: fmt.Sprintf("%s; %s is %s", detail, k.Sysctl, h.Sysctls[k.Sysctl])}, true
}
