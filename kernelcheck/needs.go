package kernelcheck

import (
	"fmt"

	"github.com/gust-go/gust/kernelcheck/fact"
	"github.com/gust-go/gust/kernelcheck/host"
	"github.com/gust-go/gust/kernelcheck/rule"
)

// MinKernel is the oldest Linux that the rules let a program start on: the one
// from which on none of those about kernels that are too old applies. It is
// empty where that cannot be told, or the program is not for Linux.
func MinKernel(p *fact.Program) string {
	if p.OS != "linux" && p.OS != "android" || p.Go == "" || p.Arch == "" {
		return ""
	}
	h := &fact.Host{OS: "linux", Arch: p.Arch, Release: "0.0", UID: -1, Seccomp: -1}
	for below := oldest(h, p); below != ""; below = oldest(h, p) {
		h.Release = below
	}
	if h.Release == "0.0" {
		return ""
	}
	return h.Release
}

// oldest is the version below which a rule forbids the host's kernel, "" if none
// does. Each is above the host's, so that asking again comes to an end.
func oldest(h *fact.Host, p *fact.Program) string {
	for _, id := range []string{"MIN-KERNEL", "MIN-GLIBC-NOTE", "MIN-ARCH"} {
		r, ok := rule.Lookup(id)
		if !ok {
			continue
		}
		if out := r.Judge(rule.Input{Host: h, Program: p}); out.Verdict == fact.Yes {
			return out.Below
		}
	}
	return ""
}

// A Stand is whether a program would run on a host of which little is known.
type Stand struct {
	// Kernel and CPU are what is known of the host; either may be empty.
	Kernel, CPU string
	// Verdict is yes, no or could not tell.
	Verdict fact.Verdict
	// Findings are why not, or what could not be told.
	Findings []Finding
}

// Stands judges a program on a host of its own architecture with a kernel and a
// CPU. Only what keeps programs from running counts, and of what could not be
// told only what hangs on the kernel or the CPU that is given: nothing is said
// about how such a kernel was configured.
func Stands(p *fact.Program, kernel, cpu string) (Stand, error) {
	s := Stand{Kernel: kernel, CPU: cpu, Verdict: fact.Yes}
	h, err := host.Foreign(kernel, p.Arch, cpu, "")
	if err != nil {
		return s, fmt.Errorf("describe a host: %w", err)
	}
	h.QEMU = "none"
	applies, undecided := Judge(h, p, []string{"run"})
	for _, f := range applies {
		if f.Severity == rule.Error {
			s.Verdict = fact.No
			s.Findings = append(s.Findings, f)
		}
	}
	if s.Verdict == fact.No {
		return s, nil
	}
	for _, f := range undecided {
		if f.Severity == rule.Error && given(f.ID, kernel, cpu) {
			s.Verdict = fact.Unknown
			s.Findings = append(s.Findings, f)
		}
	}
	return s, nil
}

// given reports whether what a rule hangs on is among what is known of the host.
func given(id, kernel, cpu string) bool {
	r, ok := rule.Lookup(id)
	switch {
	case !ok || r.HostOnly:
		return false
	case id == "CPU-LEVEL":
		return cpu != ""
	}
	return kernel != ""
}
