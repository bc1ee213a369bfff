package projectenv

import (
	"errors"
	"go/ast"
	"go/parser"
	"go/scanner"
	"go/token"
	"strings"
)

// Parse reads a file's content. docs/env.md has the grammar: constants,
// and the variables profiles and aliases with literals for a value. Anything
// else is an error that names file and line.
func Parse(path string, src []byte) (*File, error) {
	fset := token.NewFileSet()
	tree, err := parser.ParseFile(fset, path, src, parser.SkipObjectResolution)
	if err != nil {
		var list scanner.ErrorList
		if errors.As(err, &list) && len(list) > 0 {
			return nil, (&File{Path: path}).errorf(list[0].Pos.Line, "%s", list[0].Msg)
		}
		return nil, err
	}
	p := &parse{
		File:   &File{Path: path, Profiles: map[string][]Setting{}, Aliases: map[string]Alias{}, src: src},
		tokens: fset.File(tree.FileStart),
		consts: map[string]string{},
	}
	for _, decl := range tree.Decls {
		if err := p.decl(decl); err != nil {
			return nil, err
		}
	}
	return p.File, nil
}

// parse is one run of [Parse].
type parse struct {
	*File
	tokens *token.File
	consts map[string]string
	seen   struct{ profiles, aliases bool }
	// added is how long all sums are together: names in sums could make a
	// small file a large one.
	added int
}

// line ignores //line comments: errors are about this file.
func (p *parse) line(n ast.Node) int { return p.tokens.PositionFor(n.Pos(), false).Line }

func (p *parse) fail(n ast.Node, format string, args ...any) error {
	return p.errorf(p.line(n), format, args...)
}

func (p *parse) decl(decl ast.Decl) error {
	gen, ok := decl.(*ast.GenDecl)
	if !ok {
		return p.fail(decl, "a function; this file is read, not run, and holds constants only")
	}
	for _, spec := range gen.Specs {
		var err error
		switch {
		case gen.Tok == token.CONST:
			err = p.constants(spec.(*ast.ValueSpec))
		case gen.Tok == token.VAR:
			err = p.variable(spec.(*ast.ValueSpec))
		default:
			err = p.fail(spec, "%s declarations are not allowed", gen.Tok)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// isVariable: the names of variables are in capitals.
func isVariable(name string) bool {
	return isName(name, func(c byte) bool { return 'A' <= c && c <= 'Z' || c == '_' }) && name != "_"
}

// isHelper: the names of constants that are none begin with a small letter.
func isHelper(name string) bool {
	return name != "" && 'a' <= name[0] && name[0] <= 'z' &&
		isName(name, func(c byte) bool { return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || c == '_' })
}

// isWord: profiles and aliases are named in small letters.
func isWord(name string) bool {
	return name != "" && 'a' <= name[0] && name[0] <= 'z' &&
		isName(name, func(c byte) bool { return 'a' <= c && c <= 'z' || c == '_' || c == '-' })
}

// isName reports whether a name consists of letters and, but for the first,
// digits.
func isName(name string, letter func(byte) bool) bool {
	for i := range len(name) {
		if !letter(name[i]) && (i == 0 || name[i] < '0' || '9' < name[i]) {
			return false
		}
	}
	return name != ""
}

// constants reads a line of constants: variables in capitals, helpers for
// other values in lower case.
func (p *parse) constants(spec *ast.ValueSpec) error {
	if len(spec.Values) != len(spec.Names) {
		return p.fail(spec, "%s has no value of its own", spec.Names[0].Name)
	}
	if t, ok := spec.Type.(*ast.Ident); spec.Type != nil && (!ok || t.Name != "string" && t.Name != "bool" && t.Name != "int") {
		return p.fail(spec.Type, "a constant is a string, a bool or an int")
	}
	for i, id := range spec.Names {
		value, err := p.value(spec.Values[i])
		if err != nil {
			return err
		}
		_, twice := p.consts[id.Name]
		switch {
		case twice:
			return p.fail(id, "%s is declared twice", id.Name)
		case isVariable(id.Name):
			s := Setting{Name: id.Name, Value: value, Line: p.line(id)}
			if err := p.allowed(id, s); err != nil {
				return err
			}
			p.Vars = append(p.Vars, s)
		case !isHelper(id.Name):
			return p.fail(id, "%q is neither a variable, in capitals, nor a helper, which begins with a small letter", id.Name)
		}
		p.consts[id.Name] = value
	}
	return nil
}

// allowed refuses variables that the file cannot set.
func (p *parse) allowed(n ast.Node, s Setting) error {
	switch {
	case strings.HasPrefix(s.Name, "GUST_"):
		return p.fail(n, "%s is read from the process's environment only", s.Name)
	case strings.ContainsRune(s.Value, 0):
		return p.fail(n, "%s has a zero byte in its value", s.Name)
	}
	return nil
}

// variable reads profiles or aliases.
func (p *parse) variable(spec *ast.ValueSpec) error {
	if len(spec.Names) != 1 || len(spec.Values) != 1 || spec.Type != nil {
		return p.fail(spec, "want var profiles = … or var aliases = …")
	}
	lit, ok := spec.Values[0].(*ast.CompositeLit)
	switch name := spec.Names[0].Name; {
	case name == "profiles" && ok && isMap(lit.Type, isStringMap) && !p.seen.profiles:
		p.seen.profiles = true
		return p.entries(lit, p.profileEntry)
	case name == "aliases" && ok && isMap(lit.Type, isStrings) && !p.seen.aliases:
		p.seen.aliases = true
		return p.entries(lit, p.aliasEntry)
	case p.seen.profiles && name == "profiles", p.seen.aliases && name == "aliases":
		return p.fail(spec, "%s is declared twice", name)
	}
	return p.fail(spec, "the only variables are profiles, a map[string]map[string]string{…}, and aliases, a map[string][]string{…}")
}

func isMap(t ast.Expr, elem func(ast.Expr) bool) bool {
	m, ok := t.(*ast.MapType)
	return ok && isString(m.Key) && elem(m.Value)
}

func isString(t ast.Expr) bool {
	id, ok := t.(*ast.Ident)
	return ok && id.Name == "string"
}

func isStringMap(t ast.Expr) bool { return isMap(t, isString) }

func isStrings(t ast.Expr) bool {
	a, ok := t.(*ast.ArrayType)
	return ok && a.Len == nil && isString(a.Elt)
}

// entries calls do for each entry of a map whose keys are names.
func (p *parse) entries(lit *ast.CompositeLit, do func(name string, kv *ast.KeyValueExpr) error) error {
	for _, elt := range lit.Elts {
		kv, ok := elt.(*ast.KeyValueExpr)
		if !ok {
			return p.fail(elt, "want a key and a value")
		}
		name, err := p.value(kv.Key)
		if err != nil {
			return err
		}
		if err := do(name, kv); err != nil {
			return err
		}
	}
	return nil
}

// inner returns the literal that an entry has for a value.
func (p *parse) inner(kv *ast.KeyValueExpr, is func(ast.Expr) bool, want string) (*ast.CompositeLit, error) {
	lit, ok := kv.Value.(*ast.CompositeLit)
	if !ok || lit.Type != nil && !is(lit.Type) {
		return nil, p.fail(kv.Value, "want %s", want)
	}
	return lit, nil
}

func (p *parse) profileEntry(name string, kv *ast.KeyValueExpr) error {
	lit, err := p.inner(kv, isStringMap, "a map of strings in braces")
	if err != nil {
		return err
	}
	if !isWord(name) {
		return p.fail(kv, "%q is no name for a profile; use small letters, digits, - and _", name)
	}
	if _, twice := p.Profiles[name]; twice {
		return p.fail(kv, "profile %q is declared twice", name)
	}
	p.Profiles[name] = []Setting{}
	return p.entries(lit, func(variable string, kv *ast.KeyValueExpr) error {
		value, err := p.value(kv.Value)
		if err != nil {
			return err
		}
		s := Setting{Name: variable, Value: value, Line: p.line(kv), Profile: name}
		if !isVariable(variable) {
			return p.fail(kv, "%q is no name for a variable", variable)
		}
		for _, other := range p.Profiles[name] {
			if other.Name == variable {
				return p.fail(kv, "%s is set twice in profile %q", variable, name)
			}
		}
		p.Profiles[name] = append(p.Profiles[name], s)
		return p.allowed(kv, s)
	})
}

func (p *parse) aliasEntry(name string, kv *ast.KeyValueExpr) error {
	lit, err := p.inner(kv, isStrings, "a list of strings in braces")
	if err != nil {
		return err
	}
	if !isWord(name) {
		return p.fail(kv, "%q is no name for an alias; use small letters, digits, - and _", name)
	}
	if _, twice := p.Aliases[name]; twice {
		return p.fail(kv, "alias %q is declared twice", name)
	}
	a := Alias{Name: name, Line: p.line(kv)}
	for _, elt := range lit.Elts {
		arg, err := p.value(elt)
		if err != nil {
			return err
		}
		if strings.ContainsRune(arg, 0) {
			return p.fail(elt, "an argument has a zero byte")
		}
		a.Args = append(a.Args, arg)
	}
	if len(a.Args) == 0 {
		return p.fail(kv, "alias %q stands for nothing", name)
	}
	p.Aliases[name] = a
	return nil
}
