package modgraph

import (
	"cmp"
	"slices"
	"strings"

	"golang.org/x/mod/modfile"
	"golang.org/x/mod/semver"
)

// A Graph is the module graph of a project. It does not change after Load,
// so that any number of goroutines may use it.
type Graph struct {
	// GoVersion is the release of go that described the graph, like go1.26.1.
	GoVersion string
	// Workspace is true if a go.work unites several main modules.
	Workspace bool
	// Modules is the build list: main modules first, then by path. It is
	// what `go list -m all` prints.
	Modules []Module
	// Edges are the requirements between selected versions, sorted by From,
	// then To.
	Edges []Edge
	// Requirements is the graph of all versions that `go mod graph` prints,
	// without its go and toolchain nodes, sorted.
	Requirements []Requirement
	// Notices say what the graph lacks and why, for people.
	Notices []string

	index    map[string]int // by path
	out, in  [][]int        // edge numbers by module
	excluded map[Version]bool
	mainFile *modfile.File // that of the one main module, if it has been read
	sumFiles []string      // go.sum and go.work.sum, whether they exist or not
}

// A Version is a module path with a version; a main module has none.
type Version struct {
	Path    string `json:"path"`
	Version string `json:"version,omitempty"`
}

// String is path@version as go writes it.
func (v Version) String() string {
	if v.Version == "" {
		return v.Path
	}
	return v.Path + "@" + v.Version
}

// compareVersions puts paths in order, and the versions of one. It takes
// versions apart only if it has to: graphs have thousands.
func compareVersions(a, b Version) int {
	if a.Path != b.Path {
		return strings.Compare(a.Path, b.Path)
	}
	if a.Version == b.Version {
		return 0
	}
	return cmp.Or(semver.Compare(a.Version, b.Version), strings.Compare(a.Version, b.Version))
}

// ParseVersion splits path@version; without an @ the version is empty.
func ParseVersion(s string) Version {
	path, version, _ := strings.Cut(s, "@")
	return Version{path, version}
}

// A Module is one module of the build list.
type Module struct {
	Version
	// Main modules are those the project consists of.
	Main bool
	// Direct is true if a main module requires it without // indirect.
	Direct bool
	// Ghost is true for a module that only versions which were not selected
	// lead to (phantom class P2).
	Ghost bool
	// Tool is true if a main module's tool line names a package of it.
	Tool bool
	// GoVersion is what its go.mod asks for, like 1.24.0; empty if nothing.
	GoVersion string
	// Replace is what stands in for it, nil if nothing does.
	Replace *Replacement
	// Retracted are the reasons its author gave for taking the version back;
	// known only where LoadOptions.Updates asked for them.
	Retracted []string
	// Deprecated is the notice of its author; known like Retracted.
	Deprecated string
	// Update is a newer version; known like Retracted.
	Update string
	// Problem is why go could not load it, empty if it could.
	Problem string
	// Dir holds its source if that is on this machine, and GoMod its go.mod.
	Dir, GoMod string
}

// A Replacement is the right side of a replace line.
type Replacement struct {
	Version
	// Local replacements are directories.
	Local bool
}

// An Edge says that the selected version of a module requires another.
type Edge struct {
	// From and To index Graph.Modules.
	From, To int
	// Version is what From asks for, which may be older than what is selected.
	Version string
	// Indirect is true if the line in go.mod is marked // indirect: From has
	// it for a dependency's sake.
	Indirect bool
}

// A Requirement is an edge of the graph of all versions.
type Requirement struct{ From, To Version }

// Find returns the number of a module by path.
func (g *Graph) Find(path string) (int, bool) {
	i, ok := g.index[path]
	return i, ok
}

// Out returns the edges that leave module i, and In those that lead to it.
func (g *Graph) Out(i int) []Edge { return g.pick(g.out[i]) }

// In returns the edges that lead to module i.
func (g *Graph) In(i int) []Edge { return g.pick(g.in[i]) }

func (g *Graph) pick(numbers []int) []Edge {
	edges := make([]Edge, len(numbers))
	for k, n := range numbers {
		edges[k] = g.Edges[n]
	}
	return edges
}

// Mains returns the numbers of the main modules.
func (g *Graph) Mains() []int {
	var mains []int
	for i, m := range g.Modules {
		if m.Main {
			mains = append(mains, i)
		}
	}
	return mains
}

// Selected reports whether v is in the build list.
func (g *Graph) Selected(v Version) bool {
	i, ok := g.index[v.Path]
	return ok && g.Modules[i].Version.Version == v.Version
}

// seal sorts the graph and fills in what follows from the rest.
func (g *Graph) seal() {
	slices.SortFunc(g.Modules, func(a, b Module) int {
		if a.Main != b.Main {
			if a.Main {
				return -1
			}
			return 1
		}
		return strings.Compare(a.Path, b.Path)
	})
	g.index = make(map[string]int, len(g.Modules))
	for i, m := range g.Modules {
		g.index[m.Path] = i
	}
	slices.SortFunc(g.Requirements, func(a, b Requirement) int {
		if n := compareVersions(a.From, b.From); n != 0 {
			return n
		}
		return compareVersions(a.To, b.To)
	})
	g.Requirements = slices.Compact(g.Requirements)
}

// connect makes the selected edges from the requirements. marks tells which
// requirements of a module are // indirect.
func (g *Graph) connect(marks map[Version]map[string]bool) {
	for _, r := range g.Requirements {
		from, ok := g.index[r.From.Path]
		to, found := g.index[r.To.Path]
		if !ok || !found || from == to || !g.Selected(r.From) {
			continue
		}
		g.Edges = append(g.Edges, Edge{From: from, To: to, Version: r.To.Version, Indirect: marks[r.From][r.To.Path]})
	}
	slices.SortFunc(g.Edges, func(a, b Edge) int {
		if n := cmp.Or(a.From-b.From, a.To-b.To); n != 0 {
			return n
		}
		return -semver.Compare(a.Version, b.Version)
	})
	// One module has one line for another; keep the highest if go shows two.
	g.Edges = slices.CompactFunc(g.Edges, func(a, b Edge) bool { return a.From == b.From && a.To == b.To })
	g.out, g.in = make([][]int, len(g.Modules)), make([][]int, len(g.Modules))
	for n, e := range g.Edges {
		g.out[e.From] = append(g.out[e.From], n)
		g.in[e.To] = append(g.in[e.To], n)
		if g.Modules[e.From].Main && !e.Indirect {
			g.Modules[e.To].Direct = true
		}
	}
	reached := g.reach(g.Mains(), -1, func(Edge) bool { return true })
	for i := range g.Modules {
		g.Modules[i].Ghost = !reached[i]
	}
}

// reach marks what can be reached from the starts without passing module
// skip over edges that pass the filter.
func (g *Graph) reach(starts []int, skip int, keep func(Edge) bool) []bool {
	seen := make([]bool, len(g.Modules))
	var todo []int
	push := func(i int) {
		if i != skip && !seen[i] {
			seen[i] = true
			todo = append(todo, i)
		}
	}
	for _, i := range starts {
		push(i)
	}
	for len(todo) > 0 {
		i := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		for _, n := range g.out[i] {
			if keep(g.Edges[n]) {
				push(g.Edges[n].To)
			}
		}
	}
	return seen
}

// Essential reports whether an edge says more than that a pruned main
// module lists what its dependencies need.
func (g *Graph) Essential(e Edge) bool { return !g.Modules[e.From].Main || !e.Indirect }
