package edit

import (
	"fmt"
	"path"
	"slices"
	"strings"
)

// breakKinds break the compile, one error or many, in every stage: loading,
// parsing and type checking.
func breakKinds() []kind {
	var ks []kind
	for name, stmt := range map[string]string{
		"break-undefined":   "%s()",
		"break-mismatch":    "var %[1]s int = \"s\"; _ = %[1]s",
		"break-unused-var":  "%s := 1",
		"break-many":        strings.Repeat("%[1]s(); ", 12) + "_ = 0",
		"break-syntax":      "if %s {{ )",
		"break-many-syntax": strings.Repeat("%[1]s ) ) ]\n\t", 3),
	} {
		ks = append(ks, kind{name, breakBody(stmt)})
	}
	for name, decl := range map[string]string{
		"break-missing-return": "func %s() int { }\n",
		"break-late-import":    "import _ \"os\"\n",
		"break-cyclic-type":    "type %[1]s struct{ x %[1]s }\n",
		"break-const":          "const %s int8 = 1000\n",
		"break-init-cycle":     "var %[1]s = func() int { return %[1]s }()\n",
		"break-no-body":        "func %s()\n",
	} {
		ks = append(ks, kind{name, breakDecl(decl)})
	}
	slices.SortFunc(ks, func(a, b kind) int { return strings.Compare(a.name, b.name) })
	return append(ks,
		kind{"break-duplicate", breakDuplicate},
		kind{"break-signature", breakSignature},
		kind{"break-remove-func", breakRemoveFunc},
		kind{"break-unused-import", breakImport(`import "unsafe"`)},
		kind{"break-missing-import", breakImport(`import _ "%s/nosuch"`)},
		kind{"break-import-cycle", breakImportCycle},
		kind{"break-clause", breakClause},
		kind{"break-data-file", breakDataFile},
		kind{"break-two-packages", breakTwoPackages},
	)
}

func breakBody(stmt string) func(*Generator, *module) (Edit, bool) {
	return func(g *Generator, m *module) (Edit, bool) {
		f, fd, ok := g.pickFunc(m, nil)
		if !ok {
			return Edit{}, false
		}
		return g.place(f, fd, fmt.Sprintf(stmt, g.name("gen")), "broken statement"), true
	}
}

func breakDecl(decl string) func(*Generator, *module) (Edit, bool) {
	return func(g *Generator, m *module) (Edit, bool) {
		f, ok := g.pickFile(m)
		if !ok {
			return Edit{}, false
		}
		text := decl
		if strings.Contains(text, "%") {
			text = fmt.Sprintf(decl, g.name("gen"))
		}
		return f.insert(len(f.src), "\n"+text, "broken declaration"), true
	}
}

func breakDuplicate(g *Generator, m *module) (Edit, bool) {
	f, fd, ok := g.pickFunc(m, nil)
	if !ok || fd.Name.Name == "init" {
		return Edit{}, false
	}
	return f.insert(len(f.src), "\n"+f.text(fd)+"\n", "second "+fd.Name.Name), true
}

// breakSignature leaves the calls as they are.
func breakSignature(g *Generator, m *module) (Edit, bool) {
	f, fd, ok := g.pickFunc(m, nil)
	if !ok || variadic(fd) {
		return Edit{}, false
	}
	return f.edit("parameter for "+fd.Name.Name, f.addParam(fd, g.name("gen")+" int")), true
}

func breakRemoveFunc(g *Generator, m *module) (Edit, bool) {
	f, fd, ok := g.pickFunc(m, nil)
	if !ok {
		return Edit{}, false
	}
	start, end, ok := f.lines(fd)
	return f.edit(fd.Name.Name+" removed", splice{start, end, ""}), ok
}

func breakImport(decl string) func(*Generator, *module) (Edit, bool) {
	return func(g *Generator, m *module) (Edit, bool) {
		f, ok := g.pickFile(m)
		if !ok {
			return Edit{}, false
		}
		text := strings.ReplaceAll(decl, "%s", m.path)
		return f.insert(f.off(f.ast.Name.End()), "; "+text, text), true
	}
}

func breakImportCycle(g *Generator, m *module) (Edit, bool) {
	f, ok := g.pickFile(m)
	if !ok {
		return Edit{}, false
	}
	p, ok := pick(g, m.pkgs)
	if !ok || !m.deps(p)[f.pkg] {
		return Edit{}, false
	}
	return f.insert(f.off(f.ast.Name.End()), fmt.Sprintf("; import _ %q", p.path), "cycle"), true
}

func breakClause(g *Generator, m *module) (Edit, bool) {
	f, ok := g.pickFile(m)
	if !ok {
		return Edit{}, false
	}
	return f.insert(f.off(f.ast.Name.End()), g.name("gen"), "package clause"), true
}

// breakDataFile deletes a file that some go:embed pattern may name.
func breakDataFile(g *Generator, m *module) (Edit, bool) {
	p, ok := g.pickPkg(m)
	if !ok {
		return Edit{}, false
	}
	name, ok := pick(g, p.data)
	if !ok {
		return Edit{}, false
	}
	return Edit{Note: name + " deleted", Changes: []Change{{name, m.tree[name], nil}}}, true
}

func breakTwoPackages(g *Generator, m *module) (Edit, bool) {
	var e Edit
	dirs := map[string]bool{}
	for range 6 {
		f, ok := g.pickFile(m)
		if !ok {
			return Edit{}, false
		}
		if dir := path.Dir(f.path); !dirs[dir] && len(dirs) < 2 {
			dirs[dir] = true
			one := f.insert(len(f.src), "\nvar _ int = "+g.name("gen")+"\n", "undefined")
			e.Note += one.Note + "; "
			e.Changes = append(e.Changes, one.Changes...)
		}
	}
	return e, len(dirs) == 2
}
