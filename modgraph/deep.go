package modgraph

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
)

// conditional is the classes P5, P6 and P7: modules that are needed, but not
// by what is built here and now.
func (l *Loader) conditional(ctx context.Context, g *Graph, platforms []string) ([]Phantom, error) {
	needs, err := l.needs(ctx)
	if err != nil {
		return nil, err
	}
	patterns := l.everything(g)
	plain, err := l.Packages(ctx, PackageOptions{Patterns: patterns})
	if err != nil {
		return nil, err
	}
	tests, err := l.Packages(ctx, PackageOptions{Patterns: patterns, Tests: true})
	if err != nil {
		return nil, err
	}
	built, tested := plain.Modules(), tests.Modules()
	if platforms == nil {
		platforms = []string{"darwin", "linux", "windows"}
	}
	elsewhere := make(map[string][]string) // platforms by module
	for _, goos := range platforms {
		if goos == l.env.GOOS {
			continue
		}
		pkgs, err := l.Packages(ctx, PackageOptions{Patterns: patterns, Tests: true, GOOS: goos})
		if err != nil {
			return nil, err
		}
		for m := range pkgs.Modules() {
			elsewhere[m] = append(elsewhere[m], goos)
		}
	}
	var out []Phantom
	for _, m := range g.Modules {
		chain := needs[m.Path]
		if m.Main || chain == nil || built[m.Path] {
			continue
		}
		by := strings.Join(chain, " -> ")
		switch {
		case tested[m.Path]:
			out = append(out, Phantom{Class: TestOnly, Module: m.Version,
				Evidence: "only tests lead to it: " + by, Advice: "nothing to do: it is in no binary"})
		case elsewhere[m.Path] != nil:
			slices.Sort(elsewhere[m.Path])
			out = append(out, Phantom{Class: OtherPlatforms, Module: m.Version,
				Evidence: fmt.Sprintf("needed for %s, not for %s: %s", strings.Join(elsewhere[m.Path], " and "), l.env.GOOS, by),
				Advice:   "keep it: it is used on other operating systems"})
		default:
			out = append(out, Phantom{Class: TagOnly, Module: m.Version,
				Evidence: fmt.Sprintf("not needed for %s without more build tags: %s", strings.Join(append([]string{l.env.GOOS}, slices.DeleteFunc(slices.Clone(platforms), func(s string) bool { return s == l.env.GOOS })...), ", "), by),
				Advice:   "keep it: it is used under build tags or on other platforms"})
		}
	}
	return out, nil
}

// everything is a pattern for each main module.
func (l *Loader) everything(g *Graph) []string {
	var patterns []string
	for _, i := range g.Mains() {
		if m := g.Modules[i]; m.Dir != "" {
			patterns = append(patterns, filepath.Join(m.Dir, "..."))
		}
	}
	// Tools are needed as the module's own packages are.
	return append(patterns, l.tools(g)...)
}

func (l *Loader) tools(g *Graph) []string {
	var tools []string
	for _, i := range g.Mains() {
		if file, err := l.MainFile(g.Modules[i]); err == nil && file != nil {
			for _, t := range file.Tool {
				tools = append(tools, t.Path)
			}
		}
	}
	return tools
}

// workspaceOnly is class P3: each module of a workspace is looked at as if
// there were no go.work.
func (l *Loader) workspaceOnly(ctx context.Context, g *Graph) ([]Phantom, error) {
	if l.env.GOWORK == "" {
		return nil, nil
	}
	var out []Phantom
	for _, n := range g.Mains() {
		m := g.Modules[n]
		if m.Dir == "" {
			continue
		}
		alone := &Loader{goCmd: readOnly(l.opts.Go, l.env.GOFLAGS, "readonly"), env: l.env}
		alone.goCmd.Dir = m.Dir
		alone.goCmd.Env = append(alone.goCmd.Env, "GOWORK=off")
		pkgs, err := alone.Packages(ctx, PackageOptions{Tests: true})
		if err != nil {
			return nil, err
		}
		imports, err := directImports(ctx, m.Dir)
		if err != nil {
			return nil, err
		}
		for _, p := range pkgs.Problems {
			where, direct := imports[p.ImportPath]
			if !direct {
				continue
			}
			i, ok := g.provider(p.ImportPath)
			if !ok || i == n {
				continue
			}
			out = append(out, Phantom{Class: WorkspaceOnly, Module: g.Modules[i].Version,
				Evidence: fmt.Sprintf("%s of %s imports %s, which its go.mod does not provide without go.work", where, m.Path, p.ImportPath),
				Advice:   fmt.Sprintf("in the folder of %s run: GOWORK=off go get %s", m.Path, g.Modules[i].Path)})
		}
	}
	return out, nil
}
