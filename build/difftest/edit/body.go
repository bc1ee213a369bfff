package edit

import (
	"fmt"
	"go/ast"
	"go/token"
	"strconv"
	"strings"
)

// bodyKinds change what functions do, and sometimes what importers see of it.
func bodyKinds() []kind {
	return []kind{
		{"const-in-body", constInBody},
		{"stmt-in-body", stmtInBody},
		{"closure-in-body", closureInBody},
		{"helper", helper},
		{"return-value", returnValue},
		{"generic-body", genericBody},
		{"same-size-and-time", sameSizeAndTime},
		{"rename-param", renameParam},
		{"noinline", noinline},
	}
}

// bump returns another value for an integer or string literal.
func bump(lit *ast.BasicLit) (string, bool) {
	switch lit.Kind {
	case token.INT:
		if n, err := strconv.Atoi(lit.Value); err == nil {
			return strconv.Itoa(n + 1), true
		}
	case token.STRING:
		if s, ok := strings.CutSuffix(lit.Value, `"`); ok {
			return s + `x"`, true
		}
	}
	return "", false
}

// sameSize returns another value of equal length.
func sameSize(lit *ast.BasicLit) (string, bool) {
	v := []byte(lit.Value)
	at := len(v) - 1
	if lit.Kind == token.STRING {
		at--
	}
	switch {
	case at < 0:
		return "", false
	case lit.Kind == token.INT && v[at] >= '0' && v[at] < '9':
		v[at]++
	case lit.Kind == token.STRING && v[0] == '"' && v[at] >= 'a' && v[at] < 'z' && (at < 1 || v[at-1] != '\\'):
		v[at]++
	default:
		return "", false
	}
	return string(v), true
}

// literals returns the literals below n that may change without a good chance
// of breaking the compile.
func literals(n ast.Node) []*ast.BasicLit {
	var lits []*ast.BasicLit
	ast.Inspect(n, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.ArrayType, *ast.IndexExpr, *ast.CaseClause, *ast.ImportSpec, *ast.StructType:
			return false
		case *ast.BasicLit:
			lits = append(lits, n)
		}
		return true
	})
	return lits
}

func constInBody(g *Generator, m *module) (Edit, bool) {
	f, fd, ok := g.pickFunc(m, func(fd *ast.FuncDecl) bool { return len(literals(fd.Body)) > 0 })
	if !ok {
		return Edit{}, false
	}
	lit, _ := pick(g, literals(fd.Body))
	return f.literal(lit, bump, fd.Name.Name)
}

// literal replaces lit with what change makes of it.
func (f *file) literal(lit *ast.BasicLit, change func(*ast.BasicLit) (string, bool), where string) (Edit, bool) {
	v, ok := change(lit)
	s := splice{f.off(lit.Pos()), f.off(lit.End()), v}
	return f.edit(fmt.Sprintf("%s becomes %s in %s", lit.Value, v, where), s), ok
}

// sameSizeAndTime tempts whoever trusts size and modification time.
func sameSizeAndTime(g *Generator, m *module) (Edit, bool) {
	f, fd, ok := g.pickFunc(m, func(fd *ast.FuncDecl) bool { return len(literals(fd.Body)) > 0 })
	if !ok {
		return Edit{}, false
	}
	lit, _ := pick(g, literals(fd.Body))
	e, ok := f.literal(lit, sameSize, fd.Name.Name)
	e.KeepTime = true
	return e, ok
}

// statement returns a statement that needs nothing from around it.
func (g *Generator) statement() string {
	n := g.name("gen")
	s, _ := pick(g, []string{
		`println("%s")`,
		`if v := len("%s"); v > 3 { println(v) }`,
		`for i := range 2 { println("%s", i) }`,
		`{ var %[1]s [4]int; for i := range %[1]s { %[1]s[i] = i * i }; println(%[1]s[2]) }`,
		`defer println("%s")`,
		`switch "%s" { case "x": println(1); default: println(2) }`,
		`_ = "%s"`,
		`const %s = 3`,
	})
	return fmt.Sprintf(s, n)
}

// place inserts a statement somewhere in fd's body.
func (g *Generator) place(f *file, fd *ast.FuncDecl, stmt, note string) Edit {
	open := f.off(fd.Body.Lbrace) + 1
	note += " in " + fd.Name.Name
	list := fd.Body.List
	switch n := g.rng.IntN(4); {
	case len(list) == 0 || n == 0:
		return f.insert(open, "\n\t"+stmt+"\n", note)
	case n == 1: // same line as the first statement: no line moves
		return f.insert(f.off(list[0].Pos()), stmt+"; ", note)
	case n == 2: // several lines
		return f.insert(open, "\n\t// several\n\t// lines\n\t"+stmt+"\n\n", note)
	default:
		return f.insert(f.off(list[len(list)-1].Pos()), stmt+"\n\t", note)
	}
}

func stmtInBody(g *Generator, m *module) (Edit, bool) {
	f, fd, ok := g.pickFunc(m, nil)
	if !ok {
		return Edit{}, false
	}
	return g.place(f, fd, g.statement(), "statement"), true
}

func closureInBody(g *Generator, m *module) (Edit, bool) {
	f, fd, ok := g.pickFunc(m, nil)
	if !ok {
		return Edit{}, false
	}
	s, _ := pick(g, []string{
		`func() { println("%s") }()`,
		`{ %[1]s := func(x int) int { return x + 2 }; println(%[1]s(1)) }`,
		`{ %[1]s := []func() int{func() int { return 1 }, func() int { return 2 }}; println(%[1]s[1]()) }`,
		`defer func() { println("%s") }()`,
		`_ = func() string { return "%s" }`,
	})
	return g.place(f, fd, fmt.Sprintf(s, g.name("gen")), "closure"), true
}

// helper adds an unexported function and calls it.
func helper(g *Generator, m *module) (Edit, bool) {
	f, fd, ok := g.pickFunc(m, nil)
	if !ok {
		return Edit{}, false
	}
	n := g.name("gen")
	decl, _ := pick(g, []string{
		"func %s(x int) int { return x * 3 }\n",
		"//go:noinline\nfunc %s(x int) int { return x * 5 }\n",
		"func %s[T any](x T) T {\n\treturn x\n}\n",
		"func %s(x int) int {\n\tf := func() int { return x + 1 }\n\treturn f()\n}\n",
	})
	decl = fmt.Sprintf(decl, n)
	e := g.place(f, fd, "println("+n+"(2))", "call of new helper")
	src := e.Changes[0].New
	if g.chance(50) {
		src = append(append([]byte{}, src...), "\n"+decl...)
	} else { // above the function: everything below moves
		at := f.lineStart(f.declStart(fd))
		src = append(append(append([]byte{}, src[:at]...), decl+"\n"...), src[at:]...)
	}
	e.Changes[0].New = src
	return e, true
}

// result is the name of fd's only result type, if it has a simple one.
func result(fd *ast.FuncDecl) string {
	if fd.Type.Results == nil || len(fd.Type.Results.List) != 1 || len(fd.Type.Results.List[0].Names) > 1 {
		return ""
	}
	id, ok := fd.Type.Results.List[0].Type.(*ast.Ident)
	if !ok {
		return ""
	}
	return id.Name
}

// returnValue changes a function of one statement: the ones that get inlined.
func returnValue(g *Generator, m *module) (Edit, bool) {
	ops := map[string]string{"int": "(%s) + 1", "string": `(%s) + "r"`, "bool": "!(%s)"}
	f, fd, ok := g.pickFunc(m, func(fd *ast.FuncDecl) bool {
		return ops[result(fd)] != "" && len(fd.Body.List) == 1
	})
	if !ok {
		return Edit{}, false
	}
	ret, ok := fd.Body.List[0].(*ast.ReturnStmt)
	if !ok || len(ret.Results) != 1 {
		return Edit{}, false
	}
	x := ret.Results[0]
	text := fmt.Sprintf(ops[result(fd)], f.text(x))
	return f.edit("value of "+fd.Name.Name, splice{f.off(x.Pos()), f.off(x.End()), text}), true
}

// generic reports whether fd has type parameters, its receiver's included.
func generic(fd *ast.FuncDecl) bool {
	if fd.Type.TypeParams != nil {
		return true
	}
	found := false
	if fd.Recv != nil {
		ast.Inspect(fd.Recv, func(n ast.Node) bool {
			switch n.(type) {
			case *ast.IndexExpr, *ast.IndexListExpr:
				found = true
			}
			return true
		})
	}
	return found
}

func genericBody(g *Generator, m *module) (Edit, bool) {
	f, fd, ok := g.pickFunc(m, generic)
	if !ok {
		return Edit{}, false
	}
	stmt := g.statement()
	if g.chance(40) {
		stmt = fmt.Sprintf(`func() { println(%q) }()`, g.name("gen"))
	}
	return g.place(f, fd, stmt, "statement in generic code"), true
}

// renameParam renames a parameter and all its uses.
func renameParam(g *Generator, m *module) (Edit, bool) {
	f, fd, ok := g.pickFunc(m, func(fd *ast.FuncDecl) bool { return fd.Type.Params.NumFields() > 0 })
	if !ok {
		return Edit{}, false
	}
	field, _ := pick(g, fd.Type.Params.List)
	id, ok := pick(g, field.Names)
	if !ok || id.Name == "_" {
		return Edit{}, false
	}
	fresh := g.name("gen")
	var ss []splice
	keep := map[*ast.Ident]bool{}
	ast.Inspect(fd, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.SelectorExpr:
			keep[n.Sel] = true
		case *ast.KeyValueExpr:
			if k, isIdent := n.Key.(*ast.Ident); isIdent && k.Name == id.Name {
				ok = false // a field of that name, or the parameter itself?
			}
		case *ast.Ident:
			if n.Name == id.Name && !keep[n] {
				ss = append(ss, splice{f.off(n.Pos()), f.off(n.End()), fresh})
			}
		}
		return true
	})
	return f.edit(id.Name+" renamed in "+fd.Name.Name, ss...), ok
}

// noinline adds the directive, or removes it.
func noinline(g *Generator, m *module) (Edit, bool) {
	const text = "//go:noinline"
	f, fd, ok := g.pickFunc(m, nil)
	if !ok {
		return Edit{}, false
	}
	if fd.Doc != nil {
		for _, c := range fd.Doc.List {
			if c.Text == text {
				at := f.off(c.Pos())
				return f.edit("directive removed from "+fd.Name.Name, splice{at, at + len(text) + 1, ""}), true
			}
		}
	}
	at := f.off(fd.Pos())
	if at != f.lineStart(at) {
		return Edit{}, false
	}
	return f.insert(at, text+"\n", "directive added to "+fd.Name.Name), true
}
