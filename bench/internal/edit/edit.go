// Package edit makes the source edits that the edit benchmark times.
//
// Every edit is a pure function of the original file, a seed and a round: it
// yields a file that compiles, that says something no other round or seed
// says (so no cache can hold its result), and that costs the program nothing
// when it runs. Edits are made in the text, not by printing a syntax tree, so
// that nothing moves but what the edit is about.
package edit

import (
	"bytes"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"strings"
)

// Marker is the name every edit leaves in the file.
const Marker = "gustBench"

// ErrNoFunc is returned where no function of the file can take the edit.
var ErrNoFunc = errors.New("no function that can take the edit")

// Effect says what an edit must do to the linked program, build IDs blanked.
// It is how a benchmark tells a real edit from one that had no effect.
type Effect int

// The effects of an edit.
const (
	// AnyEffect: the program may or may not change.
	AnyEffect Effect = iota
	// SameProgram: the program stays as it was.
	SameProgram
	// OtherProgram: the program changes in every round.
	OtherProgram
)

// A Kind is one way to edit a file.
type Kind struct {
	// Title is the kind's row heading.
	Title string
	// Effect is what successive rounds do to the program.
	Effect Effect
	// apply edits src, which parses; fn is the function to edit, if needed.
	apply func(src []byte, t target, seed, round int) []byte
}

// The kinds of edit. None stands for a build without an edit.
var (
	None      = Kind{Title: "nothing changed", Effect: SameProgram, apply: applyNone}
	Comment   = Kind{Title: "comment, no line moves", Effect: SameProgram, apply: applyComment}
	Body      = Kind{Title: "function body, no line moves", Effect: OtherProgram, apply: applyBody}
	BodyMoved = Kind{Title: "function body, lines move", Effect: OtherProgram, apply: applyBodyMoved}
	API       = Kind{Title: "API: new exported function", Effect: AnyEffect, apply: applyAPI}
)

// A target is the place in the original source an edit goes to.
type target struct {
	packageEnd int // offset of the end of the line with the package clause
	bodyStart  int // offset just after the opening brace of the function
}

// Apply edits src for one round. fn names the function whose body is edited;
// empty means the longest one, which is surely too big to be inlined.
func (k Kind) Apply(src []byte, fn string, seed, round int) ([]byte, error) {
	if bytes.Contains(src, []byte(Marker)) {
		return nil, fmt.Errorf("file already holds an edit of an interrupted run: restore it first")
	}
	t, err := locate(src, fn)
	if err != nil {
		return nil, err
	}
	out := k.apply(src, t, seed, round)
	if _, err := parser.ParseFile(token.NewFileSet(), "", out, parser.SkipObjectResolution); err != nil {
		return nil, fmt.Errorf("edit %q: %w", k.Title, err)
	}
	return out, nil
}

func locate(src []byte, fn string) (target, error) {
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, "", src, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return target{}, fmt.Errorf("parse the file to edit: %w", err)
	}
	var best *ast.FuncDecl
	for _, decl := range file.Decls {
		d, ok := decl.(*ast.FuncDecl)
		if !ok || !editable(d) || (fn != "" && d.Name.Name != fn) {
			continue
		}
		if best == nil || length(d) > length(best) {
			best = d
		}
	}
	if best == nil {
		return target{}, fmt.Errorf("%w (want %q)", ErrNoFunc, fn)
	}
	end := fset.Position(file.Name.End()).Offset
	if nl := bytes.IndexByte(src[end:], '\n'); nl >= 0 {
		end += nl
	} else {
		end = len(src)
	}
	return target{packageEnd: end, bodyStart: fset.Position(best.Body.Lbrace).Offset + 1}, nil
}

// editable leaves out what importers see (generic bodies) and what the
// compiler or runtime treats specially.
func editable(d *ast.FuncDecl) bool {
	if d.Body == nil || d.Type.TypeParams != nil || genericReceiver(d) {
		return false
	}
	if d.Doc == nil {
		return true
	}
	for _, c := range d.Doc.List {
		if strings.HasPrefix(c.Text, "//go:") {
			return false
		}
	}
	return true
}

func genericReceiver(d *ast.FuncDecl) bool {
	if d.Recv == nil || len(d.Recv.List) == 0 {
		return false
	}
	typ := d.Recv.List[0].Type
	if star, ok := typ.(*ast.StarExpr); ok {
		typ = star.X
	}
	switch typ.(type) {
	case *ast.IndexExpr, *ast.IndexListExpr:
		return true
	}
	return false
}

func length(d *ast.FuncDecl) token.Pos { return d.Body.Rbrace - d.Body.Lbrace }

func applyNone(src []byte, _ target, _, _ int) []byte { return src }

// applyComment ends the line of the package clause with a comment.
func applyComment(src []byte, t target, seed, round int) []byte {
	return insert(src, t.packageEnd, fmt.Sprintf(" // %s %d", Marker, number(seed, round)))
}

// applyBody puts a statement behind the opening brace; rounds differ in its
// constant only.
func applyBody(src []byte, t target, seed, round int) []byte {
	return insert(src, t.bodyStart, fmt.Sprintf(" for %s := %d; %[1]s > 1; %[1]s /= 2 {}; ", Marker, number(seed, round)))
}

// applyBodyMoved adds one statement a round, each on lines of its own, so
// that every round moves all the lines below.
func applyBodyMoved(src []byte, t target, seed, round int) []byte {
	var text strings.Builder
	for r := 1; r <= round; r++ {
		fmt.Fprintf(&text, "\n\tfor %s := %d; %[1]s > 1; %[1]s /= 2 {\n\t}", Marker, number(seed, r))
	}
	if round > 0 {
		text.WriteByte('\n')
	}
	return insert(src, t.bodyStart, text.String())
}

// applyAPI adds one exported function a round at the end of the file.
func applyAPI(src []byte, _ target, seed, round int) []byte {
	var text strings.Builder
	for r := 1; r <= round; r++ {
		n := number(seed, r)
		fmt.Fprintf(&text, "\n\n// GustBench%d returns a number.\nfunc GustBench%[1]d() int {\n\t%[2]s := %[1]d\n\treturn %[2]s\n}", n, Marker)
	}
	if round > 0 {
		text.WriteByte('\n')
	}
	return insert(src, len(src), text.String())
}

// number maps seed and round to numbers that all have ten digits and fit in
// 31 bits: an edit changes no column, and no size of an instruction.
func number(seed, round int) int {
	const top = 1 << 30
	return top | (seed+round)&(top-1)
}

func insert(src []byte, at int, text string) []byte {
	out := make([]byte, 0, len(src)+len(text))
	out = append(out, src[:at]...)
	out = append(out, text...)
	return append(out, src[at:]...)
}
