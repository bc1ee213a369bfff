package edit

import (
	"fmt"
	"go/ast"
	"path"
	"regexp"
	"strings"
)

// moveKinds put declarations and files somewhere else.
func moveKinds() []kind {
	return []kind{
		{"move-func", moveFunc},
		{"move-func-to-file", moveFuncToFile},
		{"move-func-to-new-file", moveFuncToNewFile},
		{"rename-file", renameFile},
	}
}

// moveFunc changes the order of declarations.
func moveFunc(g *Generator, m *module) (Edit, bool) {
	f, fd, ok := g.pickFunc(m, nil)
	if !ok {
		return Edit{}, false
	}
	start, end, ok := f.lines(fd)
	if !ok {
		return Edit{}, false
	}
	var at []int
	for _, other := range f.funcs() {
		if s, e, ok := f.lines(other); ok && other != fd {
			at = append(at, s, e)
		}
	}
	to, ok := pick(g, at)
	if !ok || to == start || to == end {
		return Edit{}, false
	}
	text := string(f.src[start:end])
	if !strings.HasSuffix(text, "\n") {
		text += "\n"
	}
	return f.edit(fd.Name.Name+" moved", splice{start, end, ""}, splice{to, to, text}), true
}

// uses returns the names of f's imports that n refers to.
func (f *file) uses(n ast.Node) map[string]bool {
	imports, used := f.imports(), map[string]bool{}
	ast.Inspect(n, func(n ast.Node) bool {
		if sel, ok := n.(*ast.SelectorExpr); ok {
			if x, ok := sel.X.(*ast.Ident); ok && imports[x.Name] != "" {
				used[x.Name] = true
			}
		}
		return true
	})
	return used
}

// special reports whether a file has imports or constraints that stop
// declarations from moving in or out.
func (f *file) special() bool {
	for _, s := range f.ast.Imports {
		if s.Name != nil && s.Name.Name == "." {
			return true
		}
	}
	return len(f.constraints()) > 0
}

// cut returns the splices that take fd out of f, along with the imports that
// only fd used.
func (f *file) cut(fd *ast.FuncDecl) ([]splice, bool) {
	start, end, ok := f.lines(fd)
	if !ok {
		return nil, false
	}
	ss := []splice{{start, end, ""}}
	others := map[string]bool{}
	for _, d := range f.ast.Decls {
		if d != ast.Decl(fd) {
			for n := range f.uses(d) {
				others[n] = true
			}
		}
	}
	imports := f.imports()
	for _, name := range sorted(f.uses(fd)) {
		if others[name] {
			continue
		}
		for _, s := range f.ast.Imports {
			if s.Path.Value == fmt.Sprintf("%q", imports[name]) {
				from := f.off(s.Pos())
				ss = append(ss, splice{from, f.off(s.End()), "_ " + s.Path.Value})
			}
		}
	}
	return ss, true
}

// moveFuncToFile moves a function or method to another file of its package.
func moveFuncToFile(g *Generator, m *module) (Edit, bool) {
	f, fd, ok := g.pickFunc(m, nil)
	if !ok || f.special() {
		return Edit{}, false
	}
	to, ok := pick(g, f.pkg.files)
	if !ok || to == f || to.special() {
		return Edit{}, false
	}
	ss, ok := f.cut(fd)
	if !ok {
		return Edit{}, false
	}
	start, end, _ := f.lines(fd)
	there, missing := to.imports(), ""
	for _, name := range sorted(f.uses(fd)) {
		p := f.imports()[name]
		if there[name] == p {
			continue
		}
		if there[name] != "" {
			return Edit{}, false
		}
		missing += fmt.Sprintf("; import %s %q", name, p)
	}
	clause := to.off(to.ast.Name.End())
	eof := len(to.src)
	e := f.edit(fd.Name.Name+" moved to "+to.path, ss...)
	e.Changes = append(e.Changes, Change{to.path, to.src,
		to.with(splice{clause, clause, missing}, splice{eof, eof, "\n" + string(f.src[start:end])})})
	return e, true
}

func moveFuncToNewFile(g *Generator, m *module) (Edit, bool) {
	f, fd, ok := g.pickFunc(m, nil)
	if !ok || f.special() {
		return Edit{}, false
	}
	ss, ok := f.cut(fd)
	if !ok {
		return Edit{}, false
	}
	start, end, _ := f.lines(fd)
	text := "package " + f.ast.Name.Name + "\n\n"
	for _, name := range sorted(f.uses(fd)) {
		text += fmt.Sprintf("import %s %q\n\n", name, f.imports()[name])
	}
	to := path.Join(f.pkg.dir, g.name("gen")+".go")
	e := f.edit(fd.Name.Name+" moved to "+to, ss...)
	e.Changes = append(e.Changes, Change{to, nil, []byte(text + string(f.src[start:end]))})
	return e, true
}

var renamed = regexp.MustCompile(`^gen\d+_`)

// renameFile gives a file another name, which changes the order of files.
func renameFile(g *Generator, m *module) (Edit, bool) {
	f, ok := g.pickFile(m)
	if !ok {
		return Edit{}, false
	}
	base := path.Base(f.path)
	// Without its prefix the name keeps an _linux or _amd64 at its end.
	to := path.Join(f.pkg.dir, g.name("gen")+"_"+renamed.ReplaceAllString(base, ""))
	return Edit{Note: f.path + " becomes " + to,
		Changes: []Change{{f.path, f.src, nil}, {to, nil, f.src}}}, true
}
