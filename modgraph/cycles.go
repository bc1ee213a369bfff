package modgraph

import (
	"cmp"
	"slices"

	"golang.org/x/mod/semver"
)

// Kinds of cycles.
const (
	// VersionCycle: exact versions require each other. Authors who release
	// modules of one repository together make them.
	VersionCycle = "versions"
	// ModuleCycle: selected versions lead back to each other, if not always
	// by the versions they ask for. Old versions get dragged in by them, see
	// golang/go#36369.
	ModuleCycle = "modules"
	// SelfCycle: a module requires an older version of itself.
	SelfCycle = "self"
)

// A Cycle is a set of modules each of which leads to all others.
type Cycle struct {
	Kind string `json:"kind"`
	// Members are sorted.
	Members []Version `json:"members"`
	// Example is a shortest cycle through the first member.
	Example []Version `json:"example"`
}

// Cycles finds all cycles of modules. Packages cannot import each other in
// a circle, so there is no kind for them.
func (g *Graph) Cycles() []Cycle {
	cycles := append(g.versionCycles(), g.moduleCycles()...)
	return append(cycles, g.selfCycles()...)
}

func (g *Graph) moduleCycles() []Cycle {
	succ := make([][]int, len(g.Modules))
	for _, e := range g.Edges {
		succ[e.From] = append(succ[e.From], e.To)
	}
	return cyclesOf(ModuleCycle, succ, func(i int) Version { return g.Modules[i].Version })
}

func (g *Graph) versionCycles() []Cycle {
	number := make(map[Version]int)
	var nodes []Version
	of := func(v Version) int {
		n, ok := number[v]
		if !ok {
			n = len(nodes)
			number[v] = n
			nodes = append(nodes, v)
		}
		return n
	}
	for _, r := range g.Requirements {
		of(r.From)
		of(r.To)
	}
	succ := make([][]int, len(nodes))
	for _, r := range g.Requirements {
		if r.From != r.To {
			succ[number[r.From]] = append(succ[number[r.From]], number[r.To])
		}
	}
	return cyclesOf(VersionCycle, succ, func(i int) Version { return nodes[i] })
}

func cyclesOf(kind string, succ [][]int, name func(int) Version) []Cycle {
	var cycles []Cycle
	comp, count := components(succ)
	for c, members := range groups(comp, count) {
		if len(members) < 2 {
			continue
		}
		slices.SortFunc(members, func(a, b int) int { return compareVersions(name(a), name(b)) })
		cycle := Cycle{Kind: kind}
		for _, m := range members {
			cycle.Members = append(cycle.Members, name(m))
		}
		for _, m := range shortestCycle(succ, members[0], func(i int) bool { return comp[i] == c }) {
			cycle.Example = append(cycle.Example, name(m))
		}
		cycles = append(cycles, cycle)
	}
	slices.SortFunc(cycles, func(a, b Cycle) int {
		return cmp.Or(len(b.Members)-len(a.Members), compareVersions(a.Members[0], b.Members[0]))
	})
	return cycles
}

func (g *Graph) selfCycles() []Cycle {
	var cycles []Cycle
	for _, r := range g.Requirements {
		if r.From.Path == r.To.Path && r.From.Version != r.To.Version &&
			(r.From.Version == "" || semver.Compare(r.From.Version, r.To.Version) > 0) {
			pair := []Version{r.From, r.To}
			cycles = append(cycles, Cycle{Kind: SelfCycle, Members: pair, Example: pair})
		}
	}
	return cycles
}
