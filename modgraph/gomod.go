package modgraph

import (
	"bytes"
	"go/version"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"

	"golang.org/x/mod/modfile"

	"github.com/gust-go/gust/internal/fault"
)

// readGoMods reads the go.mod file of every module in the build list and
// returns which of their requirements are marked // indirect. go list -m
// does not print the marks of other modules than the main one. A file that
// is missing or broken costs the marks of one module.
func (l *Loader) readGoMods(g *Graph) map[Version]map[string]bool {
	marks := make([]map[string]bool, len(g.Modules))
	inParallel(len(marks), func(i int) bool {
		if m := g.Modules[i]; !m.Main && l.goModFile(m) != "" {
			if data, err := os.ReadFile(l.goModFile(m)); err == nil {
				marks[i] = indirects(data)
			}
		}
		return true
	})
	out := make(map[Version]map[string]bool, len(marks))
	for i, m := range g.Modules {
		out[m.Version] = marks[i]
	}
	return out
}

// inParallel calls do for the numbers below n and reports whether all calls
// did. After one that did not, others may be left out.
func inParallel(n int, do func(int) bool) bool {
	var wg sync.WaitGroup
	var next atomic.Int64
	var failed atomic.Bool
	for range min(n, runtime.GOMAXPROCS(0)) {
		wg.Go(func() {
			for i := next.Add(1) - 1; i < int64(n) && !failed.Load(); i = next.Add(1) - 1 {
				if !do(int(i)) {
					failed.Store(true)
				}
			}
		})
	}
	wg.Wait()
	return !failed.Load()
}

// readMains reads the go.mod files of the main modules in full.
func (l *Loader) readMains(g *Graph, marks map[Version]map[string]bool) error {
	g.excluded = make(map[Version]bool)
	for _, i := range g.Mains() {
		file := g.mainFile
		if file == nil {
			var err error
			if file, err = l.MainFile(g.Modules[i]); err != nil {
				return err
			}
		}
		if file == nil {
			continue
		}
		own := make(map[string]bool)
		for _, r := range file.Require {
			if r.Indirect {
				own[r.Mod.Path] = true
			}
			if r.Mod.Path == g.Modules[i].Path { // go leaves it out of the graph
				g.Requirements = append(g.Requirements, Requirement{g.Modules[i].Version, Version{r.Mod.Path, r.Mod.Version}})
			}
		}
		marks[g.Modules[i].Version] = own
		for _, x := range file.Exclude {
			g.excluded[Version{x.Mod.Path, x.Mod.Version}] = true
		}
		for _, t := range file.Tool {
			if n, ok := g.provider(t.Path); ok {
				g.Modules[n].Tool = true
			}
		}
	}
	g.seal()
	return nil
}

// MainFile parses the go.mod of a main module, or the user's -modfile. It is
// nil for the pseudo module of `go work` without one.
func (l *Loader) MainFile(m Module) (*modfile.File, error) {
	path := cmpString(l.modFilePath(), m.GoMod)
	if path == "" {
		return nil, nil
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fault.New(fault.Capability, "run: go mod edit -print", "read %q: %w", path, err)
	}
	file, err := modfile.Parse(path, data, nil)
	if err != nil {
		return nil, fault.New(fault.Capability, "run: go mod edit -print", "read %q: %w", path, err)
	}
	return file, nil
}

// goModFile is where the go.mod of a module is on this machine. go list -m
// leaves GoMod empty where it did not need the path; the module cache has a
// place for it all the same.
func (l *Loader) goModFile(m Module) string {
	if m.GoMod != "" {
		return m.GoMod
	}
	v := m.Version
	if m.Replace != nil {
		v = m.Replace.Version
	}
	files, _, ok := cachePaths(l.env.GOMODCACHE, v)
	if !ok || v.Version == "" {
		return ""
	}
	return files + ".mod"
}

// indirects finds the paths that a go.mod file requires with // indirect.
func indirects(data []byte) map[string]bool {
	_, marks, _ := scanGoMod(data)
	return marks
}

// scanGoMod finds the go line of a go.mod file that go has accepted, and the
// paths that it requires with // indirect. ok is false if it has a go line
// that is not plain. Parsing some hundred files with modfile takes longer
// than go mod graph, so this looks at lines: inside a require block or behind
// "require", a path, a version and a comment, as modfile.isIndirect wants it.
func scanGoMod(data []byte) (goVersion string, marks map[string]bool, ok bool) {
	block, ok := "", true
	for line := range bytes.Lines(data) {
		line = bytes.TrimSpace(line)
		if block == "" && bytes.HasPrefix(line, []byte("go")) {
			if f := strings.Fields(string(line)); f[0] == "go" {
				ok = ok && goVersion == "" && len(f) == 2 && plainRelease(f[1])
				goVersion = f[len(f)-1]
			} else if len(f[0]) == 2 || !isLetter(f[0][2]) {
				ok = false
			}
		}
		if !bytes.Contains(line, []byte("indirect")) {
			if verb, open := opens(line); open {
				block = verb
			} else if len(line) > 0 && line[0] == ')' {
				block = ""
			}
			continue
		}
		path, found := indirect(string(line), block == "require")
		if !found {
			continue
		}
		if marks == nil {
			marks = make(map[string]bool)
		}
		marks[path] = true
	}
	return goVersion, marks, ok
}

// indirect finds the path in a line that requires one with // indirect.
func indirect(line string, block bool) (path string, ok bool) {
	code, comment, found := strings.Cut(line, "//")
	fields := strings.Fields(code)
	if len(fields) == 3 && fields[0] == "require" {
		fields = fields[1:]
	} else if !block {
		return "", false
	}
	comment = strings.TrimSpace(comment)
	if !found || len(fields) != 2 || comment != "indirect" && !strings.HasPrefix(comment, "indirect;") {
		return "", false
	}
	return unquote(fields[0]), true
}

// plainRelease reports whether a go line says something like 1.24 or 1.24.1.
func plainRelease(s string) bool {
	return strings.HasPrefix(s, "1.") && strings.Trim(s, "0123456789.") == "" && version.IsValid("go"+s)
}

func isLetter(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' }

// opens reports whether a line opens a block, and of which verb.
func opens(line []byte) (verb string, ok bool) {
	if bytes.IndexByte(line, '(') < 0 {
		return "", false
	}
	code, _, _ := strings.Cut(string(line), "//")
	fields := strings.Fields(strings.ReplaceAll(code, "(", " ( "))
	if len(fields) == 2 && fields[1] == "(" {
		return fields[0], true
	}
	return "", false
}

func unquote(s string) string {
	if text, err := strconv.Unquote(s); err == nil {
		return text
	}
	return s
}

// provider finds the module of the build list that provides a package: the
// longest path that is a prefix and, if its source is here, has the folder.
func (g *Graph) provider(pkg string) (int, bool) {
	for prefix := pkg; prefix != "." && prefix != ""; {
		if i, ok := g.index[prefix]; ok {
			dir := g.Modules[i].Dir
			if dir == "" || prefix == pkg || isDir(filepath.Join(dir, strings.TrimPrefix(pkg, prefix))) {
				return i, true
			}
		}
		cut := strings.LastIndexByte(prefix, '/')
		if cut < 0 {
			break
		}
		prefix = prefix[:cut]
	}
	return 0, false
}

func isDir(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}
