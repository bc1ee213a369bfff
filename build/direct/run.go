package direct

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/gust-go/gust/build/objfile"
	"github.com/gust-go/gust/build/store"
	"github.com/gust-go/gust/build/toolexec"
)

// Options say what to make anew.
type Options struct {
	// Edited are the files of which the code has changed.
	Edited []string
	// Compiled lists the files that are compiled from a directory.
	Compiled func(dir string) []string
	// Work is an empty directory to work in.
	Work string
	// Store is gust's store, in which the wrapper keeps what it compiles.
	Store *store.Store
	// Tool runs a step's tool, behind gust's wrapper, and reports whether it
	// did well and had nothing to say.
	Tool func(ctx context.Context, s *toolexec.Step, args []string) bool
}

// Run makes the program in a file in the work directory. The plan that it
// returns is for the next time. The error is ErrNotDirect if go has to build.
func (p *Plan) Run(ctx context.Context, o Options) (exe string, next *Plan, err error) {
	r := &run{Options: o, plan: p, archives: p.Link.Archives(), own: maps.Clone(p.Own)}
	if r.own == nil {
		r.own = map[string]string{}
	}
	todo, err := r.packages()
	if err != nil {
		return "", nil, err
	}
	if err := r.unpack(); err != nil {
		return "", nil, err
	}
	for len(todo) > 0 {
		c := first(todo)
		if c == nil {
			return "", nil, ErrNotDirect // they import each other
		}
		delete(todo, c.ImportPath)
		if err := r.compile(ctx, c); err != nil {
			return "", nil, err
		}
	}
	if exe, err = r.link(ctx); err != nil {
		return "", nil, err
	}
	again := *p
	again.Own = r.own
	return exe, &again, nil
}

// run is one Run.
type run struct {
	Options
	plan     *Plan
	archives map[string]string // by import path
	own      map[string]string // likewise: keys of archives that go does not have
	dirs     int
}

// packages finds out what to compile.
func (r *run) packages() (map[string]*Compile, error) {
	bySource := map[string]*Compile{}
	for _, c := range r.plan.Compiles {
		for _, src := range c.Sources {
			if bySource[src] != nil {
				return nil, ErrNotDirect // whose file is it?
			}
			bySource[src] = c
		}
	}
	todo := map[string]*Compile{}
	for _, file := range r.Edited {
		c := bySource[file]
		if c == nil {
			return nil, ErrNotDirect
		}
		if todo[c.ImportPath] != nil {
			continue
		}
		if err := r.holds(c); err != nil {
			return nil, err
		}
		todo[c.ImportPath] = c
	}
	return todo, nil
}

// holds makes sure that a package would be compiled as it was.
func (r *run) holds(c *Compile) error {
	want := r.Compiled(filepath.Dir(c.Sources[0]))
	slices.Sort(want)
	if !slices.Equal(want, slices.Sorted(slices.Values(c.Sources))) {
		return ErrNotDirect
	}
	if now, err := imports(c.Sources); err != nil || !slices.Equal(now, c.Imports) {
		return ErrNotDirect
	}
	for path := range c.Archives() {
		if r.archives[path] == "" {
			return ErrNotDirect
		}
	}
	return nil
}

// first picks a package that imports none of the others.
func first(todo map[string]*Compile) *Compile {
	for _, path := range slices.Sorted(maps.Keys(todo)) {
		imported := todo[path].Archives()
		if !slices.ContainsFunc(slices.Collect(maps.Keys(todo)), func(other string) bool {
			_, ok := imported[other]
			return ok
		}) {
			return todo[path]
		}
	}
	return nil
}

// objDir makes a directory like one of cmd/go's for a package.
func (r *run) objDir() (string, error) {
	r.dirs++
	dir := filepath.Join(r.Work, fmt.Sprintf("b%03d", r.dirs))
	return dir, os.MkdirAll(dir, 0o777)
}

// unpack puts archives of gust's own where the tools can read them.
func (r *run) unpack() error {
	for path, key := range r.own {
		b, err := r.Store.Get(store.Object, key)
		if err != nil || r.archives[path] == "" {
			return ErrNotDirect
		}
		dir, err := r.objDir()
		if err != nil {
			return err
		}
		r.archives[path] = filepath.Join(dir, "_pkg_.a")
		if err := os.WriteFile(r.archives[path], b, 0o666); err != nil {
			return err
		}
	}
	return nil
}

// compile compiles a package and makes sure that its importers need not be.
func (r *run) compile(ctx context.Context, c *Compile) error {
	dir, err := r.objDir()
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(dir, "importcfg"), c.Importcfg(r.archives), 0o666); err != nil {
		return err
	}
	if c.Embed != "" {
		if err := os.WriteFile(filepath.Join(dir, "embedcfg"), []byte(c.Embed), 0o666); err != nil {
			return err
		}
	}
	if !r.Tool(ctx, &c.Step, c.Actual(dir)) {
		return ErrNotDirect
	}
	out := filepath.Join(dir, "_pkg_.a")
	b, err := os.ReadFile(out)
	if err != nil {
		return ErrNotDirect
	}
	a, err := objfile.Parse(b)
	if err != nil {
		return ErrNotDirect
	}
	if !r.isMain(c) {
		was, err := exportOf(r.archives[c.ImportPath])
		if err != nil || !bytes.Equal(was, a.Export) {
			return ErrNotDirect
		}
	}
	// The wrapper has stored it, under this name.
	a.BuildID = ""
	parts := a.Parts()
	key := store.Key(parts...)
	if !r.Store.Has(store.Object, key) {
		if err := r.Store.Put(store.Object, key, parts...); err != nil {
			return err
		}
	}
	r.archives[c.ImportPath], r.own[c.ImportPath] = out, key
	return nil
}

func (r *run) isMain(c *Compile) bool {
	return c.ImportPath == r.plan.Link.ImportPath
}

// exportOf reads the export data of an archive.
func exportOf(file string) ([]byte, error) {
	b, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	a, err := objfile.ParseExport(b)
	if err != nil {
		return nil, err
	}
	return a.Export, nil
}

// link links the program.
func (r *run) link(ctx context.Context) (exe string, err error) {
	dir, err := r.objDir()
	if err != nil {
		return "", err
	}
	l := r.plan.Link
	main := r.archives[l.ImportPath]
	if main == "" {
		return "", ErrNotDirect
	}
	if err := os.WriteFile(filepath.Join(dir, "importcfg.link"), l.Importcfg(r.archives), 0o666); err != nil {
		return "", err
	}
	exe = filepath.Join(dir, "exe", "a.out")
	if err := os.Mkdir(filepath.Dir(exe), 0o777); err != nil {
		return "", err
	}
	args := l.Actual(dir)
	args[len(args)-1] = main
	out, named := false, false
	for i, arg := range args {
		switch {
		case arg == "-o":
			args[i+1], out = exe, true
		case strings.HasPrefix(arg, "-buildid="):
			args[i], named = "-buildid="+r.buildID(), true
		}
	}
	if !out || !named || !r.Tool(ctx, l, args) {
		return "", ErrNotDirect
	}
	return exe, nil
}

// buildID is one of the form of go's, actionID/contentID/contentID/actionID,
// that go does not make: it is not a hash of what go hashes.
func (r *run) buildID() string {
	var b []byte
	for _, path := range slices.Sorted(maps.Keys(r.archives)) {
		of := r.own[path]
		if of == "" {
			of = r.archives[path]
		}
		b = fmt.Appendf(b, "%s %s\n", path, of)
	}
	id := store.Key([]byte("gust direct 1\n"), []byte(strings.Join(r.plan.Link.Args, "\n")), b)
	return strings.Join([]string{id[:20], id[20:40], id[40:60], id[:20]}, "/")
}
