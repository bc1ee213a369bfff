package edit

import (
	"fmt"
	"go/ast"
	"go/token"
	"strings"
)

// declKinds change what a package declares, types apart.
func declKinds() []kind {
	return []kind{
		{"new-exported-func", newExportedFunc},
		{"add-variadic", addVariadic},
		{"add-param-fix-calls", addParamFixCalls},
		{"const-decl", constDecl},
		{"const-insert", constInsert},
		{"var-init", varInit},
		{"new-var", newVar},
		{"new-init", newInit},
		{"remove-unused", removeUnused},
	}
}

// declare adds a declaration to the file: at its end, or between two others.
func (g *Generator) declare(f *file, text, note string) Edit {
	var at []int
	for _, d := range f.ast.Decls {
		if gd, ok := d.(*ast.GenDecl); ok && gd.Tok == token.IMPORT {
			continue
		}
		if start := f.declStart(d); start == f.lineStart(start) {
			at = append(at, start)
		}
	}
	if off, ok := pick(g, at); ok && g.chance(60) {
		return f.insert(off, text+"\n", note)
	}
	return f.insert(len(f.src), "\n"+text, note)
}

func newExportedFunc(g *Generator, m *module) (Edit, bool) {
	f, ok := g.pickFile(m)
	if !ok {
		return Edit{}, false
	}
	decl, _ := pick(g, []string{
		"func %s(x int) int { return x + 1 }\n",
		"// %[1]s is new.\nfunc %[1]s(s string) string {\n\tfor range 3 {\n\t\ts += s\n\t}\n\treturn s\n}\n",
		"func %s[T comparable](a, b T) bool { return a == b }\n",
		"func %s() func() int {\n\tn := 0\n\treturn func() int { n++; return n }\n}\n",
	})
	n := g.name("Gen")
	return g.declare(f, fmt.Sprintf(decl, n), "new function "+n), true
}

// wellKnown are methods that interfaces outside of the module may want.
var wellKnown = map[string]bool{
	"main": true, "init": true, "String": true, "Error": true, "Unwrap": true, "Len": true,
	"Less": true, "Swap": true, "Read": true, "Write": true, "Close": true, "Push": true, "Pop": true,
}

// interfaceMethods returns the names of the methods that the module's
// interfaces have, and the well-known ones.
func (m *module) interfaceMethods() map[string]bool {
	names := map[string]bool{}
	for n := range wellKnown {
		names[n] = true
	}
	for _, p := range m.pkgs {
		for _, f := range p.files {
			ast.Inspect(f.ast, func(n ast.Node) bool {
				if it, ok := n.(*ast.InterfaceType); ok {
					for _, field := range it.Methods.List {
						for _, id := range field.Names {
							names[id.Name] = true
						}
					}
				}
				return true
			})
		}
	}
	return names
}

func variadic(fd *ast.FuncDecl) bool {
	list := fd.Type.Params.List
	if len(list) == 0 {
		return false
	}
	_, is := list[len(list)-1].Type.(*ast.Ellipsis)
	return is
}

// addParam appends a parameter to fd's.
func (f *file) addParam(fd *ast.FuncDecl, text string) splice {
	list := fd.Type.Params.List
	at := f.off(fd.Type.Params.Closing)
	if len(list) > 0 {
		at = f.off(list[len(list)-1].End())
		if len(list[0].Names) == 0 { // named and unnamed parameters do not mix
			text = text[strings.IndexByte(text, ' ')+1:]
		}
		text = ", " + text
	}
	return splice{at, at, text}
}

// addVariadic changes a signature so that calls still compile.
func addVariadic(g *Generator, m *module) (Edit, bool) {
	fixed := m.interfaceMethods()
	f, fd, ok := g.pickFunc(m, func(fd *ast.FuncDecl) bool { return !variadic(fd) && !fixed[fd.Name.Name] })
	if !ok {
		return Edit{}, false
	}
	return f.edit("variadic parameter for "+fd.Name.Name, f.addParam(fd, g.name("gen")+" ...int")), true
}

// addParamFixCalls changes a function's signature and its calls in all files.
func addParamFixCalls(g *Generator, m *module) (Edit, bool) {
	f, fd, ok := g.pickFunc(m, func(fd *ast.FuncDecl) bool {
		return fd.Recv == nil && !variadic(fd) && !wellKnown[fd.Name.Name]
	})
	if !ok {
		return Edit{}, false
	}
	e := Edit{Note: f.path + ": parameter and arguments for " + fd.Name.Name}
	for _, p := range m.pkgs {
		for _, user := range p.files {
			var ss []splice
			for _, call := range user.callsTo(f.pkg, fd.Name.Name) {
				at := user.off(call.Rparen)
				text := "7"
				if n := len(call.Args); n > 0 {
					at, text = user.off(call.Args[n-1].End()), ", 7"
				}
				ss = append(ss, splice{at, at, text})
			}
			if user == f {
				ss = append(ss, f.addParam(fd, g.name("gen")+" int"))
			}
			if len(ss) > 0 {
				e.Changes = append(e.Changes, Change{user.path, user.src, user.with(ss...)})
			}
		}
	}
	return e, true
}

// callsTo finds the calls of p's function name, as far as syntax can tell.
func (f *file) callsTo(p *pkg, name string) []*ast.CallExpr {
	imports := f.imports()
	dot := false
	for _, s := range f.ast.Imports {
		dot = dot || s.Name != nil && s.Name.Name == "." && s.Path.Value == fmt.Sprintf("%q", p.path)
	}
	var calls []*ast.CallExpr
	ast.Inspect(f.ast, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok {
			return true
		}
		fun := call.Fun
		if ix, ok := fun.(*ast.IndexExpr); ok { // explicit instantiation
			fun = ix.X
		}
		switch fun := fun.(type) {
		case *ast.Ident:
			if fun.Name == name && (f.pkg == p || dot) {
				calls = append(calls, call)
			}
		case *ast.SelectorExpr:
			if x, ok := fun.X.(*ast.Ident); ok && fun.Sel.Name == name && imports[x.Name] == p.path {
				calls = append(calls, call)
			}
		}
		return true
	})
	return calls
}

// specs returns the value specifications of f's const or var declarations.
func (f *file) specs(which token.Token) []*ast.ValueSpec {
	var vs []*ast.ValueSpec
	for _, d := range f.ast.Decls {
		if gd, ok := d.(*ast.GenDecl); ok && gd.Tok == which {
			for _, s := range gd.Specs {
				vs = append(vs, s.(*ast.ValueSpec))
			}
		}
	}
	return vs
}

// constDecl changes a constant that importers may use.
func constDecl(g *Generator, m *module) (Edit, bool) {
	f, ok := g.pickFile(m)
	if !ok {
		return Edit{}, false
	}
	spec, ok := pick(g, f.specs(token.CONST))
	if !ok {
		return Edit{}, false
	}
	var iotas []*ast.Ident
	ast.Inspect(spec, func(n ast.Node) bool {
		if id, ok := n.(*ast.Ident); ok && id.Name == "iota" {
			iotas = append(iotas, id)
		}
		return true
	})
	if id, ok := pick(g, iotas); ok {
		return f.edit("iota moved", splice{f.off(id.Pos()), f.off(id.End()), "(iota + 1)"}), true
	}
	lit, ok := pick(g, literals(spec))
	if !ok {
		return Edit{}, false
	}
	return f.literal(lit, bump, spec.Names[0].Name)
}

// constInsert adds a name to a group, where a constant without a value
// repeats the expression above it: with iota, the ones below change.
func constInsert(g *Generator, m *module) (Edit, bool) {
	f, ok := g.pickFile(m)
	if !ok {
		return Edit{}, false
	}
	var at []int
	for _, s := range f.specs(token.CONST) {
		if end := f.off(s.End()); end == f.lineEnd(end) && len(s.Names) == 1 {
			at = append(at, end)
		}
	}
	off, ok := pick(g, at)
	if !ok || f.src[f.lineStart(off)] != '\t' { // not within parentheses
		return Edit{}, false
	}
	return f.insert(off, "\n\t"+g.name("Gen"), "constant inserted"), true
}

func varInit(g *Generator, m *module) (Edit, bool) {
	f, ok := g.pickFile(m)
	if !ok {
		return Edit{}, false
	}
	spec, ok := pick(g, f.specs(token.VAR))
	if !ok {
		return Edit{}, false
	}
	lit, ok := pick(g, literals(spec))
	if !ok {
		return Edit{}, false
	}
	return f.literal(lit, bump, spec.Names[0].Name)
}

func newVar(g *Generator, m *module) (Edit, bool) {
	f, ok := g.pickFile(m)
	if !ok {
		return Edit{}, false
	}
	decl, _ := pick(g, []string{
		"var %s = func() int { println(\"set %[1]s\"); return 3 }()\n",
		"var %s = map[string]int{\"a\": 1, \"b\": 2}\n",
		"var %s = []func() string{func() string { return \"c\" }}\n",
		"var %s int\n",
	})
	n := g.name("Gen")
	return g.declare(f, fmt.Sprintf(decl, n), "new variable "+n), true
}

func newInit(g *Generator, m *module) (Edit, bool) {
	f, ok := g.pickFile(m)
	if !ok {
		return Edit{}, false
	}
	return g.declare(f, fmt.Sprintf("func init() { println(%q) }\n", g.name("init")), "new init function"), true
}

// removeUnused deletes a function whose name occurs nowhere else.
func removeUnused(g *Generator, m *module) (Edit, bool) {
	uses, kept := m.idents(), m.interfaceMethods()
	f, fd, ok := g.pickFunc(m, func(fd *ast.FuncDecl) bool {
		n := fd.Name.Name
		return uses[n] == 1 && !kept[n] || n == "init" && fd.Recv == nil
	})
	if !ok {
		return Edit{}, false
	}
	start, end, ok := f.lines(fd)
	return f.edit(fd.Name.Name+" removed", splice{start, end, ""}), ok
}

// lines returns the byte range of the lines that d fills. It reports false
// when d shares its first or last line with other tokens.
func (f *file) lines(d ast.Decl) (start, end int, ok bool) {
	start, end = f.declStart(d), f.off(d.End())
	for _, t := range f.toks {
		if t.off >= end && t.off < f.lineEnd(end) && t.tok != token.COMMENT {
			return 0, 0, false
		}
	}
	if f.inToken(f.lineEnd(end)) && f.lineEnd(end) < len(f.src) {
		return 0, 0, false
	}
	end = min(f.lineEnd(end)+1, len(f.src))
	return start, end, start == f.lineStart(start)
}
