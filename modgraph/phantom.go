package modgraph

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"golang.org/x/mod/modfile"
)

// A Class is a way in which a dependency is not what go.mod suggests.
type Class string

// The classes. Go has no phantom in npm's sense: importing what no go.mod
// requires is an error. These are what comes closest.
const (
	GraphOnly      Class = "P1" // in the build list, but no package is needed, whatever the OS or tags
	VersionGhost   Class = "P2" // only versions that were not selected lead to it
	WorkspaceOnly  Class = "P3" // an import that builds only because go.work unites modules
	Mismarked      Class = "P4" // imported directly but // indirect, or the reverse
	OtherPlatforms Class = "P5" // needed, but only for another operating system
	TagOnly        Class = "P6" // needed, but only with build tags or on another architecture
	TestOnly       Class = "P7" // needed by tests only
	SumOnly        Class = "P8" // in go.sum for a version that is not in the build list
	HiddenReplace  Class = "P9" // a dependency replaces it for itself, which go ignores here
)

// Classes lists all classes in order.
func Classes() []Class {
	return []Class{GraphOnly, VersionGhost, WorkspaceOnly, Mismarked, OtherPlatforms, TagOnly, TestOnly, SumOnly, HiddenReplace}
}

// Name is what people call the class.
func (c Class) Name() string {
	return map[Class]string{
		GraphOnly: "graph-only", VersionGhost: "version-ghost", WorkspaceOnly: "workspace",
		Mismarked: "mismarked", OtherPlatforms: "other-os", TagOnly: "tag-only",
		TestOnly: "test-only", SumOnly: "sum-only", HiddenReplace: "hidden-replace",
	}[c]
}

// Deep reports whether the class takes [PhantomOptions].Deep to find.
func (c Class) Deep() bool {
	return c == WorkspaceOnly || c == OtherPlatforms || c == TagOnly || c == TestOnly
}

// ParseClass reads a class by its number or name.
func ParseClass(s string) (Class, bool) {
	for _, c := range Classes() {
		if strings.EqualFold(string(c), s) || c.Name() == s {
			return c, true
		}
	}
	return "", false
}

// A Phantom is one finding.
type Phantom struct {
	Class  Class   `json:"class"`
	Name   string  `json:"name"`
	Module Version `json:"module"`
	// Evidence is what the finding rests on.
	Evidence string `json:"evidence"`
	// Advice is what to do about it.
	Advice string `json:"advice"`
}

// PhantomOptions say how deep to look.
type PhantomOptions struct {
	// Deep runs go list for other platforms and with tests, which the
	// classes P3, P5, P6 and P7 need.
	Deep bool
	// Platforms are values of GOOS to look at besides the user's; nil means
	// linux, darwin and windows.
	Platforms []string
}

// Phantoms finds phantom dependencies, sorted by class and module.
func (l *Loader) Phantoms(ctx context.Context, g *Graph, opts PhantomOptions) ([]Phantom, error) {
	// Everything that starts go runs at once; the order of the result is
	// that of the list, and then sorted.
	passes := []func(context.Context, *Graph) ([]Phantom, error){l.graphOnly, l.mismarked, l.sumOnly, l.hiddenReplaces}
	if opts.Deep {
		passes = append(passes, l.workspaceOnly, func(ctx context.Context, g *Graph) ([]Phantom, error) {
			return l.conditional(ctx, g, opts.Platforms)
		})
	}
	found := g.versionGhosts()
	results, errs := make([][]Phantom, len(passes)), make([]error, len(passes))
	var wg sync.WaitGroup
	for i, pass := range passes {
		wg.Add(1)
		go func() {
			defer wg.Done()
			results[i], errs[i] = pass(ctx, g)
		}()
	}
	wg.Wait()
	if err := cmpErr(errs...); err != nil {
		return nil, err
	}
	for _, r := range results {
		found = append(found, r...)
	}
	for i := range found {
		found[i].Name = found[i].Class.Name()
	}
	slices.SortFunc(found, func(a, b Phantom) int {
		if a.Class != b.Class {
			return strings.Compare(string(a.Class), string(b.Class))
		}
		if c := compareVersions(a.Module, b.Module); c != 0 {
			return c
		}
		return strings.Compare(a.Evidence, b.Evidence)
	})
	return found, nil
}

// versionGhosts is class P2.
func (g *Graph) versionGhosts() []Phantom {
	var out []Phantom
	for _, m := range g.Modules {
		if !m.Ghost {
			continue
		}
		evidence := "no selected version requires it"
		for _, r := range g.Requirements {
			if r.To.Path == m.Path && !g.Selected(r.From) {
				evidence = fmt.Sprintf("%s requires it, but %s is selected", r.From, g.versionOf(r.From.Path))
				break
			}
		}
		out = append(out, Phantom{Class: VersionGhost, Module: m.Version, Evidence: evidence,
			Advice: "nothing to do: it is not compiled; upgrading the modules between makes it go"})
	}
	return out
}

// needs asks go mod why which modules provide packages that the main
// modules or their tests need under any tags. The value is the import chain,
// nil for a module that is not needed.
func (l *Loader) needs(ctx context.Context) (map[string][]string, error) {
	out, err := l.goCmd.Output(ctx, l.modFile("mod", "why", "-m", "all")...)
	if err != nil {
		return nil, explain(err)
	}
	needs := make(map[string][]string)
	path := ""
	for line := range strings.Lines(string(out)) {
		line = strings.TrimSpace(line)
		switch {
		case strings.HasPrefix(line, "# "):
			path = strings.TrimPrefix(line, "# ")
			needs[path] = nil
		case line == "", strings.HasPrefix(line, "("):
		default:
			needs[path] = append(needs[path], line)
		}
	}
	return needs, nil
}

// graphOnly is class P1.
func (l *Loader) graphOnly(ctx context.Context, g *Graph) ([]Phantom, error) {
	needs, err := l.needs(ctx)
	if err != nil {
		return nil, err
	}
	var out []Phantom
	for _, m := range g.Modules {
		if chain, listed := needs[m.Path]; !listed || chain != nil || m.Main {
			continue
		}
		p := Phantom{Class: GraphOnly, Module: m.Version,
			Evidence: "no package of it is imported, for any operating system, tags or tests",
			Advice:   "nothing to do: it only takes part in choosing versions; gust graph why " + m.Path}
		if m.Direct {
			p.Evidence = "go.mod requires it, and " + p.Evidence
			p.Advice = "run: go mod tidy"
		}
		out = append(out, p)
	}
	return out, nil
}

// sumOnly is class P8. Lines for /go.mod files of other versions are needed
// to compute the graph and not reported.
func (l *Loader) sumOnly(_ context.Context, g *Graph) ([]Phantom, error) {
	required := make(map[Version]bool)
	for _, r := range g.Requirements {
		required[r.From], required[r.To] = true, true
	}
	for _, m := range g.Modules {
		required[m.Version] = true
		if m.Replace != nil {
			required[m.Replace.Version] = true
		}
	}
	var out []Phantom
	for _, file := range g.sumFiles {
		data, err := os.ReadFile(file)
		if err != nil {
			continue // without dependencies there is no go.sum
		}
		for v, kind := range sumVersions(data) {
			if kind == "zip" && g.selectedOrReplacement(v) || kind == "mod" && required[v] || release(v.Path) {
				continue
			}
			p := Phantom{Class: SumOnly, Module: v, Advice: "run: go mod tidy",
				Evidence: filepath.Base(file) + " has it, and no version of any module requires it"}
			if required[v] {
				p.Evidence = fmt.Sprintf("%s has the hash of its source, but %s is selected", filepath.Base(file), g.versionOf(v.Path))
			}
			out = append(out, p)
		}
	}
	return out, nil
}

func (g *Graph) selectedOrReplacement(v Version) bool {
	return g.Selected(v) || slices.ContainsFunc(g.Modules, func(m Module) bool {
		return m.Replace != nil && m.Replace.Version == v
	})
}

// sumVersions reads go.sum: "zip" for versions with a hash of their source,
// "mod" for those with a hash of their go.mod only.
func sumVersions(data []byte) map[Version]string {
	kinds := make(map[Version]string)
	for line := range strings.Lines(string(data)) {
		f := strings.Fields(line)
		if len(f) != 3 {
			continue
		}
		version, mod := strings.CutSuffix(f[1], "/go.mod")
		v := Version{f[0], version}
		if !mod {
			kinds[v] = "zip"
		} else if kinds[v] == "" {
			kinds[v] = "mod"
		}
	}
	return kinds
}

// hiddenReplaces is class P9.
func (l *Loader) hiddenReplaces(_ context.Context, g *Graph) ([]Phantom, error) {
	var out []Phantom
	for _, m := range g.Modules {
		if m.Main {
			continue
		}
		data, err := os.ReadFile(l.goModFile(m))
		if err != nil || !strings.Contains(string(data), "=>") {
			continue
		}
		file, err := modfile.ParseLax(m.GoMod, data, nil)
		if err != nil {
			continue // go has accepted it; what it cannot say it does not hide
		}
		// ParseLax drops replace lines, which go ignores in dependencies.
		if strict, err := modfile.Parse(m.GoMod, data, nil); err == nil {
			file = strict
		}
		for _, r := range file.Replace {
			i, ok := g.Find(r.Old.Path)
			if !ok || g.Modules[i].Replace != nil || g.Modules[i].Main || r.New.Version == "" && !strings.HasPrefix(r.New.Path, "..") && !strings.HasPrefix(r.New.Path, "./") {
				continue
			}
			if r.Old.Version != "" && r.Old.Version != g.Modules[i].Version.Version {
				continue
			}
			to := Version{r.New.Path, r.New.Version}
			out = append(out, Phantom{Class: HiddenReplace, Module: g.Modules[i].Version,
				Evidence: fmt.Sprintf("%s replaces it by %s for itself, which go ignores here", m.Version, to),
				Advice:   hiddenAdvice(r)})
		}
	}
	return out, nil
}

func hiddenAdvice(r *modfile.Replace) string {
	if r.New.Version == "" {
		return "nothing to do: it is its author's own folder"
	}
	return fmt.Sprintf("if the replacement matters, run: go mod edit -replace=%s=%s@%s", r.Old.Path, r.New.Path, r.New.Version)
}
