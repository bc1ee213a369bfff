package modgraph

import (
	"context"
	"fmt"
	"go/build/constraint"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
)

// directImports finds which import paths the files of a main module name,
// whatever their build constraints but "ignore", as go mod tidy sees them.
// The value is one file that does, relative to the module.
func directImports(ctx context.Context, dir string) (map[string]string, error) {
	var files []string
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := d.Name()
		if d.IsDir() {
			if path == dir {
				return ctx.Err()
			}
			if strings.HasPrefix(name, ".") || strings.HasPrefix(name, "_") || name == "testdata" || name == "vendor" {
				return fs.SkipDir
			}
			if _, err := os.Stat(filepath.Join(path, "go.mod")); err == nil {
				return fs.SkipDir
			}
			return ctx.Err()
		}
		if strings.HasSuffix(name, ".go") && d.Type().IsRegular() && !strings.HasPrefix(name, "_") && !strings.HasPrefix(name, ".") {
			files = append(files, path)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("look for imports: %w", err)
	}
	found := make([][]string, len(files))
	var wg sync.WaitGroup
	next := make(chan int)
	for range runtime.GOMAXPROCS(0) {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for i := range next {
				found[i] = fileImports(files[i])
			}
		}()
	}
	for i := range files {
		next <- i
	}
	close(next)
	wg.Wait()
	imports := make(map[string]string)
	for i, paths := range found {
		rel, err := filepath.Rel(dir, files[i])
		if err != nil {
			rel = files[i]
		}
		for _, p := range paths {
			if _, ok := imports[p]; !ok {
				imports[p] = filepath.ToSlash(rel)
			}
		}
	}
	return imports, nil
}

// fileImports returns the imports of one file, none if it is left out of
// every build or cannot be parsed that far.
func fileImports(file string) []string {
	f, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ImportsOnly|parser.ParseComments)
	if err != nil && f == nil {
		return nil
	}
	for _, group := range f.Comments {
		if group.Pos() > f.Package {
			break
		}
		for _, c := range group.List {
			if expr, err := constraint.Parse(c.Text); err == nil && !anyTags(expr) {
				return nil
			}
		}
	}
	var paths []string
	for _, i := range f.Imports {
		if path, err := strconv.Unquote(i.Path.Value); err == nil {
			paths = append(paths, path)
		}
	}
	return paths
}

// anyTags reports whether a constraint can hold, taking every tag but
// ignore for possible, as go mod tidy does.
func anyTags(expr constraint.Expr) bool {
	return eval(expr, true)
}

func eval(expr constraint.Expr, prefer bool) bool {
	switch expr := expr.(type) {
	case *constraint.TagExpr:
		if expr.Tag == "ignore" {
			return false
		}
		return prefer
	case *constraint.NotExpr:
		return !eval(expr.X, !prefer)
	case *constraint.AndExpr:
		return eval(expr.X, prefer) && eval(expr.Y, prefer)
	case *constraint.OrExpr:
		return eval(expr.X, prefer) || eval(expr.Y, prefer)
	}
	return false
}

// mismarked is class P4.
func (l *Loader) mismarked(ctx context.Context, g *Graph) ([]Phantom, error) {
	var out []Phantom
	for _, n := range g.Mains() {
		m := g.Modules[n]
		file, err := l.MainFile(m)
		if err != nil || file == nil || m.Dir == "" {
			if err != nil {
				return nil, err
			}
			continue
		}
		imports, err := directImports(ctx, m.Dir)
		if err != nil {
			return nil, err
		}
		for _, t := range file.Tool {
			imports[t.Path] = "a tool line"
		}
		used := make(map[int]string) // by module, import and file
		for path, where := range imports {
			if i, ok := g.provider(path); ok && i != n {
				text := fmt.Sprintf("%s imports %s", where, path)
				if where == "a tool line" {
					text = fmt.Sprintf("go.mod has tool %s", path)
				}
				if old, ok := used[i]; !ok || text < old {
					used[i] = text
				}
			}
		}
		for _, r := range file.Require {
			i, ok := g.Find(r.Mod.Path)
			if !ok {
				continue
			}
			evidence, direct := used[i]
			switch {
			case direct && r.Indirect:
				out = append(out, Phantom{Class: Mismarked, Module: g.Modules[i].Version,
					Evidence: evidence + ", but go.mod marks it // indirect", Advice: "run: go mod tidy"})
			case !direct && !r.Indirect:
				out = append(out, Phantom{Class: Mismarked, Module: g.Modules[i].Version,
					Evidence: "no file of " + m.Path + " imports it, but go.mod does not mark it // indirect", Advice: "run: go mod tidy"})
			}
		}
	}
	return out, nil
}
