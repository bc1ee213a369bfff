package modgraph

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/gust-go/gust/internal/words"
)

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
		return Node{ID: name, Label: name, Kind: GroupNode, Detail: words.Count(len(members), s.unit), Cluster: members[0].Cluster}
	})
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
				n.Detail = words.Count(len(n.Members), s.unit)
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
