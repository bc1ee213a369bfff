package matrix

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/gust-go/gust/internal/config"
)

// maxTargets bounds what a few lists can ask for.
const maxTargets = 200

// A Target is what one build of a matrix is for.
type Target struct {
	GOOS, GOARCH string
	// LevelVar is GOAMD64, GOARM64 or GOARM, and Level its value; empty leaves
	// it as it is.
	LevelVar, Level string
	// Experiment is the value of GOEXPERIMENT if HasExperiment.
	Experiment    string
	HasExperiment bool
	// Toolchain is the value of GOTOOLCHAIN; empty leaves it as it is.
	Toolchain string
	// Cgo switches cgo, unless it is nil.
	Cgo *bool
	// Kernels and CPUs are what it has to run on.
	Kernels, CPUs []string
}

// parts are what tells the target from others, what go calls first in front.
func (t Target) parts() []string {
	parts := []string{t.GOOS, t.GOARCH}
	for _, p := range []string{t.Level, t.Experiment, t.Toolchain} {
		if p != "" {
			parts = append(parts, strings.ReplaceAll(p, ",", "+"))
		}
	}
	if t.Cgo != nil && *t.Cgo {
		parts = append(parts, "cgo")
	}
	return parts
}

// Name is what the target is called and asked for by, as in linux/amd64/v3.
func (t Target) Name() string { return strings.Join(t.parts(), "/") }

// Folder is the folder for what is built, as in linux-amd64-v3.
func (t Target) Folder() string { return strings.Join(t.parts(), "-") }

// Vars are the variables that make go build for the target, as name=value.
func (t Target) Vars() []string {
	vars := []string{"GOOS=" + t.GOOS, "GOARCH=" + t.GOARCH}
	if t.Level != "" {
		vars = append(vars, t.LevelVar+"="+t.Level)
	}
	if t.HasExperiment {
		vars = append(vars, "GOEXPERIMENT="+t.Experiment)
	}
	if t.Toolchain != "" {
		vars = append(vars, "GOTOOLCHAIN="+t.Toolchain)
	}
	if t.Cgo != nil {
		vars = append(vars, "CGO_ENABLED="+map[bool]string{true: "1", false: "0"}[*t.Cgo])
	}
	return vars
}

// Expand lists the targets of a matrix in the order in which it names them.
// Two of the same name are an error: one would overwrite the other.
func Expand(m config.Matrix) ([]Target, error) {
	var all []Target
	group := make(map[string]int)
	used := make(map[string]bool) // patterns of m.Exclude
	for i, g := range m.Groups {
		if n := size(g); len(all)+n > maxTargets {
			return nil, fmt.Errorf("matrix.target %d: these are more than %d targets", i+1, maxTargets)
		}
		for _, t := range expand(g) {
			switch before, twice := group[strings.ToLower(t.Folder())]; {
			case excluded(t, m.Exclude, used):
				continue
			case twice && before == i+1:
				return nil, fmt.Errorf("matrix.target %d: %s is in it twice", i+1, t.Name())
			case twice:
				return nil, fmt.Errorf("matrix.target %d: %s is in matrix.target %d as well", i+1, t.Name(), before)
			}
			group[strings.ToLower(t.Folder())] = i + 1
			all = append(all, t)
		}
	}
	for _, pattern := range m.Exclude {
		if !used[pattern] {
			return nil, fmt.Errorf("matrix.exclude: %q matches no target", pattern)
		}
	}
	return all, nil
}

// size is how many targets a group has at most.
func size(g config.TargetGroup) int {
	n := 1
	for _, list := range [][]string{g.GOOS, g.GOARCH, g.GOEXPERIMENT, g.Toolchains} {
		n = min(n*max(len(list), 1), maxTargets+1)
	}
	return min(n*max(len(g.GOAMD64), len(g.GOARM64), len(g.GOARM), 1), maxTargets+1)
}

func expand(g config.TargetGroup) []Target {
	var list []Target
	for _, goos := range g.GOOS {
		for _, arch := range g.GOARCH {
			levelVar, levels := levelsOf(g, arch)
			for _, level := range orNone(levels) {
				for _, exp := range orNone(g.GOEXPERIMENT) {
					for _, tool := range orNone(g.Toolchains) {
						t := Target{
							GOOS: goos, GOARCH: arch, LevelVar: levelVar, Level: level, Toolchain: tool, Cgo: g.Cgo,
							Experiment: exp, HasExperiment: len(g.GOEXPERIMENT) > 0,
						}
						if goos == "linux" { // nothing else has these kernels
							t.Kernels, t.CPUs = g.Kernels, cpusOf(g, arch)
						}
						list = append(list, t)
					}
				}
			}
		}
	}
	return list
}

// levelsOf are the levels to build an architecture for.
func levelsOf(g config.TargetGroup, arch string) (variable string, levels []string) {
	switch arch {
	case "amd64":
		return "GOAMD64", g.GOAMD64
	case "arm64":
		return "GOARM64", g.GOARM64
	case "arm":
		return "GOARM", g.GOARM
	}
	return "", nil
}

// cpusOf are the declared levels that are levels of an architecture.
func cpusOf(g config.TargetGroup, arch string) []string {
	return slices.DeleteFunc(slices.Clone(g.CPUs), func(cpu string) bool { return config.LevelArch(cpu) != arch })
}

func orNone(list []string) []string {
	if len(list) == 0 {
		return []string{""}
	}
	return list
}

// excluded reports whether a target is to be left out, and notes because of
// which patterns.
func excluded(t Target, patterns []string, used map[string]bool) bool {
	out := false
	for _, p := range patterns {
		if Match(p, t) {
			out, used[p] = true, true
		}
	}
	return out
}

// Match reports whether a target is one that a pattern names. The first two
// elements of the pattern stand for GOOS and GOARCH, each further one for any
// of what else there is to the name; * stands for anything within an element.
func Match(pattern string, t Target) bool {
	parts := t.parts()
	for i, want := range strings.Split(pattern, "/") {
		among := parts[2:]
		if i < 2 {
			among = parts[i : i+1]
		}
		if !slices.ContainsFunc(among, func(have string) bool {
			ok, err := path.Match(want, have)
			return err == nil && ok
		}) {
			return false
		}
	}
	return true
}

// Select keeps the targets that one of some comma-separated patterns names. A
// pattern that names none is an error, since it may be a typing mistake.
func Select(all []Target, patterns string) ([]Target, error) {
	keep := make([]bool, len(all))
	for pattern := range strings.SplitSeq(patterns, ",") {
		found := false
		for i, t := range all {
			if Match(pattern, t) {
				keep[i], found = true, true
			}
		}
		if !found {
			return nil, fmt.Errorf("no target of %s matches %q", config.Name, pattern)
		}
	}
	var kept []Target
	for i, t := range all {
		if keep[i] {
			kept = append(kept, t)
		}
	}
	return kept, nil
}
