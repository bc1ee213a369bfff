package render

import (
	"fmt"
	"slices"
	"strings"

	"github.com/gust-go/gust/internal/words"
	"github.com/gust-go/gust/modgraph"
)

// Tree draws a view as an indented tree for a terminal. A node that has been
// drawn before is marked (*) and not opened again.
func Tree(v *modgraph.View, depth int) string {
	t := &tree{view: v, next: make([][]modgraph.Link, len(v.Nodes)), seen: make([]bool, len(v.Nodes)), depth: depth}
	entered := make([]bool, len(v.Nodes))
	for _, l := range v.Links {
		t.next[l.From] = append(t.next[l.From], l)
		entered[l.To] = true
	}
	for i, n := range v.Nodes {
		if n.Kind == modgraph.MainNode && (!entered[i] || v.Unit == "module") || n.Kind != modgraph.MainNode && !entered[i] {
			t.node(i, "", "", "", 1)
		}
	}
	for i := range v.Nodes { // what only a cycle leads to
		if !t.seen[i] && depth == 0 {
			t.node(i, "", "", "", 1)
		}
	}
	t.legend()
	return t.b.String()
}

type tree struct {
	view  *modgraph.View
	next  [][]modgraph.Link
	seen  []bool
	depth int
	b     strings.Builder
	marks []string // of the legend, in order of appearance
}

// node draws one node and what it leads to. lead is what stands before it,
// below what stands before what is under it.
func (t *tree) node(i int, lead, below, asked string, level int) {
	n := t.view.Nodes[i]
	t.b.WriteString(lead + strings.TrimSpace(n.Label+" "+n.Detail))
	var marks []string
	switch n.Kind {
	case modgraph.GhostNode:
		marks = append(marks, t.mark("ghost"))
	case modgraph.IndirectNode:
		if t.view.Unit == "module" && level == 2 {
			marks = append(marks, t.mark("indirect"))
		}
	}
	if n.Problem {
		marks = append(marks, t.mark("broken"))
	}
	if asked != "" && asked != n.Detail && len(n.Members) == 1 && !n.Replaced {
		marks = append(marks, "asked "+asked)
	}
	if len(marks) > 0 {
		t.b.WriteString("  [" + strings.Join(marks, ", ") + "]")
	}
	links := t.next[i]
	switch {
	case t.seen[i] && len(links) > 0:
		t.b.WriteString(" " + t.mark("(*)") + "\n")
		return
	case t.depth > 0 && level > t.depth && len(links) > 0:
		fmt.Fprintf(&t.b, "  +%d\n", len(links))
		return
	}
	t.b.WriteString("\n")
	t.seen[i] = true
	for k, l := range links {
		branch, bar := "├── ", "│   "
		if k == len(links)-1 {
			branch, bar = "└── ", "    "
		}
		t.node(l.To, below+branch, below+bar, l.Version, level+1)
	}
}

func (t *tree) mark(s string) string {
	if !slices.Contains(t.marks, s) {
		t.marks = append(t.marks, s)
	}
	return s
}

func (t *tree) legend() {
	meaning := map[string]string{
		"ghost":    "only versions that were not selected lead to it (gust graph phantom)",
		"indirect": "a main module lists it as // indirect; what requires it is pruned or gone",
		"broken":   "go could not load it",
		"(*)":      "drawn above",
	}
	v := t.view
	t.b.WriteString("\n" + words.Count(v.Modules, v.Unit) + ", " + words.Count(v.Requirements, "requirement"))
	if v.Hidden > 0 {
		fmt.Fprintf(&t.b, ", %d of them implied by others and not drawn (--all)", v.Hidden)
	}
	t.b.WriteString("\n")
	for _, m := range t.marks {
		fmt.Fprintf(&t.b, "  %-9s %s\n", m, meaning[m])
	}
}
