package affected

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
)

// listed is what go list says about a package or a variant of one.
type listed struct {
	Dir, ImportPath, ForTest string
	Standard, DepOnly        bool
	Incomplete               bool
	Name                     string
	Module                   *listedModule
	Deps                     []string
	Error                    *listedError
	DepsErrors               []*listedError

	GoFiles, CgoFiles, CFiles, CXXFiles, MFiles, HFiles, FFiles, SFiles  []string
	SwigFiles, SwigCXXFiles, SysoFiles, EmbedFiles                       []string
	TestGoFiles, XTestGoFiles, TestEmbedFiles, XTestEmbedFiles           []string
	EmbedPatterns, TestEmbedPatterns, XTestEmbedPatterns, IgnoredGoFiles []string
}

type listedModule struct {
	Path, Version, Dir string
	Main               bool
	Replace            *listedModule
}

type listedError struct{ Err string }

// listFields keeps go list from working out what nobody reads.
const listFields = "-json=Dir,ImportPath,ForTest,Standard,DepOnly,Incomplete,Name,Module,Deps,Error,DepsErrors," +
	"GoFiles,CgoFiles,CFiles,CXXFiles,MFiles,HFiles,FFiles,SFiles,SwigFiles,SwigCXXFiles,SysoFiles,EmbedFiles," +
	"TestGoFiles,XTestGoFiles,TestEmbedFiles,XTestEmbedFiles,EmbedPatterns,TestEmbedPatterns,XTestEmbedPatterns,IgnoredGoFiles"

// files are what the package is compiled from, with their directory.
func (p *listed) files() []string {
	var all []string
	for _, names := range [][]string{
		p.GoFiles, p.CgoFiles, p.CFiles, p.CXXFiles, p.MFiles, p.HFiles, p.FFiles, p.SFiles,
		p.SwigFiles, p.SwigCXXFiles, p.SysoFiles, p.EmbedFiles,
	} {
		for _, name := range names {
			if !filepath.IsAbs(name) {
				name = filepath.Join(p.Dir, name)
			}
			all = append(all, name)
		}
	}
	return all
}

// testFiles are the files of its tests, with their directory.
func (p *listed) testFiles() []string {
	var all []string
	for _, name := range slices.Concat(p.TestGoFiles, p.XTestGoFiles) {
		all = append(all, filepath.Join(p.Dir, name))
	}
	return all
}

// generatedMain reports whether this is the main package that go generates
// for a test.
func (p *listed) generatedMain() bool {
	return p.Name == "main" && strings.HasSuffix(p.ImportPath, ".test") && p.ForTest == "" && len(p.TestGoFiles)+len(p.XTestGoFiles) == 0 &&
		slices.ContainsFunc(p.GoFiles, filepath.IsAbs)
}

// inModuleCache reports whether the package's content is given by the version
// of its module. A vendored package has a version as well, but its content is
// that of the vendor folder, and go names no directory for its module.
func (p *listed) inModuleCache() bool {
	m := p.Module
	if m.Replace != nil {
		m = m.Replace
	}
	return !p.Module.Main && m.Version != "" && m.Dir != ""
}

// excluded reports whether build constraints exclude all of the package.
func (p *listed) excluded() bool {
	return len(p.files())+len(p.testFiles()) == 0 && len(p.IgnoredGoFiles) > 0
}

// hasForeignSources reports whether other tools than go's compiler read
// sources of the package, and files that those include.
func (p *listed) hasForeignSources() bool {
	return len(p.CgoFiles)+len(p.CFiles)+len(p.CXXFiles)+len(p.MFiles)+len(p.FFiles)+len(p.SFiles)+len(p.SwigFiles)+len(p.SwigCXXFiles) > 0
}

// graph is the packages that the tests of the roots are built from.
type graph struct {
	packages map[string]*listed
	// roots are the import paths of the packages that the patterns match.
	roots []string
}

func load(ctx context.Context, opts Options) (*graph, error) {
	args := append([]string{"list", "-e", "-test", "-deps", listFields}, opts.ListArgs...)
	// go wants -C first.
	if i := slices.Index(args, "-C"); i > 0 && i+1 < len(args) {
		return nil, errors.New("list packages: -C was not resolved")
	}
	out, err := opts.Go.Output(ctx, append(append(args, "--"), opts.Patterns...)...)
	if err != nil {
		return nil, fmt.Errorf("list packages: %w", err)
	}
	return decode(out, slices.ContainsFunc(opts.Patterns, func(p string) bool { return strings.Contains(p, "...") }))
}

// decode reads the output of go list. With a wildcard, go test passes over
// packages all of whose files are excluded, where go list -e does not.
func decode(out []byte, wildcard bool) (*graph, error) {
	g := &graph{packages: make(map[string]*listed)}
	dec := json.NewDecoder(bytes.NewReader(out))
	for {
		p := new(listed)
		err := dec.Decode(p)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("list packages: %w", err)
		}
		g.packages[p.ImportPath] = p
		if wildcard && p.excluded() {
			continue
		}
		if !p.DepOnly && p.ForTest == "" && !p.generatedMain() {
			g.roots = append(g.roots, p.ImportPath)
		}
	}
	slices.Sort(g.roots)
	return g, nil
}

// closure is everything that the test of a package is built from, or the
// package itself if it has no test.
func (g *graph) closure(root string) []string {
	if main := g.packages[root+".test"]; main != nil && main.generatedMain() {
		return append(slices.Clone(main.Deps), root)
	}
	return append(slices.Clone(g.packages[root].Deps), root)
}

// broken returns what go has to say about a package it cannot load, or about
// one that its test needs.
func (g *graph) broken(root string) string {
	for _, id := range g.closure(root) {
		p := g.packages[id]
		switch {
		case p == nil:
			if id != "C" && id != "unsafe" {
				return "package " + id + " is missing"
			}
		case p.Error != nil:
			return p.Error.Err
		case len(p.DepsErrors) > 0:
			return p.DepsErrors[0].Err
		}
	}
	if main := g.packages[root+".test"]; main == nil && len(g.packages[root].testFiles()) > 0 {
		return "its test is missing from go's list"
	}
	return ""
}

// plain strips the name of the test that a variant is for.
func plain(id string) string {
	id, _, _ = strings.Cut(id, " ")
	return id
}
