package edit

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/token"
	"strings"
)

// lineKinds change where things stand but not what they say.
func lineKinds() []kind {
	return []kind{
		{"comment-line", commentLine},
		{"comment-above-func", commentAboveFunc},
		{"comment-in-body", commentInBody},
		{"blank-lines", blankLines},
		{"delete-blank-lines", deleteBlankLines},
		{"trailing-comment", trailingComment},
		{"edit-comment", editComment},
		{"spaces", spaces},
		{"break-or-join-line", breakOrJoinLine},
		{"split-func", splitFunc},
		{"join-func", joinFunc},
		{"line-directive", lineDirective},
		{"inline-line-directive", inlineLineDirective},
		{"crlf", crlf},
	}
}

// gaps returns the starts of f's lines that do not lie inside a token.
func (f *file) gaps() []int {
	starts := []int{0}
	for i, b := range f.src {
		if b == '\n' && !f.inToken(i+1) {
			starts = append(starts, i+1)
		}
	}
	return starts
}

func commentLine(g *Generator, m *module) (Edit, bool) {
	f, ok := g.pickFile(m)
	if !ok {
		return Edit{}, false
	}
	at, _ := pick(g, f.gaps())
	text := "// " + g.name("comment ") + "\n"
	if at == len(f.src) && !bytes.HasSuffix(f.src, []byte("\n")) {
		text = "\n" + text
	}
	return f.insert(at, text, "comment line"), true
}

// pickFunc returns a random function of a random package for which want
// holds; a nil want takes all.
func (g *Generator) pickFunc(m *module, want func(*ast.FuncDecl) bool) (*file, *ast.FuncDecl, bool) {
	type where struct {
		f  *file
		fd *ast.FuncDecl
	}
	p, ok := g.pickPkg(m)
	if !ok {
		return nil, nil, false
	}
	var list []where
	for _, f := range p.files {
		for _, fd := range f.funcs() {
			if want == nil || want(fd) {
				list = append(list, where{f, fd})
			}
		}
	}
	w, ok := pick(g, list)
	return w.f, w.fd, ok
}

// declStart is where the declaration begins, its doc comment included.
func (f *file) declStart(d ast.Decl) int {
	var doc *ast.CommentGroup
	switch d := d.(type) {
	case *ast.FuncDecl:
		doc = d.Doc
	case *ast.GenDecl:
		doc = d.Doc
	}
	if doc != nil {
		return f.off(doc.Pos())
	}
	return f.off(d.Pos())
}

// aboveFunc picks a function and the start of the line where its declaration
// begins, doc comment included.
func (g *Generator) aboveFunc(m *module) (f *file, fd *ast.FuncDecl, at int, ok bool) {
	if f, fd, ok = g.pickFunc(m, nil); !ok {
		return nil, nil, 0, false
	}
	at = f.lineStart(f.declStart(fd))
	return f, fd, at, !f.inToken(at)
}

func commentAboveFunc(g *Generator, m *module) (Edit, bool) {
	f, fd, at, ok := g.aboveFunc(m)
	if !ok {
		return Edit{}, false
	}
	return f.insert(at, "// "+g.name("comment ")+"\n\n", "comment above "+fd.Name.Name), true
}

func commentInBody(g *Generator, m *module) (Edit, bool) {
	f, fd, ok := g.pickFunc(m, nil)
	if !ok {
		return Edit{}, false
	}
	at := f.off(fd.Body.Lbrace) + 1
	text := "\n\t// " + g.name("comment ") + "\n"
	note := "comment at the start of " + fd.Name.Name
	if n := len(fd.Body.List); n > 0 && g.chance(50) {
		at, note = f.off(fd.Body.List[n-1].Pos()), "comment above the last statement of "+fd.Name.Name
	}
	return f.insert(at, text, note), true
}

func blankLines(g *Generator, m *module) (Edit, bool) {
	f, ok := g.pickFile(m)
	if !ok {
		return Edit{}, false
	}
	at, _ := pick(g, f.gaps())
	return f.insert(at, strings.Repeat("\n", 1+g.rng.IntN(3)), "blank lines"), true
}

func deleteBlankLines(g *Generator, m *module) (Edit, bool) {
	f, ok := g.pickFile(m)
	if !ok {
		return Edit{}, false
	}
	var blank []splice
	for _, at := range f.gaps() {
		// The line after a build constraint has to stay, and the one above a
		// directive's comment group may not join it to another.
		if at < len(f.src) && f.src[at] == '\n' && at > f.off(f.ast.Name.End())+1 {
			blank = append(blank, splice{at, at + 1, ""})
		}
	}
	s, ok := pick(g, blank)
	if ok && g.chance(25) {
		return f.edit("all blank lines deleted", blank...), true
	}
	return f.edit("blank line deleted", s), ok
}

func trailingComment(g *Generator, m *module) (Edit, bool) {
	f, ok := g.pickFile(m)
	if !ok {
		return Edit{}, false
	}
	var ends []int
	for i, t := range f.toks {
		end := f.lineEnd(t.end)
		last := i+1 == len(f.toks) || f.toks[i+1].off > end
		if last && t.tok != token.COMMENT {
			ends = append(ends, end)
		}
	}
	at, ok := pick(g, ends)
	return f.insert(at, " // "+g.name("comment "), "trailing comment"), ok
}

// editComment changes the words of a comment that is no directive.
func editComment(g *Generator, m *module) (Edit, bool) {
	f, ok := g.pickFile(m)
	if !ok {
		return Edit{}, false
	}
	var list []tok
	for _, t := range f.toks {
		if t.tok == token.COMMENT && bytes.HasPrefix(f.src[t.off:], []byte("// ")) {
			list = append(list, t)
		}
	}
	t, ok := pick(g, list)
	return f.insert(t.off+3, g.name("word")+" ", "words of a comment"), ok
}

// between tokens i and i+1 of f.
func (f *file) gap(i int) []byte { return f.src[f.toks[i].end:f.toks[i+1].off] }

func spaces(g *Generator, m *module) (Edit, bool) {
	f, ok := g.pickFile(m)
	if !ok || len(f.toks) < 2 {
		return Edit{}, false
	}
	var ss []splice
	for range 1 + g.rng.IntN(4) {
		i := g.rng.IntN(len(f.toks) - 1)
		if f.toks[i].tok == token.COMMENT || f.toks[i+1].tok == token.COMMENT || bytes.ContainsRune(f.gap(i), '\n') {
			continue
		}
		ss = append(ss, splice{f.toks[i].end, f.toks[i].end, strings.Repeat(" ", 1+g.rng.IntN(8))})
	}
	if len(ss) == 0 {
		return Edit{}, false
	}
	return f.edit("spaces between tokens", ss...), true
}

// breakable holds the tokens after which a newline adds no semicolon.
var breakable = map[token.Token]bool{
	token.COMMA: true, token.LPAREN: true, token.LBRACE: true, token.ADD: true, token.LAND: true,
	token.LOR: true, token.ASSIGN: true, token.DEFINE: true, token.MUL: true, token.PERIOD: true,
}

func breakOrJoinLine(g *Generator, m *module) (Edit, bool) {
	f, ok := g.pickFile(m)
	if !ok || len(f.toks) < 2 {
		return Edit{}, false
	}
	var at []int
	for i, t := range f.toks[:len(f.toks)-1] {
		if breakable[t.tok] && f.toks[i+1].tok != token.COMMENT {
			at = append(at, i)
		}
	}
	i, ok := pick(g, at)
	if !ok {
		return Edit{}, false
	}
	s := splice{f.toks[i].end, f.toks[i+1].off, "\n\t"}
	if bytes.ContainsRune(f.gap(i), '\n') {
		s.text = " "
	}
	return f.edit("line broken or joined after "+f.toks[i].tok.String(), s), true
}

// splitFunc turns func F() int { return 1 } into three lines.
func splitFunc(g *Generator, m *module) (Edit, bool) {
	f, fd, ok := g.pickFunc(m, func(fd *ast.FuncDecl) bool { return len(fd.Body.List) > 0 })
	if !ok || bytes.ContainsRune(f.src[f.off(fd.Body.Lbrace):f.off(fd.Body.Rbrace)], '\n') {
		return Edit{}, false
	}
	first, close := f.off(fd.Body.List[0].Pos()), f.off(fd.Body.Rbrace)
	open := f.off(fd.Body.Lbrace) + 1
	return f.edit(fd.Name.Name+" split over lines", splice{open, first, "\n\t"}, splice{close, close, "\n"}), true
}

// joinFunc is splitFunc's inverse for bodies of one statement.
func joinFunc(g *Generator, m *module) (Edit, bool) {
	f, fd, ok := g.pickFunc(m, func(fd *ast.FuncDecl) bool { return len(fd.Body.List) == 1 })
	if !ok {
		return Edit{}, false
	}
	open, close := f.off(fd.Body.Lbrace)+1, f.off(fd.Body.Rbrace)
	first, last := f.off(fd.Body.List[0].Pos()), f.off(fd.Body.List[0].End())
	blank := func(b []byte) bool { return len(bytes.TrimSpace(b)) == 0 }
	head, tail := f.src[open:first], f.src[last:close]
	if !blank(head) || !blank(tail) || !bytes.ContainsRune(head, '\n') {
		return Edit{}, false
	}
	return f.edit(fd.Name.Name+" joined", splice{open, first, " "}, splice{last, close, " "}), true
}

func lineDirective(g *Generator, m *module) (Edit, bool) {
	f, fd, at, ok := g.aboveFunc(m)
	if !ok {
		return Edit{}, false
	}
	text := fmt.Sprintf("//line %s.go:%d\n", g.name("gen"), 1+g.rng.IntN(500))
	if g.chance(30) { // the file's own name with other numbers
		text = fmt.Sprintf("//line %s:%d\n", f.path[strings.LastIndexByte(f.path, '/')+1:], 1+g.rng.IntN(500))
	}
	return f.insert(at, text, "line directive above "+fd.Name.Name), true
}

func inlineLineDirective(g *Generator, m *module) (Edit, bool) {
	f, fd, ok := g.pickFunc(m, func(fd *ast.FuncDecl) bool { return len(fd.Body.List) > 0 })
	if !ok {
		return Edit{}, false
	}
	text := fmt.Sprintf("/*line %s.go:%d:%d*/", g.name("gen"), 1+g.rng.IntN(500), 1+g.rng.IntN(80))
	return f.insert(f.off(fd.Body.List[0].Pos()), text, "line directive in "+fd.Name.Name), true
}

// crlf toggles the line endings of a file.
func crlf(g *Generator, m *module) (Edit, bool) {
	f, ok := g.pickFile(m)
	if !ok {
		return Edit{}, false
	}
	now := bytes.ReplaceAll(f.src, []byte("\r\n"), []byte("\n"))
	if bytes.Equal(now, f.src) {
		now = bytes.ReplaceAll(f.src, []byte("\n"), []byte("\r\n"))
	}
	return Edit{Note: f.path, Changes: []Change{{f.path, f.src, now}}}, true
}
