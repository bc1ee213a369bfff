package modgraph

import (
	"bytes"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"

	"golang.org/x/mod/modfile"
	"golang.org/x/mod/module"

	"github.com/gust-go/gust/internal/fault"
)

// readGoMods reads the go.mod file of every module in the build list and
// returns which of their requirements are marked // indirect. go list -m
// does not print the marks of other modules than the main one. A file that
// is missing or broken costs the marks of one module.
func (l *Loader) readGoMods(g *Graph) (map[Version]map[string]bool, error) {
	marks := make([]map[string]bool, len(g.Modules))
	var wg sync.WaitGroup
	next := make(chan int)
	for range runtime.GOMAXPROCS(0) {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for i := range next {
				if m := g.Modules[i]; !m.Main && l.goModFile(m) != "" {
					if data, err := os.ReadFile(l.goModFile(m)); err == nil {
						marks[i] = indirects(data)
					}
				}
			}
		}()
	}
	for i := range g.Modules {
		next <- i
	}
	close(next)
	wg.Wait()
	out := make(map[Version]map[string]bool, len(marks))
	for i, m := range g.Modules {
		out[m.Version] = marks[i]
	}
	return out, l.readMains(g, out)
}

// readMains reads the go.mod files of the main modules in full.
func (l *Loader) readMains(g *Graph, marks map[Version]map[string]bool) error {
	g.excluded = make(map[Version]bool)
	for _, i := range g.Mains() {
		file, err := l.MainFile(g.Modules[i])
		if err != nil {
			return err
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
	path, err := module.EscapePath(v.Path)
	if err != nil || v.Version == "" {
		return ""
	}
	version, err := module.EscapeVersion(v.Version)
	if err != nil {
		return ""
	}
	return filepath.Join(l.env.GOMODCACHE, "cache", "download", filepath.FromSlash(path), "@v", version+".mod")
}

// indirects finds the paths that a go.mod file requires with // indirect.
// Parsing some hundred files with modfile takes longer than go mod graph, so
// this looks at lines: inside a require block or behind "require", a path, a
// version and a comment, as modfile.isIndirect wants it.
func indirects(data []byte) map[string]bool {
	var marks map[string]bool
	block := false
	for line := range bytes.Lines(data) {
		line = bytes.TrimSpace(line)
		if !bytes.Contains(line, []byte("indirect")) {
			if verb, open := opens(line); open {
				block = verb == "require"
			} else if len(line) == 1 && line[0] == ')' {
				block = false
			}
			continue
		}
		code, comment, ok := strings.Cut(string(line), "//")
		fields := strings.Fields(code)
		if len(fields) == 3 && fields[0] == "require" {
			fields = fields[1:]
		} else if !block {
			continue
		}
		comment = strings.TrimSpace(comment)
		if !ok || len(fields) != 2 || comment != "indirect" && !strings.HasPrefix(comment, "indirect;") {
			continue
		}
		if marks == nil {
			marks = make(map[string]bool)
		}
		marks[unquote(fields[0])] = true
	}
	return marks
}

// opens reports whether a line opens a block, and of which verb.
func opens(line []byte) (verb string, ok bool) {
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
