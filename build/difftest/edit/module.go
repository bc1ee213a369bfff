package edit

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/scanner"
	"go/token"
	"path"
	"regexp"
	"sort"
	"strconv"
	"strings"
)

// A module is a parsed [Tree].
type module struct {
	path string // from go.mod
	tree Tree
	pkgs []*pkg // sorted by directory
	// importers counts the packages that import a path.
	importers map[string]int
}

// A pkg is one directory with Go files.
type pkg struct {
	dir, path string
	files     []*file  // sorted; test files and files that do not parse are left out
	data      []string // paths of the other files
}

// weight is how often p is edited compared with others: more often when others
// import it, for their compiles are what may be reused.
func (m *module) weight(p *pkg) int { return 1 + min(m.importers[p.path], 3) }

// A file is one Go source file.
type file struct {
	path string
	src  []byte
	pkg  *pkg
	fset *token.FileSet
	ast  *ast.File
	toks []tok
}

// A tok is one token or comment with its byte range.
type tok struct {
	tok      token.Token
	off, end int
}

var modulePath = regexp.MustCompile(`(?m)^module\s+(\S+)`)

// parse reads tree; files of earlier trees in cache are used again when their
// content is the same.
func parse(tree Tree, cache map[string]*file) *module {
	m := &module{tree: tree}
	if match := modulePath.FindSubmatch(tree["go.mod"]); match != nil {
		m.path = string(match[1])
	}
	byDir := map[string]*pkg{}
	var data []string
	for _, p := range tree.paths() {
		if path.Ext(p) != ".go" {
			data = append(data, p)
			continue
		}
		if strings.HasSuffix(p, "_test.go") {
			continue
		}
		f := cache[p]
		if f == nil || !bytes.Equal(f.src, tree[p]) {
			if f = parseFile(p, tree[p]); f == nil {
				continue
			}
			cache[p] = f
		}
		dir := path.Dir(p)
		if byDir[dir] == nil {
			byDir[dir] = &pkg{dir: dir, path: path.Join(m.path, dir)}
			m.pkgs = append(m.pkgs, byDir[dir])
		}
		f.pkg = byDir[dir]
		f.pkg.files = append(f.pkg.files, f)
	}
	sort.Slice(m.pkgs, func(i, j int) bool { return m.pkgs[i].dir < m.pkgs[j].dir })
	m.countImporters()
	for _, p := range data {
		// Embedded files may lie deeper than the package that names them.
		for dir := path.Dir(p); ; dir = path.Dir(dir) {
			if pk := byDir[dir]; pk != nil && p != "go.mod" && p != "go.sum" {
				pk.data = append(pk.data, p)
				break
			}
			if dir == "." {
				break
			}
		}
	}
	return m
}

func (m *module) countImporters() {
	m.importers = map[string]int{}
	for _, p := range m.pkgs {
		seen := map[string]bool{}
		for _, f := range p.files {
			for _, s := range f.ast.Imports {
				if q, err := strconv.Unquote(s.Path.Value); err == nil && !seen[q] {
					seen[q] = true
					m.importers[q]++
				}
			}
		}
	}
}

// parseFile returns nil for a file with syntax errors: there is nothing to
// edit before it is repaired.
func parseFile(name string, src []byte) *file {
	f := &file{path: name, src: src, fset: token.NewFileSet()}
	var err error
	f.ast, err = parser.ParseFile(f.fset, name, src, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return nil
	}
	fset := token.NewFileSet()
	tf := fset.AddFile(name, -1, len(src))
	var s scanner.Scanner
	s.Init(tf, src, nil, scanner.ScanComments)
	for {
		pos, t, lit := s.Scan()
		if t == token.EOF {
			return f
		}
		if t == token.SEMICOLON && lit == "\n" {
			continue
		}
		if lit == "" {
			lit = t.String()
		}
		off := tf.Offset(pos)
		end := off + len(lit)
		if t == token.STRING && lit[0] == '`' || t == token.COMMENT {
			end = rawEnd(src, off, lit) // the scanner drops \r from both
		}
		f.toks = append(f.toks, tok{t, off, end})
	}
}

// rawEnd finds where a raw string or comment ends in the source.
func rawEnd(src []byte, off int, lit string) int {
	closer := "\n"
	switch {
	case lit[0] == '`':
		closer = "`"
	case strings.HasPrefix(lit, "/*"):
		closer = "*/"
	}
	start := off + 1
	i := bytes.Index(src[start:], []byte(closer))
	switch {
	case i < 0:
		return len(src)
	case closer == "\n":
		return start + i
	}
	return start + i + len(closer)
}

func (f *file) off(p token.Pos) int { return f.fset.PositionFor(p, false).Offset }

func (f *file) text(n ast.Node) string { return string(f.src[f.off(n.Pos()):f.off(n.End())]) }

// lineStart is the offset of the first byte of off's line.
func (f *file) lineStart(off int) int { return bytes.LastIndexByte(f.src[:off], '\n') + 1 }

// lineEnd is the offset of the newline that ends off's line, or of the file's end.
func (f *file) lineEnd(off int) int {
	if i := bytes.IndexByte(f.src[off:], '\n'); i >= 0 {
		return off + i
	}
	return len(f.src)
}

// inToken reports whether off lies inside a token or comment, where inserted
// text would not be white space.
func (f *file) inToken(off int) bool {
	i := sort.Search(len(f.toks), func(i int) bool { return f.toks[i].end > off })
	return i < len(f.toks) && f.toks[i].off < off
}

// A splice replaces the bytes from off to end.
type splice struct {
	off, end int
	text     string
}

// with returns the file's content with the splices applied; they must not
// overlap. Splices at the same offset keep their order.
func (f *file) with(ss ...splice) []byte {
	sort.SliceStable(ss, func(i, j int) bool { return ss[i].off < ss[j].off })
	var out []byte
	at := 0
	for _, s := range ss {
		out = append(append(out, f.src[at:s.off]...), s.text...)
		at = s.end
	}
	return append(out, f.src[at:]...)
}

// edit returns the edit that splices one file.
func (f *file) edit(note string, ss ...splice) Edit {
	return Edit{Note: f.path + ": " + note, Changes: []Change{{f.path, f.src, f.with(ss...)}}}
}

// insert splices text in at off.
func (f *file) insert(off int, text, note string) Edit {
	return f.edit(note, splice{off, off, text})
}

// funcs returns the functions and methods with a body.
func (f *file) funcs() []*ast.FuncDecl {
	var fs []*ast.FuncDecl
	for _, d := range f.ast.Decls {
		if fd, ok := d.(*ast.FuncDecl); ok && fd.Body != nil {
			fs = append(fs, fd)
		}
	}
	return fs
}

// imports maps the names under which f refers to its imports to their paths.
// Dot and blank imports have no such name.
func (f *file) imports() map[string]string {
	names := map[string]string{}
	for _, s := range f.ast.Imports {
		p, err := strconv.Unquote(s.Path.Value)
		if err != nil {
			continue
		}
		name := path.Base(p)
		if s.Name != nil {
			name = s.Name.Name
		}
		if name != "_" && name != "." {
			names[name] = p
		}
	}
	return names
}

// importsPath reports whether f imports p in any way.
func (f *file) importsPath(p string) bool {
	for _, s := range f.ast.Imports {
		if q, _ := strconv.Unquote(s.Path.Value); q == p {
			return true
		}
	}
	return false
}

// deps returns the module's packages that p imports, directly or not.
func (m *module) deps(p *pkg) map[*pkg]bool {
	seen := map[*pkg]bool{}
	var visit func(*pkg)
	visit = func(p *pkg) {
		for _, q := range m.pkgs {
			for _, f := range p.files {
				if !seen[q] && f.importsPath(q.path) {
					seen[q] = true
					visit(q)
				}
			}
		}
	}
	visit(p)
	return seen
}

// idents counts the identifiers of the whole module by name.
func (m *module) idents() map[string]int {
	n := map[string]int{}
	for _, p := range m.pkgs {
		for _, f := range p.files {
			ast.Inspect(f.ast, func(node ast.Node) bool {
				if id, ok := node.(*ast.Ident); ok {
					n[id.Name]++
				}
				return true
			})
		}
	}
	return n
}
