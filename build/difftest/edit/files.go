package edit

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/token"
	"maps"
	"path"
	"slices"
	"strings"
)

// fileKinds change which files and imports a package has.
func fileKinds() []kind {
	return []kind{
		{"data-file", dataFile},
		{"new-data-file", newDataFile},
		{"delete-file", deleteFile},
		{"new-file", newFile},
		{"toggle-constraint", toggleConstraint},
		{"touch", touch},
		{"new-import", newImport},
		{"new-std-import", newStdImport},
	}
}

func sorted(set map[string]bool) []string { return slices.Sorted(maps.Keys(set)) }

// dataFile changes an embedded or assembly file, or one that nobody reads.
func dataFile(g *Generator, m *module) (Edit, bool) {
	p, ok := g.pickPkg(m)
	if !ok {
		return Edit{}, false
	}
	name, ok := pick(g, p.data)
	if !ok {
		return Edit{}, false
	}
	old := m.tree[name]
	comment := g.name("// comment ") + "\n"
	now := append([]byte(comment), old...)
	switch {
	case path.Ext(name) == ".s" || path.Ext(name) == ".h":
		if g.chance(50) {
			now = append(bytes.Clone(old), comment...)
		}
	case g.chance(40) && len(old) > 0: // same size
		now = bytes.Clone(old)
		now[g.rng.IntN(len(now))] ^= 1
	}
	return Edit{Note: name, Changes: []Change{{name, old, now}}}, true
}

// newDataFile adds a file beside an embedded one, where a pattern may catch it.
func newDataFile(g *Generator, m *module) (Edit, bool) {
	p, ok := g.pickPkg(m)
	if !ok {
		return Edit{}, false
	}
	name, ok := pick(g, p.data)
	if !ok || path.Ext(name) == ".s" {
		return Edit{}, false
	}
	to := path.Join(path.Dir(name), g.name("gen")+path.Ext(name))
	return Edit{Note: to, Changes: []Change{{to, nil, []byte(g.name("data") + "\n")}}}, true
}

// deleteFile deletes a file whose declarations nobody uses, or now and then
// just any.
func deleteFile(g *Generator, m *module) (Edit, bool) {
	f, ok := g.pickFile(m)
	if !ok {
		return Edit{}, false
	}
	uses := m.idents()
	for _, name := range sorted(f.declared()) {
		if uses[name] > 1 && name != "init" && !g.chance(3) {
			return Edit{}, false
		}
	}
	return Edit{Note: f.path + " deleted", Changes: []Change{{f.path, f.src, nil}}}, true
}

// declared returns the names of f's top-level functions, types, variables and
// constants.
func (f *file) declared() map[string]bool {
	names := map[string]bool{}
	for _, fd := range f.funcs() {
		names[fd.Name.Name] = true
	}
	for _, s := range slices.Concat(f.specs(token.CONST), f.specs(token.VAR)) {
		for _, id := range s.Names {
			names[id.Name] = true
		}
	}
	for _, t := range f.types(func(*ast.TypeSpec) bool { return true }) {
		names[t.Name.Name] = true
	}
	return names
}

func newFile(g *Generator, m *module) (Edit, bool) {
	f, ok := g.pickFile(m)
	if !ok {
		return Edit{}, false
	}
	n := g.name("gen")
	text, _ := pick(g, []string{
		"",
		"func init() { println(\"NAME\") }\n",
		"const Const_NAME = \"NAME\"\n",
		"//go:build never\n",
	})
	text = strings.ReplaceAll(text, "NAME", n)
	clause := "package " + f.ast.Name.Name + "\n"
	if strings.HasPrefix(text, "//go:build") {
		text = text + "\n" + clause
	} else {
		text = clause + "\n" + text
	}
	// Before and after the other files, for order counts.
	prefix, _ := pick(g, []string{"a", "z"})
	to := path.Join(f.pkg.dir, prefix+n+".go")
	return Edit{Note: to, Changes: []Change{{to, nil, []byte(text)}}}, true
}

// constraints returns the //go:build lines above f's package clause.
func (f *file) constraints() []tok {
	var list []tok
	for _, t := range f.toks {
		if t.off > f.off(f.ast.Package) {
			break
		}
		if t.tok == token.COMMENT && bytes.HasPrefix(f.src[t.off:], []byte("//go:build ")) {
			list = append(list, t)
		}
	}
	return list
}

// toggleConstraint turns all constraints of a package around, so that one set
// of files takes the place of another. Files without any get one that holds.
func toggleConstraint(g *Generator, m *module) (Edit, bool) {
	p, ok := g.pickPkg(m)
	if !ok {
		return Edit{}, false
	}
	e := Edit{Note: p.dir + ": constraints turned around"}
	for _, f := range p.files {
		for _, t := range f.constraints() {
			expr := strings.TrimSpace(string(f.src[t.off+len("//go:build ") : t.end]))
			if inner, ok := strings.CutPrefix(expr, "!("); ok && strings.HasSuffix(inner, ")") {
				expr = strings.TrimSuffix(inner, ")")
			} else {
				expr = "!(" + expr + ")"
			}
			e.Changes = append(e.Changes, Change{f.path, f.src, f.with(splice{t.off, t.end, "//go:build " + expr})})
		}
	}
	if len(e.Changes) > 0 {
		return e, true
	}
	f, ok := pick(g, p.files)
	if !ok {
		return Edit{}, false
	}
	return f.insert(0, "//go:build !"+g.name("gen")+"\n\n", "constraint that holds"), true
}

// touch rewrites a file with the same content.
func touch(g *Generator, m *module) (Edit, bool) {
	f, ok := g.pickFile(m)
	if !ok {
		return Edit{}, false
	}
	return Edit{Note: f.path, Changes: []Change{{f.path, f.src, f.src}}}, true
}

// newImport makes a package import another of the module.
func newImport(g *Generator, m *module) (Edit, bool) {
	f, ok := g.pickFile(m)
	if !ok {
		return Edit{}, false
	}
	p, ok := pick(g, m.pkgs)
	if !ok || p == f.pkg || m.deps(p)[f.pkg] || p.files[0].ast.Name.Name == "main" || f.importsPath(p.path) {
		return Edit{}, false
	}
	at := f.off(f.ast.Name.End())
	return f.insert(at, fmt.Sprintf("; import _ %q", p.path), "import of "+p.path), true
}

// newStdImport imports and uses a standard package.
func newStdImport(g *Generator, m *module) (Edit, bool) {
	f, ok := g.pickFile(m)
	if !ok {
		return Edit{}, false
	}
	use, _ := pick(g, []string{"strings.ToUpper", "os.Getpid", "strconv.Itoa", "errors.New", "unsafe.Pointer(nil)"})
	std, _, _ := strings.Cut(use, ".")
	if f.importsPath(std) {
		return Edit{}, false
	}
	at, eof := f.off(f.ast.Name.End()), len(f.src)
	return f.edit("import of "+std, splice{at, at, fmt.Sprintf("; import %q", std)},
		splice{eof, eof, "\nvar _ = " + use + "\n"}), true
}
