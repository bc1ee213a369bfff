package config

import (
	"fmt"
	"go/version"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// Matrix says what gust build --matrix builds. Nothing in it is a flag of go's,
// since some of those name programs that go runs.
type Matrix struct {
	// Packages are the programs to build, relative to gust.toml; without any
	// it is the working directory's.
	Packages []string `toml:"packages"`
	// Output is the folder for what is built, below that of gust.toml.
	Output string `toml:"output"`
	// Exclude are patterns of targets that the lists would give and that are
	// not wanted.
	Exclude []string `toml:"exclude"`
	// Groups are targets that have something in common.
	Groups []TargetGroup `toml:"target"`
}

// A TargetGroup stands for a target for each combination of what it lists.
type TargetGroup struct {
	GOOS   []string `toml:"goos"`
	GOARCH []string `toml:"goarch"`
	// GOAMD64, GOARM64 and GOARM concern the targets of their GOARCH.
	GOAMD64 []string `toml:"goamd64"`
	GOARM64 []string `toml:"goarm64"`
	GOARM   []string `toml:"goarm"`
	// GOEXPERIMENT has comma-separated names in each element; "" is none.
	GOEXPERIMENT []string `toml:"goexperiment"`
	// Toolchains are releases of Go, such as go1.26.8.
	Toolchains []string `toml:"toolchain"`
	// Cgo switches cgo on or off; without it that is go's to decide.
	Cgo *bool `toml:"cgo"`
	// Kernels are the Linux versions that the targets have to run on, CPUs the
	// levels of the CPUs there: v1 to v4 for amd64, v8.0 and up for arm64.
	Kernels []string `toml:"kernels"`
	CPUs    []string `toml:"cpus"`
}

// DefaultOutput is the folder for what is built if there is no other.
const DefaultOutput = "dist"

// The forms of what go and gust are told, as regular expressions. They are
// compiled when there is something to check, which is seldom.
const (
	experimentsForm = `^([a-z0-9]+(,[a-z0-9]+)*)?$`
	toolchainForm   = `^go1\.[1-9][0-9]*(\.[0-9]+|rc[1-9][0-9]*)$`
	amd64Form       = `^v[1-4]$`
	arm64Form       = `^(v8\.[0-9]|v9\.[0-5])(,(lse|crypto)){0,2}$`
	armForm         = `^[5-7](,(softfloat|hardfloat))?$`
	cpuForm         = `^(v[1-4]|v8\.[0-9]|v9\.[0-5])$`
	kernelForm      = `^[0-9]{1,3}\.[0-9]{1,4}(\.[0-9]{1,5})?([-+_~][!-~]*)?$`
)

func matches(form, value string) bool {
	return regexp.MustCompile(form).MatchString(value)
}

// systems and arches are the values of GOOS and GOARCH that a go command knows
// (internal/syslist), first class ports or not.
func systems() []string {
	return []string{"aix", "android", "darwin", "dragonfly", "freebsd", "illumos", "ios", "js", "linux", "netbsd", "openbsd", "plan9", "solaris", "wasip1", "windows"}
}

func arches() []string {
	return []string{"386", "amd64", "arm", "arm64", "loong64", "mips", "mips64", "mips64le", "mipsle", "ppc64", "ppc64le", "riscv64", "s390x", "wasm"}
}

// check refuses what could not be built, or would be written elsewhere.
func (m Matrix) check() error {
	for _, p := range m.Packages {
		if err := checkPackage(p); err != nil {
			return fmt.Errorf("matrix.packages: %w", err)
		}
	}
	if out := m.Output; out != "" && (!filepath.IsLocal(filepath.FromSlash(out)) || path.Clean(out) == "." || strings.ContainsAny(out, "\\\x00\n")) {
		return fmt.Errorf("matrix.output: %q is no folder below that of %s", out, Name)
	}
	for _, pattern := range m.Exclude {
		if _, err := path.Match(pattern, ""); err != nil || pattern == "" {
			return fmt.Errorf("matrix.exclude: %q is no pattern such as linux/386", pattern)
		}
	}
	for i, g := range m.Groups {
		if err := g.check(); err != nil {
			return fmt.Errorf("matrix.target %d: %w", i+1, err)
		}
	}
	return nil
}

// checkPackage refuses what go would not take for a package, or for one outside.
func checkPackage(p string) error {
	switch {
	case p == "" || strings.HasPrefix(p, "-"), strings.ContainsFunc(p, func(r rune) bool { return r < ' ' || r == '\\' || r == '@' }):
		return fmt.Errorf("%q is no package", p)
	case path.IsAbs(p) || filepath.IsAbs(p) || slices.Contains(strings.Split(p, "/"), ".."):
		return fmt.Errorf("%q is not below the folder of %s", p, Name)
	case strings.HasSuffix(p, ".go"):
		return fmt.Errorf("%q is a file; name its package", p)
	}
	return nil
}

func (g TargetGroup) check() error {
	if len(g.GOOS) == 0 || len(g.GOARCH) == 0 {
		return fmt.Errorf("goos and goarch have to be there, as in goos = [%q] and goarch = [%q]", "linux", "amd64")
	}
	for _, list := range []struct {
		key           string
		values, known []string
	}{{"goos", g.GOOS, systems()}, {"goarch", g.GOARCH, arches()}} {
		for _, v := range list.values {
			if !slices.Contains(list.known, v) {
				return fmt.Errorf("%s: %q is none%s", list.key, v, nearest(v, list.known))
			}
		}
	}
	for _, list := range []struct {
		key    string
		values []string
		form   string
		like   string
	}{
		{"goamd64", g.GOAMD64, amd64Form, "v1 to v4"},
		{"goarm64", g.GOARM64, arm64Form, "v8.0 to v9.5"},
		{"goarm", g.GOARM, armForm, "5, 6 or 7"},
		{"goexperiment", g.GOEXPERIMENT, experimentsForm, "names with commas between"},
		{"toolchain", g.Toolchains, toolchainForm, "a release such as go1.26.8"},
		{"kernels", g.Kernels, kernelForm, "a version such as 5.4"},
		{"cpus", g.CPUs, cpuForm, "v1 to v4 for amd64, v8.0 to v9.5 for arm64"},
	} {
		for _, v := range list.values {
			if !matches(list.form, v) {
				return fmt.Errorf("%s: %q is not %s", list.key, v, list.like)
			}
		}
	}
	return g.checkUse()
}

// oldestToolchain is the oldest release that gust drives.
const oldestToolchain = "go1.24"

// checkUse refuses what would have no effect, which is more likely a mistake.
func (g TargetGroup) checkUse() error {
	for _, t := range g.Toolchains {
		if version.Compare(t, oldestToolchain) < 0 {
			return fmt.Errorf("toolchain: %q is older than gust can drive, which is %s", t, oldestToolchain)
		}
	}
	for _, use := range []struct {
		key, arch string
		values    []string
	}{{"goamd64", "amd64", g.GOAMD64}, {"goarm64", "arm64", g.GOARM64}, {"goarm", "arm", g.GOARM}} {
		if len(use.values) > 0 && !slices.Contains(g.GOARCH, use.arch) {
			return fmt.Errorf("%s: there is no %q in goarch", use.key, use.arch)
		}
	}
	if len(g.Kernels)+len(g.CPUs) > 0 && !slices.Contains(g.GOOS, "linux") {
		return fmt.Errorf("kernels and cpus are about Linux, and there is no %q in goos", "linux")
	}
	for _, cpu := range g.CPUs {
		if arch := LevelArch(cpu); !slices.Contains(g.GOARCH, arch) {
			return fmt.Errorf("cpus: %q is a level of %s, which is not in goarch", cpu, arch)
		}
	}
	return nil
}

// LevelArch is the GOARCH that has CPUs of a level.
func LevelArch(level string) string {
	if matches(amd64Form, level) {
		return "amd64"
	}
	return "arm64"
}
