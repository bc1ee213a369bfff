package modgraph

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/gust-go/gust/internal/gocmd"
)

// PackageOptions say which packages to load.
type PackageOptions struct {
	// Patterns are packages as go list takes them; none is ./... .
	Patterns []string
	// Tests loads the tests of the named packages as well.
	Tests bool
	// Tags, GOOS and GOARCH override the user's.
	Tags, GOOS, GOARCH string
}

// Packages is a graph of packages without those of the standard library.
type Packages struct {
	// Packages are sorted by import path.
	Packages []Package
	// Problems are packages that go could not find or load.
	Problems []Problem
}

// A Package is one package and what it imports.
type Package struct {
	ImportPath string
	Name       string
	// Module is the path of its module, ModuleDir where that is.
	Module, ModuleDir string
	// Main is true for packages of main modules.
	Main bool
	// Imports index Packages.Packages.
	Imports []int
}

// A Problem is a package that could not be loaded.
type Problem struct{ ImportPath, Text string }

// listedPackage is a package as go list -json prints it.
type listedPackage struct {
	ImportPath, Name string
	Standard         bool
	ForTest          string
	Module           *struct {
		Path, Dir string
		Main      bool
	}
	Imports   []string
	ImportMap map[string]string
	Error     *struct{ Err string }
}

// Packages loads the package graph from one streaming go list.
func (l *Loader) Packages(ctx context.Context, opts PackageOptions) (*Packages, error) {
	args := []string{"list", "-e", "-deps", "-json=ImportPath,Name,Standard,ForTest,Module,Imports,ImportMap,Error"}
	if opts.Tests {
		args = append(args, "-test")
	}
	if opts.Tags != "" {
		args = append(args, "-tags="+opts.Tags)
	}
	args = append(l.modFile(args...), "--")
	if len(opts.Patterns) == 0 {
		patterns, err := l.defaultPatterns(ctx)
		if err != nil {
			return nil, err
		}
		opts.Patterns = patterns
	}
	pr, pw, err := os.Pipe()
	if err != nil {
		return nil, fmt.Errorf("make a pipe: %w", err)
	}
	defer pr.Close()
	var stderr strings.Builder
	done := make(chan error, 1)
	g := l.goCmd
	if opts.GOOS != "" || opts.GOARCH != "" {
		g = &gocmd.Go{Path: g.Path, Dir: g.Dir, Env: append(slices.Clip(g.Env), platform(opts)...)}
	}
	go func() {
		code, err := g.Run(ctx, gocmd.Streams{Stdout: pw, Stderr: &stderr}, append(args, opts.Patterns...)...)
		pw.Close()
		if err == nil && code != 0 {
			err = fmt.Errorf("go list: exit status %d: %s", code, strings.TrimSpace(stderr.String()))
		}
		done <- err
	}()
	pkgs, err := decodePackages(pr)
	if runErr := <-done; runErr != nil {
		return nil, runErr
	}
	return pkgs, err
}

// defaultPatterns are all packages of the main modules that the user stands
// in: below the folder or, as ./... is an error in the folder of a go.work
// that is no module itself, those of the whole workspace.
func (l *Loader) defaultPatterns(ctx context.Context) ([]string, error) {
	if !l.workspace() || l.env.GOMOD != "" && l.env.GOMOD != os.DevNull {
		return []string{"./..."}, nil
	}
	out, err := l.goCmd.Output(ctx, "list", "-m", "-f", "{{.Dir}}")
	if err != nil {
		return nil, explain(err)
	}
	var patterns []string
	for dir := range strings.Lines(string(out)) {
		patterns = append(patterns, filepath.Join(strings.TrimRight(dir, "\r\n"), "..."))
	}
	return patterns, nil
}

// platform is the environment for another platform. Without a C compiler
// for it go would leave cgo out anyway.
func platform(opts PackageOptions) []string {
	var env []string
	if opts.GOOS != "" {
		env = append(env, "GOOS="+opts.GOOS, "CGO_ENABLED=1")
	}
	if opts.GOARCH != "" {
		env = append(env, "GOARCH="+opts.GOARCH)
	}
	return env
}

// decodePackages reads packages as go prints them: a package comes after
// all that it imports, but in cycles of test variants.
func decodePackages(r io.Reader) (*Packages, error) {
	dec := json.NewDecoder(r)
	imports := make(map[string][]string)
	found := make(map[string]Package)
	out := &Packages{}
	for {
		var p listedPackage
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			// Let go finish writing, or it would wait forever.
			_, _ = io.Copy(io.Discard, r)
			return nil, fmt.Errorf("read the output of go list: %w", err)
		}
		if p.Error != nil {
			out.Problems = append(out.Problems, Problem{p.ImportPath, p.Error.Err})
		}
		if p.Standard {
			continue
		}
		name := plain(p.ImportPath)
		pkg, seen := found[name]
		if !seen {
			pkg = Package{ImportPath: name, Name: p.Name}
		}
		if p.Module != nil {
			pkg.Module, pkg.ModuleDir, pkg.Main = p.Module.Path, p.Module.Dir, p.Module.Main
		}
		found[name] = pkg
		for _, i := range p.Imports {
			imports[name] = append(imports[name], plain(i))
		}
	}
	out.link(found, imports)
	return out, nil
}

// plain is the import path of a package without what go list -test adds:
// "p [p.test]", "p.test" and the external test "p_test [p.test]" are all p.
func plain(path string) string {
	path, variant, ok := strings.Cut(path, " [")
	path = strings.TrimSuffix(path, ".test")
	if ok && strings.HasSuffix(path, "_test") && strings.HasPrefix(variant, strings.TrimSuffix(path, "_test")+".test") {
		path = strings.TrimSuffix(path, "_test")
	}
	return path
}

// link sorts the packages and turns import paths into numbers.
func (p *Packages) link(found map[string]Package, imports map[string][]string) {
	for _, pkg := range found {
		p.Packages = append(p.Packages, pkg)
	}
	slices.SortFunc(p.Packages, func(a, b Package) int { return strings.Compare(a.ImportPath, b.ImportPath) })
	number := make(map[string]int, len(p.Packages))
	for i, pkg := range p.Packages {
		number[pkg.ImportPath] = i
	}
	for i := range p.Packages {
		for _, path := range imports[p.Packages[i].ImportPath] {
			if n, ok := number[path]; ok && n != i {
				p.Packages[i].Imports = append(p.Packages[i].Imports, n)
			}
		}
		slices.Sort(p.Packages[i].Imports)
		p.Packages[i].Imports = slices.Compact(p.Packages[i].Imports)
	}
	slices.SortFunc(p.Problems, func(a, b Problem) int { return strings.Compare(a.ImportPath+a.Text, b.ImportPath+b.Text) })
	p.Problems = slices.Compact(p.Problems)
}

// Modules returns the paths of the modules that provide the packages.
func (p *Packages) Modules() map[string]bool {
	used := make(map[string]bool)
	for _, pkg := range p.Packages {
		if pkg.Module != "" {
			used[pkg.Module] = true
		}
	}
	return used
}

func environ(g *gocmd.Go) []string {
	if g.Env != nil {
		return g.Env
	}
	return os.Environ()
}
