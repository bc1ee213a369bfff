package rule

import (
	"fmt"

	"github.com/gust-go/gust/kernelcheck/fact"
)

// startRules are about programs that do not start.
func startRules() []Rule {
	const breaks = "programs do not start"
	return []Rule{
		{
			ID: "MIN-KERNEL", Title: "kernel older than Go supports", Breaks: breaks, Severity: Error, For: []string{"run"},
			Condition: "Go up to 1.18 before Linux 2.6.23, 1.19 to 1.23 before 2.6.32, 1.24 and later before 3.2",
			When: either(
				all(goIn("", "go1.19"), before("2.6.23")),
				all(goIn("go1.19", "go1.24"), before("2.6.32")),
				all(goIn("go1.24", ""), before("3.2"))),
			Consequence: "the program crashes", Action: "build with an older Go, or run it on a newer kernel",
			Sources: []string{"https://go.dev/wiki/Linux", "https://go.dev/issue/45964", "https://go.dev/issue/67001"},
		},
		{
			ID: "MIN-GLIBC-NOTE", Title: "the C library in the program wants a newer kernel", Breaks: breaks, Severity: Error, For: []string{"run", "cgo"},
			Condition: "the ELF ABI note of a program with a C library names a kernel newer than the host's",
			When:      abiNoteTooNew, Consequence: `it ends with "FATAL: kernel too old"`, Action: "build with CGO_ENABLED=0, or against an older glibc",
			Sources: []string{"https://github.com/go-gitea/gitea/issues/6616"},
		},
		{
			ID: "MIN-ARCH", Title: "kernel older than Go supports on this architecture", Breaks: breaks, Severity: Error, For: []string{"run"},
			Condition: "loong64 before Linux 5.19, mips64le before 4.8, arm with Go up to 1.23 before 3.1, big-endian ppc64 with Go 1.27 before 3.13",
			When: either(
				all(arch("loong64"), before("5.19")),
				all(arch("mips64le"), before("4.8")),
				all(arch("arm"), goIn("", "go1.24"), before("3.1")),
				all(arch("ppc64"), goIn("go1.27", ""), before("3.13"))),
			Consequence: "the program crashes", Action: "run it on a newer kernel",
			Sources: []string{"https://go.dev/wiki/MinimumRequirements", "https://go.dev/doc/go1.27"},
		},
		{
			ID: "CFG-BASE", HostOnly: true, Title: "kernel without futex or epoll", Breaks: breaks, Severity: Error, For: []string{"run"},
			Condition: "CONFIG_FUTEX or CONFIG_EPOLL off",
			When: either(probedOr("futex", []fact.Verdict{fact.No}, off("FUTEX")),
				probedOr("epoll", []fact.Verdict{fact.No}, off("EPOLL"))),
			Consequence: `"futexwakeup … returned -38", or no network`, Action: "switch both options on",
			Sources: []string{"https://go.dev/wiki/MinimumRequirements", "https://go.dev/issue/57723"},
		},
		{
			ID: "CPU-LEVEL", Title: "CPU below the level that the program was built for", Breaks: breaks, Severity: Error, For: []string{"run"},
			Condition:   "GOAMD64 or GOARM64 of the program above what the CPU has",
			When:        all(arch("amd64", "arm64"), levelTooHigh),
			Consequence: `it ends with "This program can only be run on AMD64 processors with v3 microarchitecture support" or "… on ARM64 processors with LSE support"`,
			Action:      "build with a lower GOAMD64 or GOARM64", Sources: []string{"mihomo#123", "https://go.dev/wiki/MinimumRequirements#amd64"},
		},
		{
			ID: "ARCH", Title: "program of another architecture", Breaks: breaks, Severity: Error, For: []string{"run"},
			Condition: "GOARCH of the program differs from the host's, without qemu-user", When: otherArch,
			Consequence: `"exec format error"`, Action: "build with the GOARCH of the host",
			Sources: []string{"https://man7.org/linux/man-pages/man2/execve.2.html (ENOEXEC)"},
		},
		{
			ID: "NO-VSYSCALL", Title: "neither vDSO nor vsyscall page", Breaks: breaks, Severity: Error, Confidence: Medium, For: []string{"run"},
			Condition: "amd64 with vdso=0 and vsyscall=none, Go of about 2020 or older",
			When: all(arch("amd64"), goIn("", "go1.16"),
				host("the vDSO", func(h *fact.Host) bool { return h.VDSO != "" }, func(h *fact.Host) (bool, string) { return h.VDSO == "absent", "there is no vDSO" }),
				host("the vsyscall page", func(h *fact.Host) bool { return h.Vsyscall != "" }, func(h *fact.Host) (bool, string) { return h.Vsyscall == "none", "vsyscall=none" })),
			Consequence: "SIGSEGV at 0xffffffffff600000", Action: "build with a newer Go, or boot without vdso=0",
			Sources: []string{"https://go.dev/issue/8200", "https://github.com/golang/go/pull/41681"},
		},
		{
			ID: "COMPAT32", Title: "kernel without 32-bit time", Breaks: breaks, Severity: Error, For: []string{"run"},
			Condition:   "32-bit program, Go up to 1.25, CONFIG_COMPAT_32BIT_TIME off",
			When:        all(arch("386", "arm", "mips", "mipsle"), goIn("", "go1.26"), from("5.6"), off("COMPAT_32BIT_TIME")),
			Consequence: `"futexwakeup … returned -38"`, Action: "build with Go 1.26 or later, or switch the option on",
			Sources: []string{"https://go.dev/issue/75133"},
		},
		{
			ID: "TIME64-32BIT", Title: "kernel that mistreats 64-bit time calls", Breaks: breaks, Severity: Error, For: []string{"run"},
			Condition: "Go 1.26.0 to 1.26.2, 386, arm or mips: Android up to 10, old Synology kernels, mipsle on Linux 3.4",
			When: all(goIn("go1.26", "go1.26.3"), arch("386", "arm", "mips", "mipsle"), either(
				host("the Android release", func(h *fact.Host) bool { return true }, func(h *fact.Host) (bool, string) {
					return h.Android > 0 && h.Android <= 10, fmt.Sprintf("Android %d", h.Android)
				}),
				host("the vendor", func(h *fact.Host) bool { return true }, func(h *fact.Host) (bool, string) {
					return contains(h.Build+h.Release+h.ProcVersion, "synology"), "a Synology kernel"
				}),
				all(arch("mipsle"), before("3.5")))),
			Consequence: "SIGSYS in system call 422, or futex fails with -22 or -89", Action: "build with Go 1.26.3 or later",
			Sources: []string{"https://go.dev/issue/77621", "https://go.dev/issue/77930", "https://go.dev/issue/77730"},
		},
	}
}

// otherArch looks at binaries only: a toolchain may cross-compile for other
// hosts on purpose.
func otherArch(in Input) Result {
	p, h := in.Program, in.Host
	switch {
	case p == nil || !p.Binary:
		return Result{Verdict: fact.No}
	case p.Arch == "" || h.Arch == "":
		return unknown("the architecture of the program or of the host is not known")
	case p.Arch == h.Arch, h.QEMU != "" && h.QEMU != "none",
		p.Arch == "386" && h.Arch == "amd64", p.Arch == "arm" && h.Arch == "arm64":
		return Result{Verdict: fact.No}
	}
	return is(true, "the program is for %s, the host is %s", p.Arch, h.Arch)
}

func abiNoteTooNew(in Input) Result {
	p := in.Program
	if p == nil || !p.Binary {
		return Result{Verdict: fact.No} // only a file has a note
	}
	if p.ABINote == "" {
		return Result{Verdict: fact.No}
	}
	r := before(p.ABINote)(in)
	if r.Verdict == fact.Yes {
		r.Evidence = []string{fmt.Sprintf("its ABI note asks for Linux %s", p.ABINote), r.Evidence[0]}
	}
	return r
}

func levelTooHigh(in Input) Result {
	p, h := in.Program, in.Host
	variable := "GOAMD64"
	if p != nil && p.Arch == "arm64" {
		variable = "GOARM64"
	}
	switch {
	case p == nil || p.Level == "":
		return unknown("the %s of the program is not known", variable)
	case p.Level == "v1" || p.Level == "v8.0":
		return Result{Verdict: fact.No} // every CPU has that
	case h.CPU.Level == "":
		return unknown("the CPU is not known")
	case h.Arch != "" && h.Arch != p.Arch:
		return Result{Verdict: fact.No} // ARCH has that
	}
	covers, known := fact.Covers(h.CPU.Level, p.Level)
	if p.Arch == "arm64" && !covers && h.CPU.Flags != nil && h.CPU.Level == "v8.1" {
		known = false // all that the flags say for certain
	}
	if !known {
		return unknown("whether a CPU of level %s has what %s=%s wants", h.CPU.Level, variable, p.Level)
	}
	return is(!covers, "%s=%s on a CPU of level %s", variable, p.Level, h.CPU.Level)
}
