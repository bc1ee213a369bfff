// Package decls tells two versions of a Go source file apart by their
// declarations: which were added, removed or changed, and whether lines moved.
// It serves explanations only; what is recompiled is never decided here.
package decls

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/scanner"
	"go/token"
	"strings"
)

// A Change is one declaration that differs.
type Change struct {
	// Decl names the declaration as its source does, such as
	// "func (*Head) Append" or "type Labels"; "imports" for all imports.
	Decl string
	// What is one of: added, removed, body changed, signature changed, changed.
	What string
}

// A Diff is how two versions of a file differ.
type Diff struct {
	Changes []Change
	// LinesMoved is true if a declaration that is in both versions and does not
	// differ starts on another line, or has lines inside it elsewhere.
	LinesMoved bool
}

// Compare compares two versions of a file. A version that does not parse is
// an error.
func Compare(old, cur []byte) (Diff, error) {
	a, err := parse(old)
	if err != nil {
		return Diff{}, err
	}
	b, err := parse(cur)
	if err != nil {
		return Diff{}, err
	}
	var d Diff
	for _, name := range b.order {
		now := b.decls[name]
		was, had := a.decls[name]
		switch {
		case !had:
			d.add(name, "added")
		case was.head != now.head && now.isFunc:
			d.add(name, "signature changed")
		case was.body != now.body && now.isFunc:
			d.add(name, "body changed")
		case was.head != now.head || was.body != now.body:
			d.add(name, "changed")
		default:
			d.LinesMoved = d.LinesMoved || was.lines != now.lines
		}
	}
	for _, name := range a.order {
		if _, kept := b.decls[name]; !kept {
			d.add(name, "removed")
		}
	}
	return d, nil
}

func (d *Diff) add(decl, what string) { d.Changes = append(d.Changes, Change{decl, what}) }

// Text says what happened to the file in one line.
func (d Diff) Text() string {
	var parts []string
	for _, c := range d.Changes {
		parts = append(parts, c.Decl+": "+c.What)
	}
	s := strings.Join(parts, "; ")
	switch {
	case s == "" && d.LinesMoved:
		return "comments or blank lines changed, lines moved"
	case s == "":
		return "comments or formatting changed"
	case d.LinesMoved:
		return s + ", lines moved"
	}
	return s
}

// file is a source file's declarations by name.
type file struct {
	decls map[string]decl
	order []string
}

// decl is a declaration as text: tokens without comments, joined by spaces.
type decl struct {
	isFunc     bool
	head, body string
	lines      string // the line of every token
}

func parse(src []byte) (*file, error) {
	fset := token.NewFileSet()
	f, err := parser.ParseFile(fset, "", src, parser.SkipObjectResolution)
	if err != nil {
		return nil, fmt.Errorf("parse source: %w", err)
	}
	out := &file{decls: map[string]decl{}}
	base := fset.File(f.Pos())
	text := func(from, to token.Pos) string { return string(src[base.Offset(from):base.Offset(to)]) }
	out.put("package clause", decl{head: tokens(text(f.Package, f.Name.End()))})
	for _, d := range f.Decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			out.put(funcName(d), funcDecl(d, text, base))
		case *ast.GenDecl:
			for _, s := range d.Specs {
				out.put(specName(d.Tok, s), decl{
					head:  tokens(text(s.Pos(), s.End())),
					lines: fmt.Sprint(base.Line(s.Pos()), base.Line(s.End())),
				})
			}
		}
	}
	return out, nil
}

func funcDecl(d *ast.FuncDecl, text func(from, to token.Pos) string, base *token.File) decl {
	x := decl{isFunc: true, lines: fmt.Sprint(base.Line(d.Pos()), base.Line(d.End()))}
	end := d.End()
	if d.Body != nil {
		end = d.Body.Pos()
		x.body = tokens(text(d.Body.Pos(), d.Body.End()))
	}
	x.head = tokens(text(d.Pos(), end))
	return x
}

// put enters a declaration; those of the same name, such as init functions,
// imports and blank variables, are joined.
func (f *file) put(name string, d decl) {
	if was, ok := f.decls[name]; ok {
		d.head, d.body, d.lines = was.head+"\n"+d.head, was.body+"\n"+d.body, was.lines+" "+d.lines
	} else {
		f.order = append(f.order, name)
	}
	f.decls[name] = d
}

func funcName(d *ast.FuncDecl) string {
	if d.Recv == nil || len(d.Recv.List) != 1 {
		return "func " + d.Name.Name
	}
	return "func (" + recvName(d.Recv.List[0].Type) + ") " + d.Name.Name
}

func recvName(x ast.Expr) string {
	switch x := x.(type) {
	case *ast.StarExpr:
		return "*" + recvName(x.X)
	case *ast.ParenExpr:
		return recvName(x.X)
	case *ast.IndexExpr:
		return recvName(x.X)
	case *ast.IndexListExpr:
		return recvName(x.X)
	case *ast.Ident:
		return x.Name
	}
	return "?"
}

func specName(tok token.Token, s ast.Spec) string {
	switch s := s.(type) {
	case *ast.ImportSpec:
		return "imports"
	case *ast.TypeSpec:
		return "type " + s.Name.Name
	case *ast.ValueSpec:
		var names []string
		for _, n := range s.Names {
			names = append(names, n.Name)
		}
		return tok.String() + " " + strings.Join(names, ", ")
	}
	return tok.String()
}

// tokens is src without comments and layout.
func tokens(src string) string {
	var s scanner.Scanner
	fset := token.NewFileSet()
	s.Init(fset.AddFile("", -1, len(src)), []byte(src), func(token.Position, string) {}, 0)
	var out strings.Builder
	for {
		_, tok, lit := s.Scan()
		if tok == token.EOF {
			return out.String()
		}
		if tok == token.SEMICOLON && lit == "\n" {
			lit = ";"
		}
		out.WriteString(tok.String() + lit + " ")
	}
}
