package modgraph

import (
	"fmt"
	"slices"
	"strings"
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
