// Package affected selects the packages whose tests a change may concern.
//
// A change is the set of files that differ between a commit and the working
// tree (package git). [Select] asks go for the package graph and answers for
// each package with the reasons why its tests have to run, or leaves it out.
// The rule is that leaving one out wrongly is the only error that counts, so
// what is not understood affects everything, and says so.
//
// A package is affected if
//
//   - a file that it, or what its test imports, is built from has changed;
//   - any file in its folder or below has changed, since tests read such files;
//   - a module that its test imports has another version, replacement or
//     checksum than at the commit;
//   - its tests look at files outside their folder (a "../" in a string,
//     runtime.Caller, os.Getwd, os/exec) and anything at all has changed;
//   - it has C or assembly sources, whose includes go does not track, and a
//     file that they may include has changed;
//   - go cannot load it.
//
// Everything is affected if go.work, the go line of go.mod, or which folders
// are modules has changed. Environment variables, the toolchain and files
// outside the repository are not looked at: what no commit records cannot be
// compared with one.
package affected

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/gust-go/gust/internal/git"
	"github.com/gust-go/gust/internal/gocmd"
)

// Options are what to compare and for which packages.
type Options struct {
	Go *gocmd.Go
	// Dir is the directory that patterns and the commit refer to.
	Dir string
	// Ref is the commit to compare the working tree with.
	Ref string
	// Patterns are packages, none for the one in Dir.
	Patterns []string
	// ListArgs are flags for go list that select files and modules.
	ListArgs []string
}

// A Reason says why a package is affected.
type Reason struct {
	// Kind is one of file, folder, module, outside, cgo, error.
	Kind string
	// Subject is the file, module or import path concerned.
	Subject string
	// Text is a sentence without its subject.
	Text string
}

// A Package is one affected package.
type Package struct {
	ImportPath string
	// Reasons are never empty; the first is the most direct.
	Reasons []Reason
}

// A Result is the selection.
type Result struct {
	// Commit is what Ref stands for.
	Commit string
	// Changed are the paths that differ, relative to the repository's root.
	Changed []string
	// Everything says why all packages are affected; empty if they are not.
	Everything string
	// Packages are those affected, sorted. It is complete also if Everything
	// is set; the packages have no reasons then.
	Packages []Package
	// Total counts the packages that the patterns match.
	Total int
}

// Select finds the affected packages.
func Select(ctx context.Context, opts Options) (Result, error) {
	repo, err := git.Open(ctx, opts.Dir, opts.Go.Env)
	if err != nil {
		return Result{}, fmt.Errorf("compare with %s: %w", opts.Ref, err)
	}
	commit, err := repo.Commit(ctx, opts.Ref)
	if err != nil {
		return Result{}, err
	}
	changed, err := repo.Changed(ctx, commit)
	if err != nil {
		return Result{}, fmt.Errorf("compare with %s: %w", opts.Ref, err)
	}
	g, err := load(ctx, opts)
	if err != nil {
		return Result{}, err
	}
	s := &selector{opts: opts, repo: repo, commit: commit, changed: changed, graph: g}
	if s.root, err = filepath.EvalSymlinks(repo.Root); err != nil {
		return Result{}, fmt.Errorf("compare with %s: %w", opts.Ref, err)
	}
	if s.ignored, err = repo.Ignored(ctx); err != nil {
		return Result{}, fmt.Errorf("compare with %s: %w", opts.Ref, err)
	}
	res := Result{Commit: commit, Changed: changed, Total: len(g.roots)}
	if len(changed) > 0 {
		if res.Everything, err = s.everything(ctx); err != nil {
			return Result{}, err
		}
	}
	for _, root := range g.roots {
		if res.Everything != "" {
			res.Packages = append(res.Packages, Package{ImportPath: root})
		} else if reasons := s.reasons(root); len(reasons) > 0 {
			res.Packages = append(res.Packages, Package{ImportPath: root, Reasons: reasons})
		}
	}
	return res, nil
}

type selector struct {
	opts    Options
	repo    *git.Repo
	root    string // of the repository, links resolved
	commit  string
	changed []string
	graph   *graph
	modules map[string]string // what became of a module, by path
	ignored []string          // by git
	own     map[string]Reason // memo of ownReason; a zero Reason is none
	scanned map[string]string // memo of scan
}

// reasons says why the tests of a package are affected, the most direct
// reason first.
func (s *selector) reasons(root string) []Reason {
	p := s.graph.packages[root]
	var reasons []Reason
	if text := s.graph.broken(root); text != "" {
		reasons = append(reasons, Reason{Kind: "error", Subject: root, Text: "go cannot load it: " + text})
	}
	if r, ok := s.ownReason(root); ok {
		reasons = append(reasons, r)
	}
	if dir, ok := s.rel(p.Dir); !ok {
		reasons = append(reasons, Reason{"file", p.Dir, "is outside the repository: could not tell"})
	} else if name := s.firstBelow(dir); name != "" && len(reasons) == 0 {
		reasons = append(reasons, Reason{"folder", name, "changed, in its folder or below"})
	}
	for _, dep := range s.graph.closure(root) {
		if dep == root {
			continue
		}
		if r, ok := s.ownReason(dep); ok {
			r.Text += ", which " + plain(dep) + " is built from"
			if plain(dep) == root {
				r.Text = strings.TrimSuffix(r.Text, ", which "+root+" is built from")
			}
			reasons = append(reasons, r)
		}
	}
	if len(reasons) == 0 && len(s.changed) > 0 {
		if where := s.looksOutside(root); where != "" {
			reasons = append(reasons, Reason{"outside", s.changed[0], "changed, and its tests may read files outside its folder (" + where + ")"})
		}
	}
	slices.SortStableFunc(reasons, func(a, b Reason) int { return strings.Compare(a.rank(), b.rank()) })
	return reasons
}

// rank puts the package's own folder before what it imports.
func (r Reason) rank() string {
	if strings.Contains(r.Text, ", which ") {
		return "2"
	}
	return "1"
}

// ownReason looks at what one package, or a variant of it for a test, is
// built from.
func (s *selector) ownReason(id string) (Reason, bool) {
	if r, ok := s.own[id]; ok {
		return r, r.Kind != ""
	}
	r := s.inputReason(s.graph.packages[id])
	if s.own == nil {
		s.own = make(map[string]Reason)
	}
	s.own[id] = r
	return r, r.Kind != ""
}

func (s *selector) inputReason(p *listed) Reason {
	if p == nil || p.Standard || p.generatedMain() {
		return Reason{}
	}
	if p.Module != nil {
		if text := s.modules[p.Module.Path]; text != "" {
			return Reason{"module", p.Module.Path, text}
		}
		if p.inModuleCache() {
			return Reason{} // its content is what its version says
		}
	}
	dir, ok := s.rel(p.Dir)
	if !ok {
		return Reason{"file", p.Dir, "is outside the repository: could not tell"}
	}
	for _, name := range p.files() {
		rel, ok := s.rel(name)
		if !ok {
			return Reason{"file", name, "is outside the repository: could not tell"}
		}
		if s.isChanged(rel) || !s.isTracked(rel) {
			return Reason{"file", rel, "changed"}
		}
	}
	for _, name := range s.changed {
		switch {
		case inFolder(name, dir) && isSource(name) && !strings.HasSuffix(name, "_test.go"):
			return Reason{"file", name, "changed"} // deleted, or excluded now
		case len(p.EmbedPatterns)+len(p.TestEmbedPatterns)+len(p.XTestEmbedPatterns) > 0 && git.Below(name, dir) && !s.exists(name):
			return Reason{"file", name, "is gone, and may have been embedded"}
		case p.hasForeignSources() && mayBeIncluded(name):
			return Reason{"cgo", name, "changed, and C or assembly sources may include it"}
		}
	}
	return Reason{}
}
