package rule

import (
	"fmt"
	"strconv"

	"github.com/gust-go/gust/kernelcheck/fact"
)

// fileRules are about lost data.
func fileRules() []Rule {
	const breaks = "files are copied wrongly"
	return []Rule{
		{
			ID: "CFR-OLD", Title: "copy_file_range on old kernels", Breaks: breaks, Severity: Error, For: []string{"run"},
			Condition: "Go 1.15.x before Linux 5.3, on CIFS or NFS",
			When: all(goIn("go1.15", "go1.16"), before("5.3"),
				host("what file systems are mounted", func(h *fact.Host) bool { return h.NetFS != nil }, func(h *fact.Host) (bool, string) {
					return len(h.NetFS) > 0, fmt.Sprintf("CIFS or NFS at %q", h.NetFS)
				})),
			Consequence: "io.Copy between files makes empty files, or fails with EIO or EOPNOTSUPP", Action: "build with a newer Go, which wants Linux 5.3 for it",
			Sources: []string{"https://go.dev/issue/42400", "https://go.dev/issue/42334", "https://go.dev/issue/40731", "https://go.dev/issue/44272"},
		},
		{
			ID: "CFR-ENOSYS", Title: "copy_file_range under qemu-user", Breaks: breaks, Severity: Error, For: []string{"run"},
			Condition:   "Go 1.20.0 to 1.20.1 under qemu-user",
			When:        all(goIn("go1.20", "go1.20.2"), qemu("", "")),
			Consequence: `"copy_file_range: function not implemented"`, Action: "build with Go 1.20.2 or later",
			Sources: []string{"https://go.dev/issue/58592"},
		},
	}
}

// memoryRules are about memory and CPU time.
func memoryRules() []Rule {
	const breaks = "programs are slow or grow"
	return []Rule{
		{
			ID: "THP-STALL", Title: "the runtime asks for huge pages", Breaks: breaks, Severity: Warning, For: []string{"run"},
			Condition: "Go 1.21.0 (MADV_HUGEPAGE) and 1.21.1 to 1.21.3 (MADV_COLLAPSE)",
			When: all(goIn("go1.21", "go1.21.4"),
				host("the mode of huge pages", func(h *fact.Host) bool { return h.THP != "" }, func(h *fact.Host) (bool, string) {
					return h.THP != "never", "transparent huge pages: " + h.THP
				})),
			Consequence: "stalls in memory-hungry programs", Action: "build with Go 1.21.4 or later",
			Sources: []string{"https://go.dev/issue/61718", "https://go.dev/issue/64342"},
		},
		{
			ID: "THP-PTES", Title: "huge pages bring freed memory back", Breaks: breaks, Severity: Info, For: []string{"run"},
			Condition: "Go 1.21.1 and later, transparent huge pages always, max_ptes_none about 511",
			When: all(goIn("go1.21.1", ""),
				host("the mode of huge pages", func(h *fact.Host) bool { return h.THP != "" }, func(h *fact.Host) (bool, string) {
					return h.THP == "always", "transparent huge pages: always"
				}), ptesNone, notDebug("disablethp", "1")),
			Consequence: "resident memory grows beyond the heap", Action: "echo 0 > /sys/kernel/mm/transparent_hugepage/khugepaged/max_ptes_none, or run with GODEBUG=disablethp=1 (Go 1.21.13, 1.22 and later)",
			Sources: []string{"https://go.dev/issue/64332", "https://go.dev/doc/gc-guide#Linux_transparent_huge_pages"},
		},
		{
			ID: "CPU-LIMIT", Title: "GOMAXPROCS above the CPU quota", Breaks: breaks, Severity: Warning, For: []string{"run", "container"},
			Condition:   "Go before 1.25, or GODEBUG containermaxprocs=0, under a CPU quota of a cgroup",
			When:        all(either(goIn("", "go1.25"), debug("containermaxprocs", "0", false)), quotaBelow(false)),
			Consequence: "the kernel throttles the program", Action: "set GOMAXPROCS to the quota, or build with Go 1.25 and go 1.25 in go.mod",
			Sources: []string{"https://go.dev/issue/33803"},
		},
		{
			ID: "CPU-LIMIT-GAP", Title: "a CPU quota that Go does not see", Breaks: breaks, Severity: Warning, For: []string{"run", "container"},
			Condition: "Go 1.25 and later: the quota is set on an ancestor's cgroup, or on some v1 hosts",
			When: all(goIn("go1.25", ""), notDebug("containermaxprocs", "0"),
				either(quotaBelow(true), weak(Medium, all(cgroupIs("v1", "hybrid"), quotaBelow(false))))),
			Consequence: "the limit is ignored; the issues are open", Action: "set GOMAXPROCS to the quota",
			Sources: []string{"https://go.dev/issue/81180", "https://go.dev/issue/76810"},
		},
	}
}

// qemu holds under qemu-user of a version from lo up to but not including hi.
func qemu(lo, hi string) Cond {
	return func(in Input) Result {
		q := in.Host.QEMU
		switch {
		case q == "":
			return unknown("whether qemu-user runs the program is not known")
		case q == "none":
			return Result{Verdict: fact.No}
		case lo == "":
			return is(true, "qemu-user of version %s", q)
		}
		v, err := fact.ParseRelease(q)
		if err != nil {
			return unknown("the version of the qemu-user here is not known")
		}
		return is(v.Before(lo) == fact.No && v.Before(hi) == fact.Yes, "qemu-user %s", q)
	}
}

func ptesNone(in Input) Result {
	v, ok := in.Host.Sysctls["khugepaged.max_ptes_none"]
	if !ok {
		return unknown("khugepaged's max_ptes_none is not known")
	}
	n, err := strconv.Atoi(v)
	return is(err == nil && n > 256, "max_ptes_none is %s", v)
}

// notDebug holds unless GODEBUG has a value.
func notDebug(name, value string) Cond {
	return func(in Input) Result {
		r := debug(name, value, false)(in)
		switch r.Verdict {
		case fact.Yes:
			return Result{Verdict: fact.No}
		case fact.No:
			return Result{Verdict: fact.Yes}
		}
		return r
	}
}

// quotaBelow holds where a CPU quota is smaller than the number of CPUs.
func quotaBelow(ancestor bool) Cond {
	return func(in Input) Result {
		h := in.Host
		if !h.Probed && h.Cgroup == "" {
			return unknown("the CPU quota is not known")
		}
		l := h.CgroupLimit
		if l == nil || h.CPU.Count == 0 || l.CPUs >= float64(h.CPU.Count) || ancestor && !l.Ancestor {
			return Result{Verdict: fact.No}
		}
		return is(true, "a quota of %.2g CPUs at %s on a host of %d", l.CPUs, l.Path, h.CPU.Count)
	}
}

func cgroupIs(layouts ...string) Cond {
	return host("the layout of cgroups", func(h *fact.Host) bool { return h.Cgroup != "" }, func(h *fact.Host) (bool, string) {
		for _, l := range layouts {
			if h.Cgroup == l {
				return true, "cgroups are " + l
			}
		}
		return false, ""
	})
}
