package rule

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/gust-go/gust/kernelcheck/fact"
)

func equalFold(a, b string) bool { return strings.EqualFold(a, b) }

func contains(s, part string) bool { return strings.Contains(strings.ToLower(s), part) }

// crashRules are about corruption and crashes at run time.
func crashRules() []Rule {
	const breaks = "programs crash or corrupt memory"
	avxKernels := either(between("5.2", "5.3"), between("5.3", "5.3.15"), between("5.4", "5.4.2"))
	return []Rule{
		{
			ID: "AVX-SIGSTACK", Title: "kernel that spoils vector registers in signals", Breaks: breaks, Severity: Error, For: []string{"run"},
			Condition:   "x86, Linux 5.2.x, 5.3.0 to 5.3.14 or 5.4.0 to 5.4.1 built with GCC 9 or later; worst with Go 1.14 and later",
			When:        all(arch("amd64", "386"), avxKernels, kernelGCC(9)),
			Consequence: "memory corruption", Action: "update to Linux 5.3.15 or 5.4.2, or to a distribution's kernel with the fix",
			Sources: []string{"https://go.dev/wiki/LinuxKernelSignalVectorBug", "https://go.dev/issue/35777"},
		},
		{
			ID: "MLOCK-SIGSTACK", Title: "Go 1.14 locks its signal stacks", Breaks: breaks, Severity: Error, Confidence: Medium, For: []string{"run"},
			Condition: "early Go 1.14 on kernels 5.2.x, 5.3.0 to 5.3.14 and 5.4.0 to 5.4.1, low ulimit -l",
			When: all(goIn("go1.14", "go1.14.2"), avxKernels,
				host("ulimit -l", func(h *fact.Host) bool { return h.MEMLOCK != nil }, func(h *fact.Host) (bool, string) {
					return h.MEMLOCK.Soft >= 0 && h.MEMLOCK.Soft < 1<<20, fmt.Sprintf("ulimit -l is %d KiB", h.MEMLOCK.Soft>>10)
				})),
			Consequence: `"mlock of signal stack failed: 12"`, Action: "build with a newer Go, or raise ulimit -l",
			Sources: []string{"https://go.dev/issue/37436", "https://go.dev/issue/35979"},
		},
		{
			ID: "PREEMPT-3.18", Title: "asynchronous preemption on Linux 3.18", Breaks: breaks, Severity: Warning, Confidence: Low, For: []string{"run"},
			Condition:   "Go 1.14 and later on Linux 3.18.11",
			When:        all(goIn("go1.14", ""), between("3.18.11", "3.18.12")),
			Consequence: "crashes were reported", Action: "run with GODEBUG=asyncpreemptoff=1",
			Sources: []string{"https://go.dev/issue/40722"},
		},
		{
			ID: "VGETRANDOM", Title: "threads that end while locked, and getrandom in the vDSO", Breaks: breaks, Severity: Error, For: []string{"run"},
			Condition: "Go 1.24.0 to 1.24.2 where the vDSO has getrandom (amd64 from Linux 6.11; arm64, ppc64, s390x and loong64 from 6.12)",
			When: all(goIn("go1.24", "go1.24.3"), probedOr("vdso-getrandom", []fact.Verdict{fact.Yes},
				weak(Medium, either(all(arch("amd64"), from("6.11")), all(arch("arm64", "ppc64", "ppc64le", "s390x", "loong64"), from("6.12")))))),
			Consequence: "SIGSEGV in vgetrandomPutState when a goroutine ends that has called LockOSThread", Action: "build with Go 1.24.3 or later",
			Sources: []string{"https://go.dev/issue/73141", "https://go.dev/issue/73144"},
		},
		{
			ID: "AVX512-GC", Title: "the Green Tea collector on a CPU with half of AVX-512", Breaks: breaks, Severity: Error, For: []string{"run"},
			Condition:   "Go 1.26.0 to 1.26.4 with greenteagc, CPU with AVX512VL, BW, GFNI, BITALG and VBMI but not DQ",
			When:        all(goIn("go1.26", "go1.26.5"), arch("amd64"), greenTea, halfAVX512),
			Consequence: "SIGILL in the garbage collector", Action: "build with Go 1.26.5 or later, or with GOEXPERIMENT=nogreenteagc",
			Sources: []string{"https://go.dev/issue/79871", "https://go.dev/issue/77674"},
		},
		{
			ID: "PPC64-VDSO", Title: "old Go and the vDSO of newer ppc64 kernels", Breaks: breaks, Severity: Error, For: []string{"run"},
			Condition: "ppc64 and ppc64le: Go before 1.17 on Linux 5.13 and later; ppc64, Go up to 1.19.0, on 5.18 and later",
			When: either(all(arch("ppc64", "ppc64le"), weak(Medium, goIn("", "go1.17")), from("5.13")),
				weak(Medium, all(arch("ppc64"), goIn("", "go1.19.1"), from("5.18")))),
			Consequence: "segmentation fault", Action: "build with a newer Go",
			Sources: []string{"https://go.dev/issue/46803", "https://go.dev/issue/54547"},
		},
		{
			ID: "FORK-4.4", Title: "old Go forks on Linux 4.4", Breaks: breaks, Severity: Error, For: []string{"run"},
			Condition:   "Go up to 1.8 on Linux 4.4",
			When:        all(goIn("", "go1.9"), between("4.4", "4.5")),
			Consequence: "memory corruption with os/exec", Action: "build with a newer Go",
			Sources: []string{"https://go.dev/issue/20427"},
		},
		{
			ID: "GC-6.12.103", Title: "a crash reported for one pair of versions", Breaks: breaks, Severity: Info, Confidence: Low, For: []string{"run"},
			Condition:   "go1.26.8 on Linux 6.12.103",
			When:        all(goIn("go1.26.8", "go1.26.9"), between("6.12.103", "6.12.104")),
			Consequence: "SIGSEGV in gcStart was reported; the issue is open", Action: "watch the issue",
			Sources: []string{"https://go.dev/issue/81559"},
		},
		{
			ID: "PER-VMA", HostOnly: true, Title: "per-VMA locks of Linux 6.4", Breaks: breaks, Severity: Error, Confidence: Medium, For: []string{"run"},
			Condition:   "Linux 6.4.0 to 6.4.2 with CONFIG_PER_VMA_LOCK",
			When:        all(between("6.4", "6.4.3"), on("PER_VMA_LOCK")),
			Consequence: "memory corruption in any program with threads", Action: "update to Linux 6.4.3 or later",
			Sources: []string{"pipedot.org/story/6CYGN (LWN)", "centos-stream-9 merge request 4749"},
		},
		{
			ID: "RSEQ-6.19", Title: "tcmalloc on Linux 6.19", Breaks: breaks, Severity: Warning, For: []string{"run", "cgo"},
			Condition:   "cgo with tcmalloc on Linux 6.19 and later",
			When:        all(cgo, from("6.19"), uses("tcmalloc")),
			Consequence: "SIGSEGV", Action: "run with GLIBC_TUNABLES=glibc.pthread.rseq=0, or update tcmalloc",
			Sources: []string{"https://github.com/google/tcmalloc/issues/292"},
		},
	}
}

var gccForm = regexp.MustCompile(`gcc version (\d+)\.|gcc[\w.-]* \([^)]*\) (\d+)\.`)

// kernelGCC holds for kernels built by a GCC of a major version or later.
func kernelGCC(major int) Cond {
	return func(in Input) Result {
		m := gccForm.FindStringSubmatch(in.Host.ProcVersion)
		if m == nil {
			return unknown("the compiler of the kernel is not known")
		}
		n, err := strconv.Atoi(m[1] + m[2])
		if err != nil {
			return unknown("the compiler of the kernel is not known")
		}
		return is(n >= major, "the kernel was built with GCC %d", n)
	}
}

func greenTea(in Input) Result {
	if in.Program == nil {
		return unknown("the experiments of the program are not known")
	}
	for _, list := range [][]string{in.Program.Experiments, strings.Split(in.Program.RawExperiment, ",")} {
		if slices.Contains(list, "nogreenteagc") {
			return Result{Verdict: fact.No}
		}
	}
	return Result{Verdict: fact.Yes}
}

func halfAVX512(in Input) Result {
	flags := in.Host.CPU.Flags
	if flags == nil {
		return unknown("the flags of the CPU are not known")
	}
	for _, f := range []string{"avx512vl", "avx512bw", "gfni", "avx512_bitalg", "avx512_vbmi"} {
		if !slices.Contains(flags, f) && !slices.Contains(flags, strings.Replace(f, "_vbmi", "vbmi", 1)) {
			return Result{Verdict: fact.No}
		}
	}
	return is(!slices.Contains(flags, "avx512dq"), "the CPU has AVX512VL, BW, GFNI, BITALG and VBMI but not DQ")
}

// uses holds where something is known to be in the program; that it is not
// cannot be known.
func uses(what string) Cond {
	return func(in Input) Result {
		if in.Program != nil && slices.Contains(in.Program.Uses, what) {
			return is(true, "the program uses %s", what)
		}
		return unknown("whether the program uses %s is not known", what)
	}
}
