package state

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/gust-go/gust/internal/event"
	"github.com/gust-go/gust/internal/words"
)

// graphState is the tree of modules, of what gust graph --json says, and what
// else was found out about them.
type graphState struct {
	modules  map[string]*module
	mains    []*module
	cycles   []event.GraphCycle
	phantoms []event.GraphPhantom
	// looked are the subcommands of gust graph that have said what they know.
	looked map[string]bool
	// program is what sizes are those in, of total bytes.
	program string
	total   int64 // of the file
	symbols int64 // of what is counted in it
	sizes   []event.GraphSize
	folds   folds
}

type module struct {
	Path, Version string
	Main, Direct  bool
	Ghost, Tool   bool
	GoVersion     string `json:"go_version"`
	Deprecated    string
	Retracted     []string
	Replace       *struct{ Path, Version string }

	needs    []edge  // what it requires, by path
	by       []edge  // what requires it
	via      *module // on a shortest path from a main module
	cycle    bool
	phantoms []event.GraphPhantom
	bytes    int64
}

type edge struct {
	m        *module
	version  string // that is asked for
	indirect bool   // by a line // indirect of a main module
}

func (m *module) String() string {
	return strings.TrimSpace(m.Path + " " + m.Version)
}

// load takes what gust graph --json writes.
func (g *graphState) load(text string) error {
	var doc struct {
		Modules []*module
		Edges   []struct {
			From, To, Version string
			Indirect          bool
		}
	}
	if err := json.Unmarshal([]byte(text), &doc); err != nil {
		return fmt.Errorf("read what gust graph says: %w", err)
	}
	f := g.folds
	if f == nil {
		f = folds{}
	}
	*g = graphState{modules: map[string]*module{}, looked: map[string]bool{}, folds: f}
	for _, m := range doc.Modules {
		g.modules[m.Path] = m
		if m.Main {
			g.mains = append(g.mains, m)
		}
	}
	for _, e := range doc.Edges {
		if from, to := g.modules[e.From], g.modules[e.To]; from != nil && to != nil {
			from.needs = append(from.needs, edge{to, e.Version, e.Indirect})
			to.by = append(to.by, edge{from, e.Version, e.Indirect})
		}
	}
	g.arrange()
	return nil
}

// arrange finds shortest paths, and leaves out what go.mod only lists because
// something else requires it.
func (g *graphState) arrange() {
	seen := map[*module]bool{}
	walk := func(queue []*module) {
		for len(queue) > 0 {
			m := queue[0]
			queue = queue[1:]
			for _, e := range m.needs {
				if !e.indirect && !seen[e.m] {
					seen[e.m], e.m.via = true, m
					queue = append(queue, e.m)
				}
			}
		}
	}
	for _, m := range g.mains {
		seen[m] = true
	}
	walk(g.mains)
	for _, m := range g.modules {
		slices.SortFunc(m.needs, func(a, b edge) int { return cmp.Compare(a.m.Path, b.m.Path) })
		slices.SortFunc(m.by, func(a, b edge) int { return cmp.Compare(a.m.Path, b.m.Path) })
	}
	for _, main := range g.mains {
		main.needs = slices.DeleteFunc(main.needs, func(e edge) bool { return e.indirect && seen[e.m] })
		for _, e := range main.needs {
			if !seen[e.m] {
				seen[e.m], e.m.via = true, main
				walk([]*module{e.m})
			}
		}
	}
}

func (g *graphState) apply(e event.Event) {
	switch e := e.(type) {
	case event.GraphCycle:
		g.cycles = append(g.cycles, e)
		for _, name := range e.Members {
			if m := g.named(name); m != nil {
				m.cycle = true
			}
		}
	case event.GraphPhantom:
		g.phantoms = append(g.phantoms, e)
		if m := g.named(e.Module); m != nil {
			m.phantoms = append(m.phantoms, e)
		}
	case event.GraphSize:
		m := g.modules[e.Name]
		switch {
		case e.Unit == "file":
			g.total = e.Bytes
			return
		case m != nil:
			m.bytes = e.Bytes
		}
		g.sizes = append(g.sizes, e)
		g.symbols += e.Bytes
	}
}

// named is the module of path@version.
func (g *graphState) named(name string) *module {
	path, version, _ := strings.Cut(name, "@")
	if m := g.modules[path]; m != nil && m.Version == version {
		return m
	}
	return nil
}

// summary counts, and says what is not known yet.
func (g *graphState) summary() string {
	if g.modules == nil {
		return ""
	}
	text := words.Count(len(g.modules), "module")
	for _, part := range []struct {
		command, thing string
		n              int
	}{{"cycles", "cycle", len(g.cycles)}, {"phantom", "phantom", len(g.phantoms)}} {
		if g.looked[part.command] {
			text += ", " + words.Count(part.n, part.thing)
		} else {
			text += ", looking for " + part.thing + "s"
		}
	}
	if g.program != "" {
		text += fmt.Sprintf("; sizes are those in %s, a file of %s", g.program, size(g.total))
	}
	return text
}
