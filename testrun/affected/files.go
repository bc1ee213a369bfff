package affected

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/gust-go/gust/internal/git"
)

// rel is a file relative to the repository, with slashes. ok is false if it
// is outside.
func (s *selector) rel(file string) (string, bool) {
	rel, err := filepath.Rel(s.root, file)
	if err != nil || rel == ".." || strings.HasPrefix(rel, ".."+string(filepath.Separator)) {
		// The name may lead through a link.
		resolved, err := filepath.EvalSymlinks(file)
		if err != nil {
			return "", false
		}
		rel, err = filepath.Rel(s.root, resolved)
		if err != nil || rel == ".." || strings.HasPrefix(rel, ".."+string(filepath.Separator)) {
			return "", false
		}
	}
	return filepath.ToSlash(rel), true
}

// isChanged reports whether a path is among the changed ones, or below one
// that stands for a directory.
func (s *selector) isChanged(name string) bool {
	if _, ok := slices.BinarySearch(s.changed, name); ok {
		return true
	}
	return slices.ContainsFunc(s.changed, func(c string) bool {
		return (strings.HasSuffix(c, "/") || s.isLink(c)) && git.Below(name, c)
	})
}

func (s *selector) isLink(name string) bool {
	info, err := os.Lstat(filepath.Join(s.root, filepath.FromSlash(name)))
	return err == nil && info.Mode()&os.ModeSymlink != 0
}

// isTracked reports whether git can have an opinion about a file. What it
// ignores may be generated anew at any time.
func (s *selector) isTracked(name string) bool {
	return !slices.ContainsFunc(s.ignored, func(i string) bool {
		return name == i || strings.HasSuffix(i, "/") && git.Below(name, i)
	})
}

func (s *selector) exists(name string) bool {
	_, err := os.Lstat(filepath.Join(s.root, filepath.FromSlash(name)))
	return err == nil
}

// firstBelow returns the first changed path in a folder or below, or a
// changed directory that the folder is in.
func (s *selector) firstBelow(dir string) string {
	for _, name := range s.changed {
		if git.Below(name, dir) || (strings.HasSuffix(name, "/") || s.isLink(name)) && git.Below(dir, name) {
			return name
		}
	}
	return ""
}

func inFolder(name, dir string) bool { return path.Dir(name) == dir }

// isSource reports whether go build may compile a file of this name.
func isSource(name string) bool {
	switch path.Ext(name) {
	case ".go", ".c", ".cc", ".cpp", ".cxx", ".m", ".h", ".hh", ".hpp", ".hxx", ".f", ".F", ".for", ".f90",
		".s", ".S", ".sx", ".swig", ".swigcxx", ".syso":
		return true
	}
	return path.Base(name) == "default.pgo"
}

// mayBeIncluded reports whether a C compiler or an assembler may read a file
// of this name because a source says so.
func mayBeIncluded(name string) bool {
	switch path.Ext(name) {
	case ".inc", ".inl", ".def", ".ipp", ".tcc", ".a", ".o", ".so", ".lib", ".dylib", ".pc", ".ld", "":
		return true
	}
	return isSource(name) && path.Ext(name) != ".go"
}

// looksOutside says where the tests of a package show that they may read
// files outside its folder, "" if they do not.
func (s *selector) looksOutside(root string) string {
	p := s.graph.packages[root]
	for _, file := range p.testFiles() {
		if where := s.scan(file, true); where != "" {
			return where
		}
	}
	for _, file := range p.files() {
		if where := s.scan(file, false); where != "" {
			return where
		}
	}
	build := make(map[string]bool)
	for _, dep := range p.Deps {
		build[plain(dep)] = true
	}
	for _, id := range s.graph.closure(root) {
		// Helpers that only the tests import act for them.
		dep := s.graph.packages[plain(id)]
		if dep == nil || dep.Standard || dep.Module == nil || dep.inModuleCache() || build[dep.ImportPath] || dep.ImportPath == root {
			continue
		}
		for _, file := range dep.files() {
			if where := s.scan(file, true); where != "" {
				return where
			}
		}
	}
	return ""
}

// scan looks for signs in a Go file that a program finds files outside its
// working directory: paths, and in tests also functions.
func (s *selector) scan(file string, test bool) string {
	if filepath.Ext(file) != ".go" {
		return ""
	}
	if s.scanned == nil {
		s.scanned = make(map[string]string)
	}
	key := strconv.FormatBool(test) + file
	where, ok := s.scanned[key]
	if !ok {
		where = scanFile(file, test)
		s.scanned[key] = where
	}
	return where
}

func scanFile(file string, test bool) string {
	fset := token.NewFileSet()
	syntax, err := parser.ParseFile(fset, file, nil, parser.SkipObjectResolution)
	if err != nil {
		return filepath.Base(file) + " does not parse"
	}
	found := ""
	ast.Inspect(syntax, func(n ast.Node) bool {
		if found != "" || n == nil {
			return false
		}
		if sign := sign(n, test); sign != "" {
			found = fmt.Sprintf("%s:%d: %s", filepath.Base(file), fset.Position(n.Pos()).Line, sign)
		}
		return found == ""
	})
	return found
}

// sign returns what in a node tells that a file outside may be read.
func sign(n ast.Node, test bool) string {
	switch n := n.(type) {
	case *ast.BasicLit:
		text, err := strconv.Unquote(n.Value)
		if n.Kind != token.STRING || err != nil {
			return ""
		}
		if strings.Contains(text, "../") || strings.Contains(text, `..\`) {
			return n.Value
		}
		if !test {
			return ""
		}
		switch text {
		case "..", "go.mod", "go.work", ".git", "os/exec", "golang.org/x/tools/go/packages", "go/build", "plugin":
			return n.Value
		}
	case *ast.SelectorExpr:
		x, ok := n.X.(*ast.Ident)
		if !ok || !test {
			return ""
		}
		switch name := x.Name + "." + n.Sel.Name; name {
		case "runtime.Caller", "runtime.Callers", "os.Getwd", "os.StartProcess", "build.Default", "filepath.Abs":
			return name
		}
	}
	return ""
}
