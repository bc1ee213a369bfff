package modgraph

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/gust-go/gust/internal/fault"
)

// MaxNodes is how many nodes a picture that cannot be zoomed into may have
// and still be read: gin's 55 read well, prometheus' 377 do not.
const MaxNodes = 80

// Collapse says what becomes one node.
type Collapse string

// The values of Collapse.
const (
	CollapseNone   Collapse = ""
	CollapseModule Collapse = "module" // packages of a module
	CollapseOrg    Collapse = "org"    // modules of an organisation, like github.com/prometheus
	CollapseHost   Collapse = "host"   // modules of a host, like github.com
)

// ParseCollapse reads the value of --collapse.
func ParseCollapse(s string) (Collapse, error) {
	switch c := Collapse(s); c {
	case CollapseNone, CollapseModule, CollapseOrg, CollapseHost:
		return c, nil
	}
	return "", fmt.Errorf("%q is none of org, host and module", s)
}

// ViewOptions say what of a graph to show.
type ViewOptions struct {
	// Focus are paths, or their last elements, around which to show
	// everything within Depth steps; none is the main modules.
	Focus []string
	// Depth is how many steps to show, 0 for all (2 with Focus).
	Depth int
	// Collapse unites nodes.
	Collapse Collapse
	// All shows every requirement: nothing is condensed or reduced.
	All bool
	// Limit collapses what has more nodes; 0 never does.
	Limit int
	// Bytes are sizes by module path, to show; may be nil.
	Bytes map[string]int64
}

// NodeKind is the part that a node plays.
type NodeKind string

// The kinds.
const (
	MainNode     NodeKind = "main"
	DirectNode   NodeKind = "direct"
	IndirectNode NodeKind = "indirect"
	GhostNode    NodeKind = "ghost"
	GroupNode    NodeKind = "group"
	CycleNode    NodeKind = "cycle"
)

// A Node is one box of a picture.
type Node struct {
	// ID is unique and stable: a path, or that of the first member.
	ID string
	// Label and Detail are the lines of text in it; Detail may be empty.
	Label, Detail string
	Kind          NodeKind
	// Direct is true if a main module requires a member directly.
	Direct bool
	// Replaced, Problem mark members with a replacement or a load error.
	Replaced, Problem bool
	// Members are the modules it stands for.
	Members []string
	// Cluster is the organisation, like github.com/prometheus.
	Cluster string
	// URL documents it.
	URL string
	// Bytes is its size in a binary, 0 if unknown.
	Bytes int64
}

// Link styles.
const (
	Solid  = "solid"
	Dashed = "dashed" // a direct requirement that the reduction implies
	Dotted = "dotted" // listed as // indirect, by or for a ghost
)

// A Link is one arrow of a picture.
type Link struct {
	From, To int
	Style    string
	// Version is what From asks for, if it is one requirement.
	Version string
}

// A View is what a picture shows: sorted, and the same for the same graph.
type View struct {
	// Title names the main modules.
	Title string
	Nodes []Node
	Links []Link
	// Modules and Requirements count what the graph has; Hidden counts the
	// requirements that the reduction leaves out.
	Modules, Requirements, Hidden int
	// Unit is what nodes are: module or package.
	Unit string
	// Notices say what was left out and how to see it.
	Notices []string
}

// source is a graph of modules or packages in the terms of a view.
type source struct {
	nodes []Node
	links []Link
	roots []int
	unit  string
	title string
}

// NewView makes a view of the module graph.
func NewView(g *Graph, opts ViewOptions) (*View, error) {
	s := source{unit: "module", title: g.title(), roots: g.Mains()}
	for _, m := range g.Modules {
		n := Node{ID: m.Path, Label: m.Path, Detail: m.Version.Version, Kind: m.kind(), Direct: m.Direct,
			Members: []string{m.Version.String()}, Cluster: org(m.Path), Problem: m.Problem != "", Bytes: opts.Bytes[m.Path]}
		if m.Replace != nil {
			n.Replaced, n.Detail = true, strings.TrimSpace(m.Version.Version+" => "+shortReplacement(m.Replace))
		}
		if !m.Main && strings.Contains(strings.Split(m.Path, "/")[0], ".") {
			n.URL = "https://pkg.go.dev/" + m.Version.String()
		}
		s.nodes = append(s.nodes, n)
	}
	essential := g.reach(g.Mains(), -1, g.Essential)
	for _, e := range g.Edges {
		if g.Modules[e.To].Main {
			continue // back to the start; gust graph cycles shows it
		}
		l := Link{From: e.From, To: e.To, Style: Solid, Version: e.Version}
		if !g.Essential(e) {
			if essential[e.To] && !opts.All {
				continue
			}
			l.Style = Dotted
		}
		s.links = append(s.links, l)
	}
	return s.view(opts)
}

// NewPackageView makes a view of a package graph.
func NewPackageView(p *Packages, opts ViewOptions) (*View, error) {
	s := source{unit: "package", title: "packages"}
	imported := make([]bool, len(p.Packages))
	for i, pkg := range p.Packages {
		n := Node{ID: pkg.ImportPath, Label: pkg.ImportPath, Kind: IndirectNode, Members: []string{pkg.ImportPath}, Cluster: pkg.Module}
		if pkg.Main {
			n.Kind = MainNode
		}
		if opts.Collapse == CollapseOrg || opts.Collapse == CollapseHost {
			n.Cluster = org(pkg.ImportPath)
		}
		n.URL = "https://pkg.go.dev/" + pkg.ImportPath
		s.nodes = append(s.nodes, n)
		for _, k := range pkg.Imports {
			s.links = append(s.links, Link{From: i, To: k, Style: Solid})
			imported[k] = true
		}
	}
	for _, l := range s.links {
		if p.Packages[l.From].Main && !p.Packages[l.To].Main {
			s.nodes[l.To].Kind, s.nodes[l.To].Direct = DirectNode, true
		}
	}
	for i := range p.Packages {
		if !imported[i] {
			s.roots = append(s.roots, i)
		}
	}
	return s.view(opts)
}

func shortReplacement(r *Replacement) string {
	if r.Version.Version != "" && len(r.Version.String()) < 40 {
		return r.Version.String()
	}
	return r.Path
}

func (g *Graph) title() string {
	var names []string
	for _, i := range g.Mains() {
		names = append(names, g.Modules[i].Path)
	}
	if len(names) > 3 {
		names = append(names[:2], fmt.Sprintf("and %d more", len(names)-2))
	}
	return strings.Join(names, ", ")
}

func (m Module) kind() NodeKind {
	switch {
	case m.Main:
		return MainNode
	case m.Direct:
		return DirectNode
	case m.Ghost:
		return GhostNode
	}
	return IndirectNode
}

// org is the organisation of a path: the host and, where a host has many
// owners, the element behind it.
func org(path string) string {
	parts := strings.Split(path, "/")
	switch host := parts[0]; {
	case !strings.Contains(host, "."):
		return host
	case len(parts) > 1 && many(host):
		return host + "/" + parts[1]
	default:
		return host
	}
}

// many lists the hosts on which everybody can have a module, so that the
// host says nothing about who made it.
func many(host string) bool {
	switch host {
	case "github.com", "gitlab.com", "bitbucket.org", "codeberg.org", "gitee.com", "git.sr.ht", "sourcehut.org", "launchpad.net":
		return true
	}
	return false
}

func host(path string) string { h, _, _ := strings.Cut(path, "/"); return h }

func (s *source) view(opts ViewOptions) (*View, error) {
	v := &View{Title: s.title, Unit: s.unit, Modules: len(s.nodes), Requirements: len(s.links)}
	if err := s.focus(opts); err != nil {
		return nil, err
	}
	if opts.Collapse != CollapseNone {
		s.collapse(opts.Collapse)
	}
	if !opts.All {
		if opts.Collapse == CollapseNone || opts.Collapse == CollapseModule {
			s.condense() // organisations require each other all the time
		}
		v.Hidden = s.reduce()
	}
	if opts.Limit > 0 && len(s.nodes) > opts.Limit {
		s.fit(v, opts)
	}
	s.sort()
	v.Nodes, v.Links = s.nodes, s.links
	return v, nil
}

// fit collapses a view that is too large for its picture, as far as needed.
func (s *source) fit(v *View, opts ViewOptions) {
	before := len(s.nodes)
	steps := []Collapse{CollapseModule, CollapseOrg, CollapseHost}
	if s.unit == "module" {
		steps = steps[1:]
	}
	for _, c := range steps {
		if c == CollapseHost || opts.Collapse == CollapseHost || len(s.nodes) <= opts.Limit {
			break // nearly everything is on one host: that says nothing
		}
		s.collapse(c)
		v.Hidden += s.reduce()
		v.Notices = append(v.Notices, fmt.Sprintf("%d nodes are more than a picture can show: collapsed by %s to %d (--all shows everything, --format=html can be zoomed and searched)", before, c, len(s.nodes)))
	}
	if len(s.nodes) <= opts.Limit || opts.All {
		return
	}
	s.neighbours()
	v.Notices = append(v.Notices, fmt.Sprintf("that is still too many: what only others lead to is left out, %d nodes remain (try --focus=PATH --depth=2)", len(s.nodes)))
}

// neighbours keeps the roots and what they link to.
func (s *source) neighbours() {
	keep := make([]bool, len(s.nodes))
	for _, r := range s.roots {
		keep[r] = true
	}
	for _, l := range s.links {
		if slices.Contains(s.roots, l.From) {
			keep[l.To] = true
		}
	}
	s.subset(keep)
}

// focus keeps what is near the focus, or near the roots if there is none.
func (s *source) focus(opts ViewOptions) error {
	if len(opts.Focus) == 0 && opts.Depth == 0 {
		return nil
	}
	starts, depth := s.roots, opts.Depth
	if len(opts.Focus) > 0 {
		starts = nil
		for _, f := range opts.Focus {
			hits := s.match(f)
			if len(hits) == 0 {
				return fault.New(fault.NotFound, "run: gust graph --all", "--focus: no %s is called %q", s.unit, f)
			}
			starts = append(starts, hits...)
		}
		if depth == 0 {
			depth = 2
		}
	}
	keep := make([]bool, len(s.nodes))
	walk := func(forward bool) {
		dist := make(map[int]int)
		queue := slices.Clone(starts)
		for _, i := range starts {
			dist[i], keep[i] = 0, true
		}
		next := make([][]int, len(s.nodes))
		for _, l := range s.links {
			if forward {
				next[l.From] = append(next[l.From], l.To)
			} else {
				next[l.To] = append(next[l.To], l.From)
			}
		}
		for len(queue) > 0 {
			i := queue[0]
			queue = queue[1:]
			for _, k := range next[i] {
				if _, seen := dist[k]; !seen && dist[i] < depth {
					dist[k], keep[k] = dist[i]+1, true
					queue = append(queue, k)
				}
			}
		}
	}
	walk(true)
	if len(opts.Focus) > 0 {
		walk(false)
	}
	s.subset(keep)
	return nil
}

// match finds nodes by path, or by the last elements of one.
func (s *source) match(name string) []int {
	name, _, _ = strings.Cut(name, "@")
	var hits []int
	for i, n := range s.nodes {
		if n.ID == name {
			return []int{i}
		}
		if strings.HasSuffix(n.ID, "/"+name) {
			hits = append(hits, i)
		}
	}
	return hits
}

// subset drops all nodes but those to keep.
func (s *source) subset(keep []bool) {
	to := make([]int, len(s.nodes))
	var nodes []Node
	for i, n := range s.nodes {
		to[i] = -1
		if keep[i] {
			to[i] = len(nodes)
			nodes = append(nodes, n)
		}
	}
	s.renumber(nodes, to)
}

// renumber replaces the nodes; to[i] is the new number of node i, or -1.
// Links between the same two nodes become one, those within one vanish.
func (s *source) renumber(nodes []Node, to []int) {
	best := make(map[[2]int]Link)
	for _, l := range s.links {
		k := [2]int{to[l.From], to[l.To]}
		if k[0] < 0 || k[1] < 0 || k[0] == k[1] {
			continue
		}
		old, ok := best[k]
		l.From, l.To = k[0], k[1]
		if ok {
			l.Version = ""
			if old.Style == Solid {
				l.Style = Solid
			}
		}
		best[k] = l
	}
	s.links = s.links[:0]
	for _, l := range best {
		s.links = append(s.links, l)
	}
	var roots []int
	for _, r := range s.roots {
		if to[r] >= 0 {
			roots = append(roots, to[r])
		}
	}
	slices.Sort(roots)
	s.nodes, s.roots = nodes, slices.Compact(roots)
	s.sortLinks()
}

func (s *source) sortLinks() {
	slices.SortFunc(s.links, func(a, b Link) int { return cmp.Or(a.From-b.From, a.To-b.To) })
}

// collapse unites nodes, but never main ones.
func (s *source) collapse(c Collapse) {
	key := func(n Node) string {
		switch {
		case n.Kind == MainNode && s.unit == "module", n.Cluster == "":
			return n.ID // a cycle of several organisations has no cluster
		case c == CollapseHost:
			return host(n.Cluster)
		case c == CollapseModule && s.unit == "module":
			return n.ID
		}
		return n.Cluster
	}
	s.unite(key, func(name string, members []Node) Node {
		return Node{ID: name, Label: name, Kind: GroupNode, Detail: count(len(members), s.unit), Cluster: members[0].Cluster}
	})
}

func count(n int, unit string) string {
	if n == 1 {
		return "1 " + unit
	}
	return fmt.Sprintf("%d %ss", n, unit)
}

// condense makes one node of each cycle.
func (s *source) condense() {
	succ := make([][]int, len(s.nodes))
	for _, l := range s.links {
		succ[l.From] = append(succ[l.From], l.To)
	}
	comp, _ := components(succ)
	first := make(map[int]string)
	size := make(map[int]int)
	for i, n := range s.nodes {
		if old, ok := first[comp[i]]; !ok || n.ID < old {
			first[comp[i]] = n.ID
		}
		size[comp[i]]++
	}
	name := make(map[string]string)
	for i, n := range s.nodes {
		name[n.ID] = first[comp[i]]
	}
	s.unite(func(n Node) string { return name[n.ID] }, cycleNode)
}

// cycleNode stands for the members of a cycle.
func cycleNode(name string, members []Node) Node {
	n := Node{ID: name, Kind: CycleNode, Cluster: members[0].Cluster, Detail: fmt.Sprintf("cycle of %d", len(members))}
	common := members[0].Label
	for _, m := range members {
		for common != "" && m.Label != common && !strings.HasPrefix(m.Label, common+"/") {
			common = common[:max(0, strings.LastIndexByte(common, '/'))]
		}
		if m.Kind == MainNode {
			n.Kind = MainNode
		}
	}
	n.Label = name + ", …"
	if len(members) <= 3 && strings.Contains(common, "/") {
		var rest []string
		for _, m := range members {
			rest = append(rest, strings.TrimPrefix(strings.TrimPrefix(m.Label, common), "/"))
		}
		slices.Sort(rest)
		n.Label = common + "/{" + strings.Join(rest, ",") + "}"
	} else if strings.Contains(common, "/") || len(members) > 3 && common != "" {
		n.Label = common + "/…"
	}
	return n
}

// unite makes one node of all with the same key. A node that stays alone
// stays as it is.
func (s *source) unite(key func(Node) string, merge func(string, []Node) Node) {
	members := make(map[string][]Node)
	for _, n := range s.nodes {
		members[key(n)] = append(members[key(n)], n)
	}
	number := make(map[string]int)
	var nodes []Node
	for _, k := range slices.Sorted(maps.Keys(members)) {
		list := members[k]
		n := list[0]
		if len(list) > 1 {
			n = merge(k, list)
			for _, m := range list {
				n.Members = append(n.Members, m.Members...)
				n.Direct = n.Direct || m.Direct
				n.Replaced = n.Replaced || m.Replaced
				n.Problem = n.Problem || m.Problem
				n.Bytes += m.Bytes
				if m.Cluster != n.Cluster {
					n.Cluster = ""
				}
			}
			if n.Kind == GroupNode {
				n.Detail = count(len(n.Members), s.unit)
			}
			slices.Sort(n.Members)
		}
		number[k] = len(nodes)
		nodes = append(nodes, n)
	}
	to := make([]int, len(s.nodes))
	for i, n := range s.nodes {
		to[i] = number[key(n)]
	}
	s.renumber(nodes, to)
}

// reduce drops links that others imply and says how many. Links of a root
// to what it requires directly stay, dashed.
func (s *source) reduce() (hidden int) {
	pairs := make([][2]int, len(s.links))
	for i, l := range s.links {
		pairs[i] = [2]int{l.From, l.To}
	}
	keep := reduction(len(s.nodes), pairs)
	var links []Link
	for i, l := range s.links {
		switch {
		case keep[i]:
		case s.nodes[l.From].Kind == MainNode && s.nodes[l.To].Direct && s.unit == "module":
			l.Style = Dashed
		default:
			hidden++
			continue
		}
		links = append(links, l)
	}
	s.links = links
	return hidden
}

func (s *source) sort() {
	order := make([]int, len(s.nodes))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int {
		x, y := s.nodes[a], s.nodes[b]
		if (x.Kind == MainNode) != (y.Kind == MainNode) {
			if x.Kind == MainNode {
				return -1
			}
			return 1
		}
		return strings.Compare(x.ID, y.ID)
	})
	to := make([]int, len(order))
	nodes := make([]Node, len(order))
	for k, i := range order {
		to[i], nodes[k] = k, s.nodes[i]
	}
	for i := range s.links {
		s.links[i].From, s.links[i].To = to[s.links[i].From], to[s.links[i].To]
	}
	for i := range s.roots {
		s.roots[i] = to[s.roots[i]]
	}
	s.nodes = nodes
	s.sortLinks()
}
