package archtest

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/gust-go/gust"

// A source is one Go file.
type source struct {
	file    string // relative to the module root, with slashes
	dir     string
	test    bool
	syntax  *ast.File
	imports []string
}

// sources parses every Go file of the module, whatever its build tags.
func sources(t *testing.T) []source {
	t.Helper()
	root := filepath.Join("..", "..")
	var all []source
	err := filepath.WalkDir(root, func(file string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := d.Name()
		if d.IsDir() && file != root && (name == "testdata" || strings.HasPrefix(name, ".") || strings.HasPrefix(name, "_")) {
			return filepath.SkipDir
		}
		if d.IsDir() || !strings.HasSuffix(name, ".go") {
			return nil
		}
		rel, err := filepath.Rel(root, file)
		if err != nil {
			return err
		}
		s := source{file: filepath.ToSlash(rel), test: strings.HasSuffix(name, "_test.go")}
		s.dir = path.Dir(s.file)
		s.syntax, err = parser.ParseFile(token.NewFileSet(), file, nil, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		for _, spec := range s.syntax.Imports {
			imported, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				return err
			}
			s.imports = append(s.imports, imported)
		}
		all = append(all, s)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(all) < 20 {
		t.Fatalf("found only %d Go files", len(all))
	}
	return all
}

// within reports whether p is folder or below it.
func within(p string, folders ...string) bool {
	for _, folder := range folders {
		if p == folder || strings.HasPrefix(p, folder+"/") {
			return true
		}
	}
	return false
}

// engines are the folders that do the work.
func engines() []string {
	return []string{"build", "modgraph", "testrun", "kernelcheck"}
}

// starters are the folders that may start processes.
func starters() []string {
	return []string{
		"internal/gocmd", "build/toolexec", // go and its tools
		"internal/git", "build/gitstate", // git
		"internal/process",    // the program of gust run --watch
		"internal/testserver", // servers for tests
		// Probes that clear soft-dirty bits, or that a filter may kill, need a
		// process of their own, and trace runs the command it is given.
		"kernelcheck/probe", "kernelcheck/trace",
		// Graphviz, which only the end of a process ends.
		"modgraph/render/layout",
		"bench", "build/difftest",
	}
}

func TestImports(t *testing.T) {
	for _, s := range sources(t) {
		for _, imported := range s.imports {
			if why := forbidden(s, imported); why != "" {
				t.Errorf("%s imports %q: %s", s.file, imported, why)
			}
		}
	}
}

// forbidden says why a file must not import a package, "" if it may.
func forbidden(s source, imported string) string {
	own := strings.TrimPrefix(imported, module+"/")
	isOwn := own != imported
	switch {
	case within(imported, "github.com/goccy/go-graphviz") && !s.test:
		return "it compiles WebAssembly in an init function, in every process; use modgraph/render/layout"
	case within(s.dir, "cmd"):
		return ""
	case isOwn && within(own, "cmd"):
		return "only cmd knows the command line"
	case within(imported, "github.com/spf13", "github.com/charmbracelet") && !within(s.dir, "tui"):
		return "engines know nothing of flags and colours"
	case within(s.dir, "internal") && isOwn && within(own, append(engines(), "tui", "bench")...):
		return "internal is below the engines"
	case within(s.dir, engines()...) && isOwn && within(own, "internal/report", "internal/term", "tui"):
		return "engines report through internal/event only"
	case within(imported, "github.com/tetratelabs/wazero") && s.dir != "modgraph/render/layout":
		return "only the layout engine runs WebAssembly"
	case within(imported, "github.com/charmbracelet/bubbletea") && s.dir != "tui" && s.dir != "cmd":
		return "what the dashboard shows does not depend on Bubble Tea"
	case imported == "os/exec" && !s.test && !within(s.dir, starters()...):
		return "only a few packages start processes"
	}
	return ""
}

// TestFastpathImports follows the imports of the fast path, which must not
// pull in anything that works at start-up.
func TestFastpathImports(t *testing.T) {
	imports := make(map[string][]string)
	for _, s := range sources(t) {
		if !s.test {
			imports[s.dir] = append(imports[s.dir], s.imports...)
		}
	}
	seen := map[string]bool{}
	todo := []string{"cmd/fastpath"}
	for len(todo) > 0 {
		dir := todo[0]
		todo = todo[1:]
		if seen[dir] {
			continue
		}
		seen[dir] = true
		for _, imported := range imports[dir] {
			if own, ok := strings.CutPrefix(imported, module+"/"); ok {
				todo = append(todo, own)
			} else if strings.Contains(strings.Split(imported, "/")[0], ".") {
				t.Errorf("%s, which gust toolexec runs, imports %q", dir, imported)
			}
		}
	}
	if !seen["build/toolexec"] {
		t.Error("the fast path does not lead to build/toolexec")
	}
}

// TestPackageDocs wants every package to say what it is for.
func TestPackageDocs(t *testing.T) {
	docs := make(map[string]string)
	for _, s := range sources(t) {
		if s.test {
			continue
		}
		docs[s.dir] += s.syntax.Doc.Text()
	}
	for dir, doc := range docs {
		switch words := len(strings.Fields(doc)); {
		case words == 0:
			t.Errorf("package %s has no doc comment", dir)
		case words < 8:
			t.Errorf("the doc comment of package %s does not explain its part: %q", dir, doc)
		}
	}
}

// TestNoOsExit keeps process exits where they can be found.
func TestNoOsExit(t *testing.T) {
	for _, s := range sources(t) {
		// The wrapper ends with its tool, and benchmarks are programs.
		if s.test || within(s.dir, "cmd/gust", "cmd/manual", "cmd/fastpath", "build/toolexec", "bench") {
			continue
		}
		ast.Inspect(s.syntax, func(n ast.Node) bool {
			call, ok := n.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			pkg, ok := call.X.(*ast.Ident)
			if ok && (pkg.Name == "os" && call.Sel.Name == "Exit" || pkg.Name == "log" && strings.HasPrefix(call.Sel.Name, "Fatal")) {
				t.Errorf("%s calls %s.%s; return an error", s.file, pkg.Name, call.Sel.Name)
			}
			return true
		})
	}
}

// TestEnginesTakeTheirStreams keeps engines away from the process's own.
func TestEnginesTakeTheirStreams(t *testing.T) {
	for _, s := range sources(t) {
		// The wrappers are processes of their own, between go and the tool or
		// the program.
		if s.test || !within(s.dir, engines()...) || within(s.dir, "build/toolexec", "build/runexec", "build/share/link", "build/difftest", "testrun/sandbox/box") {
			continue
		}
		ast.Inspect(s.syntax, func(n ast.Node) bool {
			sel, ok := n.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			pkg, ok := sel.X.(*ast.Ident)
			if ok && pkg.Name == "os" && (sel.Sel.Name == "Stdout" || sel.Sel.Name == "Stderr" || sel.Sel.Name == "Stdin") {
				t.Errorf("%s uses os.%s", s.file, sel.Sel.Name)
			}
			return true
		})
	}
}
