package astcache

import (
	"crypto/sha256"
	"encoding/binary"
	"go/ast"
	"go/parser"
	"go/scanner"
	"go/token"
	"strconv"
	"strings"
)

// A Sum is a truncated SHA-256. The zero Sum stands for "not known".
type Sum [16]byte

// sumOf hashes content.
func sumOf(b []byte) Sum {
	full := sha256.Sum256(b)
	return Sum(full[:len(Sum{})])
}

// A Summary says of a Go file what a build depends on.
type Summary struct {
	// Content is the hash of the bytes.
	Content Sum
	// Code is the hash of what the compiler makes something of: tokens with
	// their lines, and directives. A file that is not understood has Content
	// here, so that every change counts.
	Code Sum
	// Shape is the hash of what decides which packages and files the build
	// consists of, imports aside: the package's name, constraints and other
	// directives, and all of a file that uses cgo.
	Shape Sum
	// Imports are the paths of the imports in the order of the file.
	Imports []string
}

// Summarize reads a file that is compiled.
func Summarize(src []byte) Summary {
	s := Summary{Content: sumOf(src)}
	s.Code, s.Shape = s.Content, s.Content
	head, err := parser.ParseFile(token.NewFileSet(), "", src, parser.ImportsOnly|parser.SkipObjectResolution)
	if err != nil {
		return s
	}
	imports, ok := importPaths(head)
	if !ok || contains(imports, "C") {
		return s // the comment before import "C" is code
	}
	f := fingerprint{src: src, line: 1}
	if !f.scan() {
		return s
	}
	s.Code, s.Imports = sumOf(f.code), imports
	s.Shape = sumOf(append(f.shape, head.Name.Name...))
	return s
}

// SummarizeHead reads a file that go looks at without compiling it: a test, or
// one that constraints leave out. Code and Shape are the same.
func SummarizeHead(src []byte) Summary {
	s := Summary{Content: sumOf(src)}
	s.Code, s.Shape = s.Content, s.Content
	head, err := parser.ParseFile(token.NewFileSet(), "", src, parser.ImportsOnly|parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return s
	}
	imports, ok := importPaths(head)
	if !ok || contains(imports, "C") || contains(imports, "embed") {
		return s // go looks for more in such a file
	}
	shape := []byte(head.Name.Name)
	for _, group := range head.Comments {
		for _, c := range group.List {
			if isDirective(c.Text) {
				shape = appendText(shape, c.Text)
			}
		}
	}
	s.Code = sumOf(shape)
	s.Shape = s.Code
	return s
}

func importPaths(f *ast.File) (paths []string, ok bool) {
	for _, spec := range f.Imports {
		path, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			return nil, false
		}
		paths = append(paths, path)
	}
	return paths, true
}

func contains(list []string, s string) bool {
	for _, have := range list {
		if have == s {
			return true
		}
	}
	return false
}

// A fingerprint collects what counts in one file.
type fingerprint struct {
	src   []byte
	code  []byte
	shape []byte

	line, at int // the line at offset at
	clause   int // the line of the package clause
}

// scan reports whether all of the file was understood.
func (f *fingerprint) scan() bool {
	fset := token.NewFileSet()
	file := fset.AddFile("", fset.Base(), len(f.src))
	ok := true
	var s scanner.Scanner
	s.Init(file, f.src, func(token.Position, string) { ok = false }, scanner.ScanComments)
	f.code = make([]byte, 0, len(f.src))
	for {
		pos, tok, lit := s.Scan()
		if tok == token.EOF {
			return ok
		}
		line := f.lineAt(file.Offset(pos))
		if tok == token.COMMENT {
			if !f.comment(line, lit) {
				return false
			}
			continue
		}
		if tok == token.PACKAGE && f.clause == 0 {
			f.clause = line
		}
		f.token(line, tok, lit)
	}
}

// token adds a token. The semicolon that stands for the end of a line is
// reported where a comment begins, which is on the line of the token before.
func (f *fingerprint) token(line int, tok token.Token, lit string) {
	f.code = binary.AppendUvarint(f.code, uint64(line))
	f.code = append(f.code, byte(tok))
	if tok.IsLiteral() {
		f.code = appendText(f.code, lit)
	}
}

// comment adds a comment that the compiler or go heeds. It returns false for a
// //line directive, behind which lines are not what they seem.
func (f *fingerprint) comment(line int, text string) bool {
	if strings.HasPrefix(text, "//line ") || strings.HasPrefix(text, "/*line ") {
		return false
	}
	// An import comment stands on the line of the package clause.
	importComment := line == f.clause && strings.Contains(text, "import")
	if !isDirective(text) && !importComment {
		return true
	}
	f.code = binary.AppendUvarint(append(f.code, byte(token.COMMENT)), uint64(line))
	f.code = appendText(f.code, text)
	f.shape = appendText(f.shape, text)
	return true
}

// lineAt returns the line of an offset; offsets do not decrease.
func (f *fingerprint) lineAt(offset int) int {
	for ; f.at < offset; f.at++ {
		if f.src[f.at] == '\n' {
			f.line++
		}
	}
	return f.line
}

func appendText(b []byte, text string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(text))), text...)
}

// isDirective reports whether a comment can mean something to a tool of the
// toolchain: the form of https://go.dev/doc/comment#syntax ("//tool:name"), and
// what is older than that form.
func isDirective(text string) bool {
	body, ok := strings.CutPrefix(text, "//")
	if !ok {
		return false
	}
	for _, old := range []string{"export ", "extern ", "line "} {
		if strings.HasPrefix(body, old) {
			return true
		}
	}
	if strings.HasPrefix(strings.TrimSpace(body), "+build") {
		return true
	}
	tool, rest, ok := strings.Cut(body, ":")
	return ok && tool != "" && rest != "" && strings.Trim(tool, lower) == "" && strings.Trim(rest[:1], lower) == ""
}

const lower = "abcdefghijklmnopqrstuvwxyz0123456789"
