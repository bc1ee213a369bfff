package structtag

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/format"
	"go/parser"
	"go/token"
	"slices"
	"strconv"
	"strings"
)

// EditOptions say which fields of a file to change, and how.
type EditOptions struct {
	// Change is applied to each field by itself.
	Change Change
	// Selection narrows the fields down; the zero value is every type.
	Selection Selection
	// Embedded includes embedded fields, whose promotion in encodings a tag
	// takes away.
	Embedded bool
	// Generated includes files that say they are generated.
	Generated bool
}

// A FieldEdit is the change of one field's tag.
type FieldEdit struct {
	Line   int
	Struct string
	Field  string
	// Old and New are the tags without quotes, empty for none.
	Old, New string
}

// A Problem is something wrong with a tag that no edit sets right.
type Problem struct {
	Line   int
	Struct string
	Field  string
	Text   string
}

// A Result is what [Edit] made of a file.
type Result struct {
	Source   []byte // the file after the change, Old itself if there is none
	Edits    []FieldEdit
	Problems []Problem
	// Generated is true if the file was left alone for being generated.
	Generated bool
}

// Edit changes the tags of one file and nothing else. Every byte outside of
// them stays, except that a file that was formatted by gofmt stays so. Line
// endings are kept.
func Edit(name string, src []byte, o EditOptions) (Result, error) {
	if crlf(src) {
		res, err := Edit(name, bytes.ReplaceAll(src, []byte("\r\n"), []byte("\n")), o)
		res.Source = bytes.ReplaceAll(res.Source, []byte("\n"), []byte("\r\n"))
		return res, err
	}
	e := editor{opts: o, fset: token.NewFileSet(), src: src}
	file, err := parser.ParseFile(e.fset, name, src, parser.ParseComments)
	if err != nil {
		return Result{}, err
	}
	e.tf = e.fset.File(file.FileStart)
	if err := validKeys(o.Change); err != nil {
		return Result{}, err
	}
	if err := e.choose(file); err != nil {
		return Result{}, err
	}
	if ast.IsGenerated(file) && !o.Generated {
		return Result{Source: src, Generated: true}, nil
	}
	e.walk(file)
	e.res.Source = e.splice()
	slices.SortStableFunc(e.res.Problems, func(a, b Problem) int { return a.Line - b.Line })
	return e.res, e.verify(name)
}

// crlf reports whether every line ends in CR LF and no CR stands elsewhere.
func crlf(src []byte) bool {
	n := bytes.Count(src, []byte("\r\n"))
	return n > 0 && n == bytes.Count(src, []byte("\n")) && n == bytes.Count(src, []byte("\r"))
}

type editor struct {
	opts       EditOptions
	fset       *token.FileSet
	tf         *token.File
	src        []byte
	start, end token.Pos
	cuts       []cut
	res        Result
}

// A cut replaces the bytes from, to of the source.
type cut struct {
	from, to int
	text     string
}

// choose finds the selection.
func (e *editor) choose(file *ast.File) error {
	if e.opts.Selection == (Selection{}) {
		e.start, e.end = file.FileStart, file.FileEnd
		return nil
	}
	if err := e.opts.Selection.validate(); err != nil {
		return err
	}
	var err error
	e.start, e.end, err = e.opts.Selection.find(e.fset, file)
	return err
}

// walk visits the structs that declarations of types contain. Structs of
// parameters, variables and literals are left alone unless they are selected
// by name or place, since their tags are part of the type's identity.
func (e *editor) walk(file *ast.File) {
	if s := e.opts.Selection; s.Struct != "" || s.Line != "" || s.Offset != 0 {
		for _, st := range structs(file) {
			e.structType(st.name, st.node)
		}
		return
	}
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.TypeSpec)
		if !ok {
			return true
		}
		if spec.Assign == token.NoPos {
			e.nested(spec.Name.Name, spec.Type)
		}
		return false
	})
}

// nested visits a struct and the structs of its fields.
func (e *editor) nested(name string, t ast.Expr) {
	st, ok := underlying(t).(*ast.StructType)
	if !ok {
		return
	}
	e.structType(name, st)
	for _, f := range st.Fields.List {
		if len(f.Names) > 0 {
			e.nested(name+"."+f.Names[0].Name, f.Type)
		}
	}
}

// structType changes the fields of one struct, then looks at them together.
func (e *editor) structType(name string, st *ast.StructType) {
	names, taken := usedNames{}, usedNames{}
	for _, f := range st.Fields.List {
		taken.add(f, literal(f.Tag))
	}
	for _, f := range st.Fields.List {
		tag := literal(f.Tag)
		selected := e.start <= f.End() && f.Pos() <= e.end
		if selected {
			tag = e.field(name, f, tag, taken)
		}
		for _, text := range names.add(f, tag) {
			if selected {
				e.problem(name, f, text)
			}
		}
	}
}

// field changes the tag of one field and returns the new one. taken are the
// names that fields of the struct have.
func (e *editor) field(name string, f *ast.Field, old string, taken usedNames) string {
	if why := malformed(old); why != "" {
		e.problem(name, f, why)
		return old
	}
	if Empty(&e.opts.Change) && !e.opts.Change.Sort || !e.wanted(f) {
		return old
	}
	tag, err := apply(e.opts.Change, fieldName(f), f.Tag)
	switch {
	case err != nil:
		e.problem(name, f, err.Error())
		return old
	case tag == old:
		return old
	case len(f.Names) > 1 && !Empty(&e.opts.Change) && len(e.opts.Change.Add) > 0:
		e.problem(name, f, "several fields share one tag; declare each by itself")
		return old
	}
	if why := malformed(tag); why != "" {
		e.problem(name, f, "left as it is: "+why)
		return old
	}
	if why := taken.conflict(f, old, tag); why != "" {
		e.problem(name, f, why)
		return old
	}
	taken.add(f, tag)
	e.res.Edits = append(e.res.Edits, FieldEdit{
		Line: e.line(f), Struct: name, Field: fieldName(f), Old: old, New: tag})
	e.cuts = append(e.cuts, e.cut(f, quote(tag)))
	return tag
}

// wanted says whether a field is one to tag.
func (e *editor) wanted(f *ast.Field) bool {
	name := fieldName(f)
	switch {
	case name == "" || name == "_":
		return false
	case len(f.Names) == 0 && !e.opts.Embedded && len(e.opts.Change.Add) > 0:
		return false
	}
	return !e.opts.Change.SkipUnexportedFields || slices.ContainsFunc(f.Names, (*ast.Ident).IsExported) ||
		len(f.Names) == 0 && ast.IsExported(name)
}

// cut is the change of the source that gives a field its new tag.
func (e *editor) cut(f *ast.Field, quoted string) cut {
	if f.Tag == nil {
		at := e.tf.Offset(f.Type.End())
		return cut{at, at, " " + quoted}
	}
	from := e.tf.Offset(f.Tag.Pos())
	// A raw string's value lacks carriage returns that the file has.
	to := from + 1 + bytes.IndexByte(e.src[from+1:], '`') + 1
	if e.src[from] != '`' {
		to = from + len(f.Tag.Value)
	}
	if quoted == "" {
		from -= len(e.src[:from]) - len(bytes.TrimRight(e.src[:from], " \t"))
	}
	return cut{from, to, quoted}
}

// splice makes the new file.
func (e *editor) splice() []byte {
	if len(e.cuts) == 0 {
		return e.src
	}
	slices.SortFunc(e.cuts, func(a, b cut) int { return a.from - b.from })
	var out []byte
	at := 0
	for _, c := range e.cuts {
		out = append(append(out, e.src[at:c.from]...), c.text...)
		at = c.to
	}
	out = append(out, e.src[at:]...)
	if before, err := format.Source(e.src); err == nil && bytes.Equal(before, e.src) {
		if after, err := format.Source(out); err == nil {
			return after
		}
	}
	return out
}

// verify makes sure that what is about to be written is Go.
func (e *editor) verify(name string) error {
	_, err := parser.ParseFile(token.NewFileSet(), name, e.res.Source, parser.SkipObjectResolution)
	if err != nil {
		return fmt.Errorf("the edited file would not parse: %w", err)
	}
	return nil
}

func (e *editor) line(f *ast.Field) int { return e.tf.PositionFor(f.Pos(), false).Line }

func (e *editor) problem(name string, f *ast.Field, text string) {
	e.res.Problems = append(e.res.Problems, Problem{e.line(f), name, fieldName(f), text})
}

// fieldName is the first name of a field, or the name of its type if it is
// embedded.
func fieldName(f *ast.Field) string {
	if len(f.Names) > 0 {
		for _, id := range f.Names {
			if id.IsExported() {
				return id.Name
			}
		}
		return f.Names[0].Name
	}
	return typeName(f.Type)
}

// typeName is the name of an embedded type, without package, star and type
// arguments.
func typeName(t ast.Expr) string {
	switch t := t.(type) {
	case *ast.Ident:
		return t.Name
	case *ast.StarExpr:
		return typeName(t.X)
	case *ast.SelectorExpr:
		return t.Sel.Name
	case *ast.IndexExpr:
		return typeName(t.X)
	case *ast.IndexListExpr:
		return typeName(t.X)
	case *ast.ParenExpr:
		return typeName(t.X)
	}
	return ""
}

// quote writes a tag as a literal.
func quote(tag string) string {
	switch {
	case tag == "":
		return ""
	case strings.ContainsAny(tag, "`\r\n\ufeff"):
		return strconv.Quote(tag)
	}
	return "`" + tag + "`"
}
