package state

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/gust-go/gust/internal/event"
	"github.com/gust-go/gust/internal/words"
)

// rows is the tree of modules below what was found out about them. With full it
// is a list of all modules, for a filter to choose from.
func (g *graphState) rows(full bool) []Row {
	if full {
		var rows []Row
		for _, path := range slices.Sorted(maps.Keys(g.modules)) {
			rows = append(rows, g.row("all", g.modules[path], 0))
		}
		return rows
	}
	rows := g.findings(nil)
	for _, m := range g.mains {
		rows = g.tree(rows, "tree", edge{m: m}, nil)
	}
	return rows
}

// tree adds a module and, if it is open, what it requires. A module that leads
// back to one above it is shown and not followed.
func (g *graphState) tree(rows []Row, key string, from edge, above []*module) []Row {
	m := from.m
	r := g.row(key, m, len(above))
	if from.indirect {
		r.Note = joined("indirect", r.Note)
	}
	back := slices.Contains(above, m)
	if back {
		r.Text += " (above)"
	} else if len(m.needs) > 0 {
		r.Fold = g.folds.fold(r.Key, m.Main)
	}
	rows = append(rows, r)
	if r.Fold != Unfolded {
		return rows
	}
	above = append(slices.Clip(above), m)
	for _, e := range m.needs {
		rows = g.tree(rows, r.Key, e, above)
	}
	return rows
}

// row is a module. The keys of those above it are in its own, by which the same
// module is open in one place and closed in another.
func (g *graphState) row(key string, m *module, depth int) Row {
	r := Row{Key: key + " " + m.Path, Depth: depth, Text: m.String(), module: m, Detail: func() string { return g.detail(m) }}
	var notes []string
	for _, p := range m.phantoms {
		r.Mark = max(r.Mark, phantomMark(p))
		notes = append(notes, p.Name)
	}
	if m.cycle {
		notes = append(notes, "cycle")
	}
	if m.Deprecated != "" {
		notes, r.Mark = append(notes, "deprecated"), Warning
	}
	if len(m.Retracted) > 0 {
		notes, r.Mark = append(notes, "retracted"), Warning
	}
	if m.Replace != nil {
		notes = append(notes, "replaced")
	}
	if m.cycle && r.Mark != Warning {
		r.Mark = Info
	}
	if m.bytes > 0 {
		notes = append(notes, size(m.bytes))
	}
	if n := len(m.needs); n > 0 && depth > 0 {
		notes = append(notes, fmt.Sprintf("%d below", n))
	}
	r.Note = strings.Join(notes, ", ")
	return r
}

// phantomMark tells those about which something is to be done.
func phantomMark(p event.GraphPhantom) Mark {
	if slices.Contains([]string{"P3", "P4", "P8", "P9"}, p.Class) {
		return Warning
	}
	return Info
}

// findings are cycles and phantoms, as sections.
func (g *graphState) findings(rows []Row) []Row {
	if n := len(g.cycles); n > 0 {
		rows = g.folds.section(rows, Row{Key: "section cycles", Text: "Cycles", Note: fmt.Sprint(n)}, false, func(rows []Row) []Row {
			for i, c := range g.cycles {
				text := strings.Join(append(slices.Clone(c.Example), c.Example[:min(1, len(c.Example))]...), "\n→ ")
				rows = append(rows, Row{Key: fmt.Sprintf("cycle %d", i), Mark: Info, Depth: 1, Text: strings.Join(c.Example, " → "), Note: c.Kind,
					Detail: func() string { return "Cycle of " + c.Kind + "\n\n" + text }})
			}
			return rows
		})
	}
	if n := len(g.phantoms); n > 0 {
		rows = g.folds.section(rows, Row{Key: "section phantoms", Text: "Phantoms", Note: fmt.Sprint(n)}, false, func(rows []Row) []Row {
			list := slices.SortedStableFunc(slices.Values(g.phantoms), func(a, b event.GraphPhantom) int {
				return cmp.Or(cmp.Compare(phantomMark(a), phantomMark(b)), cmp.Compare(a.Class, b.Class))
			})
			for _, p := range list {
				rows = append(rows, Row{Key: "phantom " + p.Class + " " + p.Module, Mark: phantomMark(p), Depth: 1, Text: p.Module, Note: p.Class + " " + p.Name,
					Detail: func() string { return p.Module + "\n\n" + phantomText(p) }})
			}
			return rows
		})
	}
	if len(g.sizes) > 0 {
		rows = g.folds.section(rows, Row{Key: "section sizes", Text: "What " + g.program + " is made of", Note: size(g.symbols)}, false, func(rows []Row) []Row {
			for _, e := range g.sizes {
				r := Row{Key: "size " + e.Name, Depth: 1, Text: e.Name, Note: size(e.Bytes), To: share(e.Bytes, g.symbols)}
				if e.Name == "std" {
					r.Text = "the standard library"
				}
				rows = append(rows, r)
			}
			return rows
		})
	}
	return rows
}

func phantomText(p event.GraphPhantom) string {
	return fmt.Sprintf("%s %s: %s\ndo: %s\n", p.Class, p.Name, p.Evidence, p.Advice)
}

// detail is what is known of a module: what it is, how it came here, who asks
// for it.
func (g *graphState) detail(m *module) string {
	var t strings.Builder
	t.WriteString(m.String() + "\n" + m.facts() + "\n")
	if m.bytes > 0 {
		fmt.Fprintf(&t, "%s of %s in %s\n", size(m.bytes), size(g.symbols), g.program)
	}
	if m.via != nil {
		t.WriteString("\na shortest path to it:\n")
		var path []*module
		for at := m; at != nil && len(path) <= len(g.modules); at = at.via {
			path = append(path, at)
		}
		for i, at := range slices.Backward(path) {
			depth := len(path) - 1 - i
			fmt.Fprintf(&t, "  %s%s\n", strings.Repeat("  ", max(0, depth-1))+map[bool]string{true: "└ "}[depth > 0], at)
		}
	}
	for _, p := range m.phantoms {
		t.WriteString("\n" + phantomText(p))
	}
	for _, c := range g.cycles {
		if slices.Contains(c.Members, m.Path+"@"+m.Version) {
			fmt.Fprintf(&t, "\ncycle of %s: %s\n", c.Kind, strings.Join(c.Example, " → "))
		}
	}
	if n := len(m.by); n > 0 {
		fmt.Fprintf(&t, "\nrequired by %s:\n", words.Count(n, "module"))
		for _, e := range m.by[:min(n, 20)] {
			fmt.Fprintf(&t, "  %s\n", joined(e.m.String()+" asks for "+e.version, map[bool]string{true: "indirect"}[e.indirect]))
		}
		if n > 20 {
			fmt.Fprintf(&t, "  and %d more\n", n-20)
		}
	}
	return t.String()
}

// facts are what go.mod files say of it.
func (m *module) facts() string {
	var parts []string
	for word, is := range map[string]bool{"main module": m.Main, "direct": m.Direct, "tool": m.Tool, "ghost": m.Ghost} {
		if is {
			parts = append(parts, word)
		}
	}
	slices.Sort(parts)
	if m.GoVersion != "" {
		parts = append(parts, "go "+m.GoVersion)
	}
	if r := m.Replace; r != nil {
		parts = append(parts, "replaced by "+strings.TrimSpace(r.Path+" "+r.Version))
	}
	text := strings.Join(parts, ", ")
	if m.Deprecated != "" {
		text += "\ndeprecated: " + m.Deprecated
	}
	for _, why := range m.Retracted {
		text += "\nretracted: " + why
	}
	return strings.TrimSpace(text)
}
