package edit

import "strings"

// historyKinds combine edits, and go back to earlier versions, where results
// of the past lie ready and may tempt.
func historyKinds() []kind {
	return []kind{
		{"two-edits", twoEdits},
		{"importer-and-imported", importerAndImported},
		{"two-edits-one-file", twoEditsOneFile},
		{"revert-all", revertAll},
		{"revert-file", revertFile},
		{"revert-and-edit", revertAndEdit},
	}
}

// simple returns a random edit, within the package dir unless that is empty,
// that does not break the compile on purpose and goes back to nothing.
func (g *Generator) simple(dir string) (Edit, bool) {
	focus := g.focus
	g.focus = dir
	defer func() { g.focus = focus }()
	var kinds []kind
	for _, k := range allKinds() {
		if !strings.HasPrefix(k.name, "break-") && !isHistory(k.name) && k.name != "crlf" {
			kinds = append(kinds, k)
		}
	}
	m := g.module()
	for range 8 {
		k, _ := pick(g, kinds)
		if e, ok := g.try(k, m); ok {
			return e, true
		}
	}
	return Edit{}, false
}

func isHistory(name string) bool {
	for _, k := range []string{"two-", "importer-", "revert-"} {
		if strings.HasPrefix(name, k) {
			return true
		}
	}
	return false
}

// sequence makes one edit of a simple edit in each of dirs.
func (g *Generator) sequence(dirs ...string) (Edit, bool) {
	before := g.tree
	defer func() { g.tree = before }()
	var notes []string
	for _, dir := range dirs {
		e, ok := g.simple(dir)
		if !ok {
			return Edit{}, false
		}
		g.tree = e.on(g.tree)
		notes = append(notes, e.Kind+" ("+e.Note+")")
	}
	return between("", strings.Join(notes, " + "), before, g.tree), true
}

func twoEdits(g *Generator, m *module) (Edit, bool) {
	a, ok := g.pickPkg(m)
	b, _ := pick(g, m.pkgs)
	if !ok || a == b {
		return Edit{}, false
	}
	return g.sequence(a.dir, b.dir)
}

func importerAndImported(g *Generator, m *module) (Edit, bool) {
	a, ok := g.pickPkg(m)
	if !ok {
		return Edit{}, false
	}
	var importers []*pkg
	for _, p := range m.pkgs {
		if m.deps(p)[a] {
			importers = append(importers, p)
		}
	}
	b, ok := pick(g, importers)
	if !ok {
		return Edit{}, false
	}
	return g.sequence(a.dir, b.dir)
}

func twoEditsOneFile(g *Generator, m *module) (Edit, bool) {
	a, ok := g.pickPkg(m)
	if !ok {
		return Edit{}, false
	}
	return g.sequence(a.dir, a.dir)
}

func revertAll(g *Generator, m *module) (Edit, bool) {
	old, ok := pick(g, g.good)
	return between("", "an earlier version", g.tree, old), ok
}

// revertFile takes one file back, which may well break the compile.
func revertFile(g *Generator, m *module) (Edit, bool) {
	old, ok := pick(g, g.good)
	if !ok {
		return Edit{}, false
	}
	e := between("", "", g.tree, old)
	c, ok := pick(g, e.Changes)
	return Edit{Note: c.Path + " as it was", Changes: []Change{c}}, ok
}

func revertAndEdit(g *Generator, m *module) (Edit, bool) {
	before := g.tree
	defer func() { g.tree = before }()
	old, ok := pick(g, g.good)
	if !ok {
		return Edit{}, false
	}
	g.tree = old
	e, ok := g.simple("")
	return between("", "an earlier version with "+e.Kind, before, e.on(old)), ok
}
