package modgraph

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/gust-go/gust/internal/fault"
	"github.com/gust-go/gust/internal/gocmd"
)

// LoadOptions say which graph to load.
type LoadOptions struct {
	// Go runs go; its Dir is where the user stands.
	Go *gocmd.Go
	// ModFile is the value of -modfile, empty for none.
	ModFile string
	// Updates asks the network for newer versions, retractions and
	// deprecations, which takes seconds.
	Updates bool
}

// A Loader holds what is known of the project before its graph is loaded;
// package graphs, phantoms and the rest come through it as well. It is safe
// for concurrent use.
type Loader struct {
	goCmd *gocmd.Go
	env   gocmd.Env
	opts  LoadOptions
}

// NewLoader asks go where the project is.
func NewLoader(ctx context.Context, opts LoadOptions) (*Loader, error) {
	env, err := opts.Go.EnvVars(ctx, "")
	if err != nil {
		return nil, err
	}
	if env.GOWORK == "off" {
		env.GOWORK = ""
	}
	if opts.ModFile == "" {
		opts.ModFile = lastFlag(env.GOFLAGS, "modfile")
	}
	if (env.GOMOD == "" || env.GOMOD == "/dev/null" || env.GOMOD == "NUL") && env.GOWORK == "" {
		return nil, fault.New(fault.Capability, "run: go mod init example.com/name",
			"there is no go.mod here or above, so there is no module graph")
	}
	return &Loader{goCmd: readOnly(opts.Go, env.GOFLAGS, "readonly"), env: env, opts: opts}, nil
}

// Root is the directory of the go.work or go.mod that governs the project.
func (l *Loader) Root() string {
	if l.env.GOWORK != "" {
		return filepath.Dir(l.env.GOWORK)
	}
	return filepath.Dir(l.env.GOMOD)
}

// Go runs go read-only for the project.
func (l *Loader) Go() *gocmd.Go { return l.goCmd }

// Env is what go env says.
func (l *Loader) Env() gocmd.Env { return l.env }

// readOnly is g with -mod=readonly, which -mod=mod in GOFLAGS or in go's own
// configuration file would otherwise override: with -mod=mod `go list`
// rewrites go.mod and go.sum. Setting GOFLAGS hides that file's, so what it
// says is part of flags. Flags that cannot be split are go's to refuse.
func readOnly(g *gocmd.Go, flags, mod string) *gocmd.Go {
	keep := []string{"-mod=" + mod}
	list, err := gocmd.SplitGOFLAGS(flags)
	for _, f := range list {
		name, _, _ := strings.Cut(strings.TrimLeft(f, "-"), "=")
		if name != "mod" && name != "modcacherw" {
			keep = append(keep, f)
		}
	}
	value, quoteErr := gocmd.Quote(keep...)
	if err != nil || quoteErr != nil {
		value = flags
	}
	env := append(slices.Clip(environ(g)), "GOFLAGS="+value)
	return &gocmd.Go{Path: g.Path, Dir: g.Dir, Env: env}
}

// lastFlag returns the value of -name=value in GOFLAGS.
func lastFlag(flags, name string) (value string) {
	list, _ := gocmd.SplitGOFLAGS(flags)
	for _, f := range list {
		if k, v, ok := strings.Cut(strings.TrimLeft(f, "-"), "="); ok && k == name {
			value = v
		}
	}
	return value
}

// Load loads the module graph.
func Load(ctx context.Context, opts LoadOptions) (*Graph, error) {
	l, err := NewLoader(ctx, opts)
	if err != nil {
		return nil, err
	}
	return l.Graph(ctx)
}

// Graph loads the module graph. What cannot be loaded because it is not on
// this machine is go's error.
func (l *Loader) Graph(ctx context.Context) (*Graph, error) {
	g, marks, err := l.load(ctx)
	switch {
	case err == nil || ctx.Err() != nil:
	case untidy(err) && !l.workspace():
		if completed, completedErr := l.loadCompleted(ctx); completedErr == nil {
			g, marks, err = completed, l.readGoMods(completed), nil
		}
	case l.vendored():
		return l.vendorGraph(ctx, err)
	}
	if err != nil {
		return nil, explain(err)
	}
	return l.finish(g, marks)
}

// finish adds to a graph what the go.mod files say besides.
func (l *Loader) finish(g *Graph, marks map[Version]map[string]bool) (*Graph, error) {
	if err := l.readMains(g, marks); err != nil {
		return nil, err
	}
	g.connect(marks)
	g.sumFiles = l.sumFiles()
	return g, nil
}

func (l *Loader) workspace() bool { return l.env.GOWORK != "" }

// load asks go for the requirements and, unless they follow from these, for
// the modules. marks tells which requirements of a module are // indirect.
func (l *Loader) load(ctx context.Context) (g *Graph, marks map[Version]map[string]bool, err error) {
	var graph *requirementGraph
	if s := l.newSelection(); s != nil {
		if graph, err = l.requirements(ctx); err != nil {
			return nil, nil, err
		}
		if list, ok := s.modules(graph); ok {
			g, marks = l.selected(list, graph)
			g.mainFile = s.main
			return g, marks, nil
		}
	}
	if g, err = l.loadListed(ctx, graph); err != nil {
		return nil, nil, err
	}
	return g, l.readGoMods(g), nil
}

// selected is the graph of a selection.
func (l *Loader) selected(list []selectedModule, graph *requirementGraph) (*Graph, map[Version]map[string]bool) {
	g := &Graph{GoVersion: l.env.GOVERSION, Requirements: graph.list, Modules: make([]Module, len(list))}
	marks := make(map[Version]map[string]bool, len(list))
	for i, m := range list {
		g.Modules[i], marks[m.Version] = m.Module, m.indirect
	}
	g.seal()
	return g, marks
}

// loadListed asks go for the modules and, unless they are known, for the
// requirements, both at once.
func (l *Loader) loadListed(ctx context.Context, graph *requirementGraph) (*Graph, error) {
	g := &Graph{GoVersion: l.env.GOVERSION, Workspace: l.workspace()}
	var wg sync.WaitGroup
	var graphErr, listErr error
	if graph == nil {
		wg.Go(func() { graph, graphErr = l.requirements(ctx) })
	}
	wg.Go(func() { g.Modules, listErr = l.buildList(ctx) })
	wg.Wait()
	if err := cmpErr(listErr, graphErr); err != nil {
		return nil, err
	}
	g.Requirements = graph.list
	g.seal()
	return g, nil
}

// untidy reports whether go would not go on without writing to go.mod or
// go.sum.
func untidy(err error) bool {
	text := err.Error()
	return strings.Contains(text, "updates to go.mod needed") || strings.Contains(text, "go.sum entry") || strings.Contains(text, "updating go.mod")
}

// loadCompleted lets go complete a copy of go.mod and go.sum, which is what
// it would do to the real ones in go mod tidy or go get.
func (l *Loader) loadCompleted(ctx context.Context) (*Graph, error) {
	dir, err := os.MkdirTemp("", "gust-graph-")
	if err != nil {
		return nil, fmt.Errorf("make room for a copy of go.mod: %w", err)
	}
	defer os.RemoveAll(dir)
	from := cmpString(l.modFilePath(), l.env.GOMOD)
	for _, ext := range []string{".mod", ".sum"} {
		data, err := os.ReadFile(strings.TrimSuffix(from, ".mod") + ext)
		if err != nil && ext == ".mod" {
			return nil, fmt.Errorf("copy go.mod: %w", err)
		}
		if err := os.WriteFile(filepath.Join(dir, "go"+ext), data, 0o600); err != nil {
			return nil, fmt.Errorf("copy go%s: %w", ext, err)
		}
	}
	opts := l.opts
	opts.ModFile = filepath.Join(dir, "go.mod")
	copied := &Loader{goCmd: readOnly(l.opts.Go, l.env.GOFLAGS, "mod"), env: l.env, opts: opts}
	// One after the other: both write to the copy.
	g := &Graph{GoVersion: l.env.GOVERSION}
	if g.Modules, err = copied.buildList(ctx); err != nil {
		return nil, err
	}
	graph, err := copied.requirements(ctx)
	if err != nil {
		return nil, err
	}
	g.Requirements = graph.list
	for i := range g.Modules {
		if g.Modules[i].Main {
			g.Modules[i].GoMod = l.env.GOMOD // not the copy, which goes
		}
	}
	g.Notices = append(g.Notices, "go.mod or go.sum is not complete; this is the graph after go completed a copy of them (go mod tidy would do that)")
	g.seal()
	return g, nil
}

// modFilePath is where the user's -modfile is, empty without one.
func (l *Loader) modFilePath() string {
	if l.opts.ModFile == "" || filepath.IsAbs(l.opts.ModFile) {
		return l.opts.ModFile
	}
	return filepath.Join(l.goCmd.Dir, l.opts.ModFile)
}

// cmpErr prefers the first error unless it is only a consequence of the
// context's end.
func cmpErr(errs ...error) error {
	for _, err := range errs {
		if err != nil && !errors.Is(err, context.Canceled) {
			return err
		}
	}
	return errors.Join(errs...)
}

// explain adds what to do about an error of go's.
func explain(err error) error {
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	text, hint := err.Error(), ""
	switch {
	case strings.Contains(text, "go.sum entry"), strings.Contains(text, "updates to go.mod needed"), strings.Contains(text, "updating go.mod"):
		hint = "run: go mod tidy"
	case strings.Contains(text, "terminal prompts disabled"), strings.Contains(text, "could not read Username"), strings.Contains(text, "unrecognized import path"):
		hint = "run: go help module-private"
	case strings.Contains(text, "module lookup disabled"), strings.Contains(text, "dial tcp"), strings.Contains(text, "no such host"):
		hint = "run: go mod download"
	case strings.Contains(text, "go.work"):
		hint = "run: GOWORK=off gust graph"
	case strings.Contains(text, "errors parsing"), strings.Contains(text, "malformed"):
		hint = "run: go mod edit -print"
	default:
		hint = "run: go list -m all"
	}
	return &fault.UserError{Kind: fault.Capability, Err: fmt.Errorf("load the module graph: %w", err), Hint: hint}
}

// A requirementGraph is what go mod graph prints.
type requirementGraph struct {
	list []Requirement
	// releases are the main modules' requirements of go and toolchain, which
	// stand for releases of go and not for modules.
	releases []Requirement
}

// requirements runs go mod graph.
func (l *Loader) requirements(ctx context.Context) (*requirementGraph, error) {
	out, err := l.goCmd.Output(ctx, l.modFile("mod", "graph")...)
	if err != nil {
		return nil, err
	}
	return parseRequirements(string(out))
}

// modFile adds the user's -modfile, which go takes behind the command.
func (l *Loader) modFile(args ...string) []string {
	if l.opts.ModFile == "" {
		return args
	}
	n := 1
	if args[0] == "mod" {
		n = 2
	}
	return slices.Insert(slices.Clone(args), n, "-modfile="+l.opts.ModFile)
}

// parseRequirements reads the output of go mod graph.
func parseRequirements(out string) (*requirementGraph, error) {
	g := &requirementGraph{list: make([]Requirement, 0, strings.Count(out, "\n"))}
	for line := range strings.Lines(out) {
		line = strings.TrimRight(line, "\r\n")
		if len(line) == 0 {
			continue
		}
		from, to, ok := strings.Cut(line, " ")
		if !ok || from == "" || to == "" || strings.Contains(to, " ") {
			return nil, fmt.Errorf("read the output of go mod graph: line %q", line)
		}
		r := Requirement{ParseVersion(from), ParseVersion(to)}
		switch {
		case release(r.From.Path):
		case !release(r.To.Path):
			g.list = append(g.list, r)
		case r.From.Version == "":
			g.releases = append(g.releases, r)
		}
	}
	return g, nil
}

func release(path string) bool { return path == "go" || path == "toolchain" }

// sumFiles are the files with checksums of the project.
func (l *Loader) sumFiles() []string {
	files := map[string]bool{}
	if l.env.GOWORK != "" {
		files[l.env.GOWORK+".sum"] = true
	}
	if l.opts.ModFile != "" {
		files[strings.TrimSuffix(l.modFilePath(), ".mod")+".sum"] = true
	} else if l.env.GOMOD != "" {
		files[strings.TrimSuffix(l.env.GOMOD, ".mod")+".sum"] = true
	}
	return slices.Sorted(maps.Keys(files))
}
