package edit

import (
	"fmt"
	"go/ast"
	"go/token"
	"strings"
)

// typeKinds change types and their method sets.
func typeKinds() []kind {
	return []kind{
		{"add-field", addField},
		{"reorder-fields", reorderFields},
		{"field-tag", fieldTag},
		{"embed-type", embedType},
		{"new-method", newMethod},
		{"new-type", newType},
	}
}

// types returns the type specifications of f for which want holds.
func (f *file) types(want func(*ast.TypeSpec) bool) []*ast.TypeSpec {
	var ts []*ast.TypeSpec
	for _, d := range f.ast.Decls {
		gd, ok := d.(*ast.GenDecl)
		if !ok || gd.Tok != token.TYPE {
			continue
		}
		for _, s := range gd.Specs {
			if t := s.(*ast.TypeSpec); want(t) {
				ts = append(ts, t)
			}
		}
	}
	return ts
}

func isStruct(t *ast.TypeSpec) bool {
	_, ok := t.Type.(*ast.StructType)
	return ok
}

// pickType returns a random type of a random package.
func (g *Generator) pickType(m *module, want func(*ast.TypeSpec) bool) (*file, *ast.TypeSpec, bool) {
	p, ok := g.pickPkg(m)
	if !ok {
		return nil, nil, false
	}
	files := map[*ast.TypeSpec]*file{}
	var list []*ast.TypeSpec
	for _, f := range p.files {
		for _, t := range f.types(want) {
			files[t] = f
			list = append(list, t)
		}
	}
	t, ok := pick(g, list)
	return files[t], t, ok
}

// appendField adds a line to a struct.
func (f *file) appendField(t *ast.TypeSpec, text string) splice {
	st := t.Type.(*ast.StructType)
	at := f.off(st.Fields.Closing)
	switch {
	case strings.TrimSpace(string(f.src[f.lineStart(at):at])) == "": // } stands alone
		text = "\t" + text + "\n"
		at = f.lineStart(at)
	case len(st.Fields.List) > 0:
		text = "; " + text
	}
	return splice{at, at, text}
}

func addField(g *Generator, m *module) (Edit, bool) {
	f, t, ok := g.pickType(m, isStruct)
	if !ok {
		return Edit{}, false
	}
	typ, _ := pick(g, []string{"int", "string", "[3]int64", "*int", "struct{ A, B byte }"})
	prefix, _ := pick(g, []string{"gen", "Gen"})
	return f.edit("field for "+t.Name.Name, f.appendField(t, g.name(prefix)+" "+typ)), true
}

func reorderFields(g *Generator, m *module) (Edit, bool) {
	f, t, ok := g.pickType(m, func(t *ast.TypeSpec) bool {
		return isStruct(t) && len(t.Type.(*ast.StructType).Fields.List) > 1
	})
	if !ok {
		return Edit{}, false
	}
	list := t.Type.(*ast.StructType).Fields.List
	i := g.rng.IntN(len(list) - 1)
	a, b := list[i], list[i+1]
	return f.edit("fields of "+t.Name.Name+" swapped",
		splice{f.off(a.Pos()), f.off(a.End()), f.text(b)},
		splice{f.off(b.Pos()), f.off(b.End()), f.text(a)}), true
}

func fieldTag(g *Generator, m *module) (Edit, bool) {
	f, t, ok := g.pickType(m, isStruct)
	if !ok {
		return Edit{}, false
	}
	field, ok := pick(g, t.Type.(*ast.StructType).Fields.List)
	if !ok || field.Tag != nil {
		return Edit{}, false
	}
	return f.insert(f.off(field.End()), fmt.Sprintf(" `gen:%q`", g.name("tag")), "tag in "+t.Name.Name), true
}

// embedType embeds a new type with a method, which is promoted.
func embedType(g *Generator, m *module) (Edit, bool) {
	f, t, ok := g.pickType(m, isStruct)
	if !ok {
		return Edit{}, false
	}
	n := g.name("Gen")
	decl := fmt.Sprintf("\ntype %s struct{ N%[1]s int }\n\nfunc (g %[1]s) M%[1]s() int { return g.N%[1]s }\n", n)
	end := len(f.src)
	return f.edit(n+" embedded in "+t.Name.Name, f.appendField(t, n), splice{end, end, decl}), true
}

// receiver writes t as a receiver type, with its own type parameter names.
func receiver(t *ast.TypeSpec) string {
	if t.TypeParams == nil {
		return t.Name.Name
	}
	var names []string
	for _, field := range t.TypeParams.List {
		for _, id := range field.Names {
			names = append(names, id.Name)
		}
	}
	return t.Name.Name + "[" + strings.Join(names, ", ") + "]"
}

func newMethod(g *Generator, m *module) (Edit, bool) {
	f, t, ok := g.pickType(m, func(t *ast.TypeSpec) bool {
		switch t.Type.(type) {
		case *ast.InterfaceType, *ast.StarExpr:
			return false
		case *ast.Ident, *ast.SelectorExpr, *ast.IndexExpr: // possibly an interface or pointer
			return false
		}
		return !t.Assign.IsValid()
	})
	if !ok {
		return Edit{}, false
	}
	star, _ := pick(g, []string{"", "*"})
	name := g.name("Gen")
	decl := fmt.Sprintf("func (%s%s) %s() int { return %d }\n", star, receiver(t), name, g.names)
	if g.chance(30) {
		decl = strings.Replace(decl, "{ return", "{\n\tfunc() { println(\"m\") }()\n\treturn", 1)
		decl = strings.Replace(decl, " }\n", "\n}\n", 1)
	}
	return g.declare(f, decl, "method of "+t.Name.Name), true
}

func newType(g *Generator, m *module) (Edit, bool) {
	f, t, ok := g.pickType(m, func(t *ast.TypeSpec) bool { return t.TypeParams == nil })
	if !ok {
		return Edit{}, false
	}
	decl, _ := pick(g, []string{
		"type %s = %s\n",
		"type %s %s\n",
		"type %s struct{ V %s }\n\nfunc (g *%[1]s) Get() *%[2]s { return &g.V }\n",
		"type %s[T any] struct {\n\tV %s\n\tX T\n}\n\nfunc (g %[1]s[T]) Get() T { return g.X }\n",
		"type %s interface{ M(%s) }\n",
	})
	n := g.name("Gen")
	return g.declare(f, fmt.Sprintf(decl, n, t.Name.Name), "type "+n), true
}
