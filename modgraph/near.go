package modgraph

import (
	"cmp"
	"slices"
	"strings"

	"github.com/gust-go/gust/internal/fault"
)

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
