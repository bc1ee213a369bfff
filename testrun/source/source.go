// Package source finds the test functions that the events of a test run name.
//
// Events know packages and tests, not files. Reports that want a file and a
// line (JUnit, annotations) ask an [Index], which parses the test files of a
// package when it is first asked about it.
package source

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
)

// A Package is where the test files of a package are, as go list says it.
type Package struct {
	Dir string
	// Files are the names of the test files within Dir.
	Files []string
}

// An Index finds test functions. It is safe for concurrent use.
type Index struct {
	root     string
	packages map[string]Package
	mu       sync.Mutex
	parsed   map[string]map[string]position
}

type position struct {
	file string
	line int
}

// New returns an Index of packages by import path, whose file names are
// relative to root, with slashes.
func New(root string, packages map[string]Package) *Index {
	return &Index{root: root, packages: packages, parsed: make(map[string]map[string]position)}
}

// benchSuffix is what go test appends to the name of a benchmark.
var benchSuffix = regexp.MustCompile(`^(Benchmark.*)-\d+$`)

// Locate returns the file and line of a test function; those of the test at
// the root for a subtest.
func (x *Index) Locate(importPath, test string) (file string, line int, ok bool) {
	name, _, _ := strings.Cut(test, "/")
	if m := benchSuffix.FindStringSubmatch(name); m != nil {
		name = m[1]
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	tests, done := x.parsed[importPath]
	if !done {
		tests = x.parse(x.packages[importPath])
		x.parsed[importPath] = tests
	}
	at, ok := tests[name]
	return at.file, at.line, ok
}

// parse finds the functions of a package's test files. A file that does not
// parse has none that could have run.
func (x *Index) parse(pkg Package) map[string]position {
	found := make(map[string]position)
	for _, name := range pkg.Files {
		file := filepath.Join(pkg.Dir, name)
		fset := token.NewFileSet()
		syntax, err := parser.ParseFile(fset, file, nil, parser.SkipObjectResolution)
		if err != nil {
			continue
		}
		shown := file
		if rel, err := filepath.Rel(x.root, file); err == nil {
			shown = rel
		}
		for _, decl := range syntax.Decls {
			if f, ok := decl.(*ast.FuncDecl); ok && f.Recv == nil {
				found[f.Name.Name] = position{filepath.ToSlash(shown), fset.Position(f.Pos()).Line}
			}
		}
	}
	return found
}
