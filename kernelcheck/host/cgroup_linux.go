package host

import (
	"path"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/gust-go/gust/kernelcheck/fact"
)

const (
	cgroupRoot  = "/sys/fs/cgroup"
	cgroup2Type = 0x63677270
)

// readCgroup tells the layout of cgroups and finds the CPU quota in force.
func readCgroup(h *fact.Host) {
	var s unix.Statfs_t
	if unix.Statfs(cgroupRoot, &s) != nil {
		return
	}
	if int64(s.Type) == cgroup2Type {
		h.Cgroup = "v2"
		h.CgroupLimit = quota(cgroupRoot, ownCgroup(""), readMax)
		return
	}
	var v1, v2 bool
	cpuRoot := ""
	for line := range strings.Lines(text("/proc/self/mounts")) {
		f := strings.Fields(line)
		if len(f) < 4 {
			continue
		}
		v1 = v1 || f[2] == "cgroup"
		v2 = v2 || f[2] == "cgroup2"
		if f[2] == "cgroup" && hasOption(f[3], "cpu") {
			cpuRoot = f[1]
		}
	}
	switch {
	case v1 && v2:
		h.Cgroup = "hybrid"
	case v1:
		h.Cgroup = "v1"
	}
	if cpuRoot != "" {
		h.CgroupLimit = quota(cpuRoot, ownCgroup("cpu"), readCFS)
	}
}

func hasOption(options, want string) bool {
	for o := range strings.SplitSeq(options, ",") {
		if o == want {
			return true
		}
	}
	return false
}

// ownCgroup is the process's cgroup in the hierarchy of a controller, that of
// v2 for "".
func ownCgroup(controller string) string {
	for line := range strings.Lines(text("/proc/self/cgroup")) {
		f := strings.SplitN(strings.TrimSpace(line), ":", 3)
		if len(f) == 3 && (controller == "" && f[0] == "0" || controller != "" && hasOption(f[1], controller)) {
			return f[2]
		}
	}
	return "/"
}

// quota finds the smallest limit from a cgroup up to the root of what can be
// seen.
func quota(root, own string, read func(dir string) (cpus float64, ok bool)) *fact.CgroupLimit {
	var least *fact.CgroupLimit
	for at := path.Clean("/" + own); ; at = path.Dir(at) {
		if cpus, ok := read(root + at); ok && (least == nil || cpus < least.CPUs) {
			least = &fact.CgroupLimit{CPUs: cpus, Ancestor: at != path.Clean("/"+own), Path: path.Clean(root + at)}
		}
		if at == "/" {
			return least
		}
	}
}

func readMax(dir string) (float64, bool) {
	f := strings.Fields(text(dir + "/cpu.max"))
	if len(f) != 2 {
		return 0, false
	}
	return ratio(f[0], f[1])
}

func readCFS(dir string) (float64, bool) {
	return ratio(text(dir+"/cpu.cfs_quota_us"), text(dir+"/cpu.cfs_period_us"))
}

func ratio(quota, period string) (float64, bool) {
	q, err1 := strconv.ParseFloat(quota, 64)
	p, err2 := strconv.ParseFloat(period, 64)
	if err1 != nil || err2 != nil || q <= 0 || p <= 0 {
		return 0, false
	}
	return q / p, true
}
