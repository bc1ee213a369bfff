package sandbox

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"github.com/gust-go/gust/testrun/sandbox/box"
)

// plan says what the tests get to see. base is the directory in which boxes are
// made.
func (o Options) plan(base string) (box.Spec, error) {
	s := box.Spec{
		Level: box.Full, Strict: o.Mode == Strict, Least: o.Require, Root: allRights(), Allow: o.Allow,
		Limits: o.Limits, Pin: o.Pin, ClockOffset: int64(o.ClockOffset),
		Trace: o.Trace, Goroutines: o.Goroutines && len(o.Users) == 0, NoLeaks: o.LeaksFail(), Packages: o.Packages,
		Env: slices.Concat(usual, o.Vars), Readable: append(slices.Clone(system), o.Env.GOROOT, o.Env.GOMODCACHE),
	}
	s.Unset = []string{"GOCACHE", "GUST_TOOLEXEC", "GUST_DEPTH"}
	for _, name := range s.Unset {
		if v := o.getenv(name); v != "" {
			s.Set = append(s.Set, name+"="+v)
		}
	}
	checkouts := o.checkouts()
	home := realDir(o.getenv("HOME"))
	if inside(base, home) || slices.Contains(checkouts, home) {
		home = ""
	}
	for i, dir := range checkouts {
		if inside(base, dir) {
			return s, fmt.Errorf("%q, where sandboxes are made, is in the checkout %q", base, dir)
		}
		t := box.Tree{Name: box.CheckoutName + strconv.Itoa(i), Path: dir}
		switch {
		case o.Through:
			s.Open = append(s.Open, dir)
		case home != "" && sameMount(home, dir):
			s.InHome = append(s.InHome, t) // an overlay is what a start takes longest for
		default:
			s.Trees = append(s.Trees, t)
		}
	}
	if home != "" {
		s.Home = home
		s.Trees = append(s.Trees, box.Tree{Name: box.HomeName, Path: home})
	}
	if dir := realDir(o.Env.GOMODCACHE); dir != "" && !inside(base, dir) {
		t := box.Tree{Name: "modcache", Path: dir, Discard: true}
		if !covered(s.Trees, dir) {
			s.Trees = append(s.Trees, t)
		} else if s.Home != "" && inside(dir, s.Home) {
			s.InHome = append(s.InHome, t)
		}
	}
	if dir := realDir(o.Env.GOROOT); dir != "" && s.Home != "" && inside(dir, s.Home) && !covered(s.InHome, dir) {
		s.ShownInHome = append(s.ShownInHome, dir)
	}
	s.Open = append(s.Open, open(s.Trees, o.getenv("GOCOVERDIR"))...)
	for _, dir := range open(s.Trees, o.Env.GOCACHE) {
		s.Cache = dir
	}
	if dir := realDir(o.telemetry()); dir != "" && !slices.ContainsFunc(s.Trees, func(t box.Tree) bool { return inside(t.Path, dir) }) {
		s.Counters = dir
	}
	s.Mounts = mountsIn(s.Trees)
	s.Shown = o.shown(s)
	return s, nil
}

// usual are the variables that strict tests see: those that say where things are
// and how to speak, and go's.
var usual = []string{
	"PATH", "HOME", "TMPDIR", "PWD", "USER", "LOGNAME", "SHELL", "LANG", "LANGUAGE", "LC_*", "TZ", "TERM", "COLUMNS", "NO_COLOR",
	"CI", "SOURCE_DATE_EPOCH", "CC", "CXX", "AR", "PKG_CONFIG*", "CGO_*", "GCCGO*",
	"GOROOT", "GOPATH", "GOCACHE", "GOMODCACHE", "GOTMPDIR", "GOFLAGS", "GOENV", "GOPROXY", "GOSUMDB", "GONOSUMDB", "GONOPROXY",
	"GOPRIVATE", "GOINSECURE", "GOVCS", "GOTOOLCHAIN", "GOWORK", "GOMOD", "GO111MODULE", "GOOS", "GOARCH", "GOAMD64", "GOARM64",
	"GOEXPERIMENT", "GODEBUG", "GOTRACEBACK", "GOMAXPROCS", "GOGC", "GOMEMLIMIT", "GORACE", "GOCOVERDIR", "GOTELEMETRY*", "GOFIPS140",
}

// system is where the system keeps programs, libraries and what they need.
var system = []string{
	"/usr", "/lib", "/lib64", "/lib32", "/bin", "/sbin", "/proc", "/sys", "/dev",
	"/etc/ld.so.cache", "/etc/ld.so.preload", "/etc/ld.so.conf", "/etc/ld.so.conf.d", "/etc/localtime", "/etc/timezone", "/etc/mime.types",
	"/etc/hosts", "/etc/resolv.conf", "/etc/nsswitch.conf", "/etc/host.conf", "/etc/gai.conf", "/etc/services", "/etc/protocols",
	"/etc/passwd", "/etc/group", "/etc/ssl", "/etc/pki", "/etc/ca-certificates", "/etc/gitconfig", "/etc/alternatives",
}

// open are those of some directories that tests may write to, as no tree is in them.
func open(trees []box.Tree, candidates ...string) []string {
	var dirs []string
	for _, dir := range candidates {
		if dir = realDir(dir); dir != "" && !slices.ContainsFunc(trees, func(t box.Tree) bool { return inside(t.Path, dir) }) {
			dirs = append(dirs, dir)
		}
	}
	return dirs
}

// telemetry is where go commands that tests run count how often they ran.
func (o Options) telemetry() string {
	if dir := o.getenv("XDG_CONFIG_HOME"); dir != "" {
		return filepath.Join(dir, "go", "telemetry")
	}
	return filepath.Join(o.getenv("HOME"), ".config", "go", "telemetry")
}

// shown are directories in /tmp and the like that tests work with: the first
// below /tmp that leads to one of theirs. They are read-only.
func (o Options) shown(s box.Spec) []string {
	places := slices.Concat(s.Open, []string{s.Cache, o.Env.GOROOT, o.Env.GOMODCACHE, o.Dir})
	for _, t := range s.Trees {
		places = append(places, t.Path)
	}
	var shown []string
	for _, private := range []string{"/tmp", "/var/tmp", "/dev/shm", o.getenv("TMPDIR")} {
		if private = realDir(private); private == "" || private == "/" {
			continue
		}
		for _, place := range places {
			rel, err := filepath.Rel(private, place)
			if err != nil || rel == "." || !filepath.IsLocal(rel) {
				continue
			}
			first, _, _ := strings.Cut(rel, "/")
			if dir := filepath.Join(private, first); !slices.Contains(shown, dir) && !inside(s.Dir, dir) {
				shown = append(shown, dir)
			}
		}
	}
	return shown
}

func covered(trees []box.Tree, dir string) bool {
	return slices.ContainsFunc(trees, func(t box.Tree) bool { return inside(dir, t.Path) })
}

// mountsIn lists the mount points within trees: an overlay does not show what
// is mounted there.
func mountsIn(trees []box.Tree) []string {
	f, err := os.Open("/proc/self/mountinfo")
	if err != nil {
		return nil
	}
	defer f.Close()
	var points []string
	for lines := bufio.NewScanner(f); lines.Scan(); {
		fields := strings.Fields(lines.Text())
		if len(fields) < 5 {
			continue
		}
		point := unescape(fields[4])
		if slices.ContainsFunc(trees, func(t box.Tree) bool { return point != t.Path && inside(point, t.Path) }) {
			points = append(points, point)
		}
	}
	return points
}

// sameMount reports whether an overlay on a directory shows another, too.
func sameMount(dir, below string) bool {
	if !inside(below, dir) {
		return false
	}
	return !slices.ContainsFunc(mountsIn([]box.Tree{{Path: dir}}), func(point string) bool { return inside(below, point) })
}

// unescape undoes what the kernel does to spaces and the like in names.
func unescape(s string) string {
	for _, c := range []string{" ", "\t", "\n", `\`} {
		s = strings.ReplaceAll(s, fmt.Sprintf(`\%03o`, c[0]), c)
	}
	return s
}

// allRights reports whether any user ID can be mapped into a namespace.
func allRights() bool {
	if os.Geteuid() != 0 {
		return false
	}
	data, err := os.ReadFile("/proc/self/uid_map")
	fields := strings.Fields(string(data))
	if err != nil || len(fields) != 3 || fields[2] != "4294967295" {
		return false
	}
	return hasCapabilities(setuid, setgid, sysAdmin)
}

// Numbers of capabilities.
const (
	setgid   = 6
	setuid   = 7
	sysAdmin = 21
)

func hasCapabilities(numbers ...int) bool {
	data, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return false
	}
	_, text, _ := strings.Cut(string(data), "\nCapEff:\t")
	text, _, _ = strings.Cut(text, "\n")
	set, err := strconv.ParseUint(text, 16, 64)
	if err != nil {
		return false
	}
	for _, n := range numbers {
		if set&(1<<n) == 0 {
			return false
		}
	}
	return true
}

// owned reports whether a directory is ours alone.
func owned(info os.FileInfo) bool {
	st, ok := info.Sys().(*syscall.Stat_t)
	return ok && info.IsDir() && int(st.Uid) == os.Getuid() && info.Mode().Perm()&0o077 == 0
}
