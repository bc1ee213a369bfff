package modgraph

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/mod/semver"

	"github.com/gust-go/gust/internal/fault"
	"github.com/gust-go/gust/internal/git"
	"github.com/gust-go/gust/internal/gocmd"
)

// Kinds of changes.
const (
	Added      = "added"
	Removed    = "removed"
	Upgraded   = "upgraded"
	Downgraded = "downgraded"
	Replaced   = "replaced" // the same version, but something else stands in for it
	Marked     = "marked"   // direct has become indirect, or the reverse
)

// A Change is what became of one module between two graphs.
type Change struct {
	Kind string
	Path string
	// Old and New are versions, with what replaces them.
	Old, New string
	// Direct is true if the new graph, or for removed modules the old one,
	// requires it directly.
	Direct bool
	// Licenses are those of the new version and OldLicenses of the old, nil
	// where the source is not on this machine.
	Licenses, OldLicenses []string
	// Bytes is the size of the new version's Go files less that of the old
	// version's; zero where a source is not on this machine.
	Bytes int64
}

// Diff compares two graphs; changes are sorted by path.
func Diff(before, after *Graph) []Change {
	var out []Change
	for _, m := range after.Modules {
		if m.Main {
			continue
		}
		i, ok := before.Find(m.Path)
		if !ok {
			out = append(out, Change{Kind: Added, Path: m.Path, New: m.describe(), Direct: m.Direct, Licenses: Licenses(m.Dir).IDs, Bytes: sourceSize(m.Dir)})
			continue
		}
		old := before.Modules[i]
		c := Change{Path: m.Path, Old: old.describe(), New: m.describe(), Direct: m.Direct}
		switch {
		case old.Version.Version != m.Version.Version && semver.Compare(old.Version.Version, m.Version.Version) > 0:
			c.Kind = Downgraded
		case old.Version.Version != m.Version.Version:
			c.Kind = Upgraded
		case c.Old != c.New:
			c.Kind = Replaced
		case old.Direct != m.Direct:
			c.Kind = Marked
		default:
			continue
		}
		if c.Kind != Marked {
			c.Licenses, c.OldLicenses = Licenses(m.Dir).IDs, Licenses(old.Dir).IDs
			if m.Dir != "" && old.Dir != "" {
				c.Bytes = sourceSize(m.Dir) - sourceSize(old.Dir)
			}
		}
		out = append(out, c)
	}
	for _, m := range before.Modules {
		if _, ok := after.Find(m.Path); !ok && !m.Main {
			out = append(out, Change{Kind: Removed, Path: m.Path, Old: m.describe(), Direct: m.Direct, OldLicenses: Licenses(m.Dir).IDs, Bytes: -sourceSize(m.Dir)})
		}
	}
	slices.SortFunc(out, func(a, b Change) int { return strings.Compare(a.Path, b.Path) })
	return out
}

// describe is the version and what replaces it.
func (m Module) describe() string {
	if m.Replace == nil {
		return m.Version.Version
	}
	return m.Version.Version + " => " + m.Replace.Version.String()
}

// sourceSize is the size of the Go files of a module.
func sourceSize(dir string) (total int64) {
	if dir == "" {
		return 0
	}
	// What cannot be read does not count.
	_ = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Ext(path) != ".go" || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		if info, err := d.Info(); err == nil {
			total += info.Size()
		}
		return nil
	})
	return total
}

// At loads the module graph of a commit. Only the files that describe
// modules are read, so the result has no package data.
func At(ctx context.Context, opts LoadOptions, rev string) (*Graph, error) {
	repo, err := git.Open(ctx, opts.Go.Dir, opts.Go.Env)
	if err != nil {
		return nil, fault.New(fault.Capability, "run: git status", "compare commits: %w", err)
	}
	commit, err := repo.Commit(ctx, rev)
	if err != nil {
		return nil, err
	}
	tmp, err := os.MkdirTemp("", "gust-graph-")
	if err != nil {
		return nil, fmt.Errorf("make room for %s: %w", rev, err)
	}
	defer os.RemoveAll(tmp)
	dir, err := repo.Extract(ctx, commit, opts.Go.Dir, tmp, func(name string) bool {
		switch path.Base(name) {
		case "go.mod", "go.sum", "go.work", "go.work.sum":
			return true
		}
		return false
	})
	if err != nil {
		return nil, err
	}
	opts.Go = &gocmd.Go{Path: opts.Go.Path, Env: opts.Go.Env, Dir: dir}
	g, err := Load(ctx, opts)
	if err != nil {
		return nil, fmt.Errorf("at %s: %w", rev, err)
	}
	for i := range g.Modules {
		if g.Modules[i].Main || g.Modules[i].Replace != nil && g.Modules[i].Replace.Local {
			g.Modules[i].Dir, g.Modules[i].GoMod = "", "" // they go with tmp
		}
	}
	return g, nil
}
