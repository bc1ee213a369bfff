package modgraph

import (
	"math/big"
	"slices"

	"golang.org/x/mod/semver"
)

// A Why explains one module of the graph.
type Why struct {
	Module Module
	// Paths are requirement paths from a main module, shortest first; at
	// most as many as were asked for.
	Paths [][]Step
	// Count is how many there are, counting a cycle as one step. It can have
	// many digits.
	Count *big.Int
	// Forces are the requirements that ask for exactly the selected version,
	// which is the highest that any asks for (minimal version selection).
	Forces []Requirement
	// Others are the next lower versions asked for, highest first, each with
	// one requirement that does.
	Others []Requirement
	// Listed is true if a main module's go.mod only lists the module as
	// // indirect and no requirement of another module leads to it.
	Listed bool
}

// A Step is one requirement on a path.
type Step struct {
	Module Version
	// Asked is the version that the step before asks for, which may be lower
	// than that of Module.
	Asked string
	// Indirect is true for a requirement marked // indirect.
	Indirect bool
}

// Why explains module i with at most limit paths.
func (g *Graph) Why(i, limit int) Why {
	w := Why{Module: g.Modules[i]}
	keep := g.Essential
	if !g.reach(g.Mains(), -1, keep)[i] {
		w.Listed = true
		keep = func(Edge) bool { return true }
	}
	w.Paths = g.paths(i, limit, keep)
	w.Count = g.countPaths(i, keep)
	for _, r := range g.Requirements {
		if r.To.Path != w.Module.Path || r.From.Path == w.Module.Path {
			continue
		}
		if r.To.Version == w.Module.Version.Version {
			w.Forces = append(w.Forces, r)
		} else if semver.Compare(r.To.Version, w.Module.Version.Version) < 0 {
			w.Others = append(w.Others, r)
		}
	}
	slices.SortStableFunc(w.Forces, func(a, b Requirement) int { return g.rank(a.From) - g.rank(b.From) })
	slices.SortStableFunc(w.Others, func(a, b Requirement) int { return -semver.Compare(a.To.Version, b.To.Version) })
	w.Others = slices.CompactFunc(w.Others, func(a, b Requirement) bool { return a.To == b.To })
	return w
}

// rank sorts main modules first, then selected versions, then others.
func (g *Graph) rank(v Version) int {
	i, ok := g.index[v.Path]
	switch {
	case ok && g.Modules[i].Main:
		return 0
	case g.Selected(v):
		return 1
	}
	return 2
}

// paths enumerates simple paths to the target, shortest first. It walks
// backwards, level by level, only through modules that a main module leads
// to, and stops at the limit; the number of partial paths is bounded too, as
// a cycle has a great many.
func (g *Graph) paths(target, limit int, keep func(Edge) bool) [][]Step {
	reached := g.reach(g.Mains(), -1, keep)
	type partial struct {
		edges []int // from the target backwards
		at    int
	}
	const maxPartial = 200_000
	queue := []partial{{at: target}}
	var out [][]Step
	if g.Modules[target].Main {
		return [][]Step{{{Module: g.Modules[target].Version}}}
	}
	for made := 0; len(queue) > 0 && len(out) < limit && made < maxPartial; {
		p := queue[0]
		queue = queue[1:]
		for _, n := range g.in[p.at] {
			e := g.Edges[n]
			if !keep(e) || !reached[e.From] || e.From == target || slices.ContainsFunc(p.edges, func(k int) bool { return g.Edges[k].From == e.From }) {
				continue
			}
			made++
			q := partial{append(slices.Clone(p.edges), n), e.From}
			if g.Modules[e.From].Main {
				if out = append(out, g.steps(q.edges)); len(out) == limit {
					break
				}
				continue
			}
			queue = append(queue, q)
		}
	}
	return out
}

func (g *Graph) steps(backwards []int) []Step {
	first := g.Edges[backwards[len(backwards)-1]]
	steps := []Step{{Module: g.Modules[first.From].Version}}
	for _, n := range slices.Backward(backwards) {
		e := g.Edges[n]
		steps = append(steps, Step{Module: g.Modules[e.To].Version, Asked: e.Version, Indirect: e.Indirect})
	}
	return steps
}

// countPaths counts the paths from the main modules in the graph whose
// cycles are condensed: counting simple paths through cycles is not feasible.
func (g *Graph) countPaths(target int, keep func(Edge) bool) *big.Int {
	succ := make([][]int, len(g.Modules))
	for _, e := range g.Edges {
		if keep(e) && !g.Modules[e.To].Main {
			succ[e.From] = append(succ[e.From], e.To)
		}
	}
	comp, count := components(succ)
	ways := make([]*big.Int, count)
	for c := range ways {
		ways[c] = new(big.Int)
	}
	ways[comp[target]].SetInt64(1)
	members := groups(comp, count)
	for c := comp[target] + 1; c < count; c++ { // successors have lower numbers
		next := map[int]bool{}
		for _, v := range members[c] {
			for _, w := range succ[v] {
				if comp[w] != c {
					next[comp[w]] = true
				}
			}
		}
		for d := range next {
			ways[c].Add(ways[c], ways[d])
		}
	}
	total := new(big.Int)
	for _, m := range g.Mains() {
		total.Add(total, ways[comp[m]])
	}
	return total
}

// RDeps returns the requirements that lead to a path at any version, or at
// exactly the given one, with those of selected versions first.
func (g *Graph) RDeps(v Version) []Requirement {
	var out []Requirement
	for _, r := range g.Requirements {
		if r.To.Path == v.Path && (v.Version == "" || r.To.Version == v.Version) {
			out = append(out, r)
		}
	}
	slices.SortStableFunc(out, func(a, b Requirement) int { return g.rank(a.From) - g.rank(b.From) })
	return out
}

// A Cut is what would leave the build list with a module.
type Cut struct {
	Module Module
	// Leaves are the modules that only it leads to, itself not among them.
	Leaves []Module
	// Stays is how many modules would be left.
	Stays int
	// By are the requirements that would have to go.
	By []Requirement
}

// Cut says what leaves if module i leaves.
func (g *Graph) Cut(i int) Cut {
	c := Cut{Module: g.Modules[i]}
	before := g.reach(g.Mains(), -1, g.Essential)
	after := g.reach(g.Mains(), i, g.Essential)
	for k, m := range g.Modules {
		switch {
		case k == i:
		case before[k] && !after[k]:
			c.Leaves = append(c.Leaves, m)
		case after[k]:
			c.Stays++
		}
	}
	for _, e := range g.In(i) {
		if g.Essential(e) && after[e.From] {
			c.By = append(c.By, Requirement{g.Modules[e.From].Version, Version{c.Module.Path, e.Version}})
		}
	}
	return c
}

// A Weight says how much hangs on a module.
type Weight struct {
	Module Module
	// Dependents count the modules that lead to it, Requirers those that
	// require it, Exclusive those that would leave with it, itself included.
	Dependents, Requirers, Exclusive int
}

// Weights returns the weights of all modules but the main ones, the
// heaviest first.
func (g *Graph) Weights() []Weight {
	var out []Weight
	pred := make([][]int, len(g.Modules))
	for _, e := range g.Edges {
		if g.Essential(e) {
			pred[e.To] = append(pred[e.To], e.From)
		}
	}
	for i, m := range g.Modules {
		if m.Main {
			continue
		}
		w := Weight{Module: m, Requirers: len(pred[i]), Exclusive: 1 + len(g.Cut(i).Leaves)}
		seen := map[int]bool{i: true}
		for todo := slices.Clone(pred[i]); len(todo) > 0; {
			k := todo[len(todo)-1]
			todo = todo[:len(todo)-1]
			if !seen[k] {
				seen[k] = true
				todo = append(todo, pred[k]...)
			}
		}
		w.Dependents = len(seen) - 1
		out = append(out, w)
	}
	slices.SortStableFunc(out, func(a, b Weight) int {
		if a.Exclusive != b.Exclusive {
			return b.Exclusive - a.Exclusive
		}
		return b.Dependents - a.Dependents
	})
	return out
}
