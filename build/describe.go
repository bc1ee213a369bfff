package build

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/gust-go/gust/build/astcache"
	"github.com/gust-go/gust/internal/gocmd"
)

// A listing is what go list has said, and when it was asked.
type listing struct {
	packages []astcache.Package
	at       time.Time
	err      error
}

// listAhead asks go for the packages while it links the program, which leaves most
// processors idle, and which go list would otherwise have to be waited for after.
func (t *target) listAhead(ctx context.Context) {
	if t == nil || t.listed != nil || t.verdict != nil && !t.verdict.Relist || t.describable() != nil {
		return
	}
	ctx, t.unlist = context.WithCancel(ctx)
	done := make(chan listing, 1)
	t.listed = done
	go func() {
		done <- t.listNow(ctx)
		close(done)
	}()
}

func (t *target) listNow(ctx context.Context) (l listing) {
	l.at = time.Now()
	l.packages, l.err = t.list(ctx)
	return l
}

// endListing waits for a list that nobody has waited for.
func (t *target) endListing() {
	if t.listed != nil {
		t.unlist()
		<-t.listed
	}
}

// describable says why a build cannot be described, whatever it consists of.
func (t *target) describable() error {
	if t.Env != nil {
		return fmt.Errorf("%w: go was not asked for its environment now", astcache.ErrNoSnapshot)
	}
	goflags, err := gocmd.SplitGOFLAGS(t.env.GOFLAGS)
	if err != nil || !judgedFlags(t.Verb, goflags) {
		return fmt.Errorf("%w: GOFLAGS", astcache.ErrNoSnapshot)
	}
	return nil
}

// describe makes a snapshot of a build from scratch. What has changed since the
// packages were listed makes that impossible, and a build can write into a
// directory of its own sources: then a list that was made ahead is made again.
func (t *target) describe(ctx context.Context, ended time.Time) (*astcache.Snapshot, error) {
	if err := t.describable(); err != nil {
		return nil, err
	}
	if t.listed != nil {
		if snap, err := t.describeListed(ctx, ended, <-t.listed); err == nil {
			return snap, nil
		}
	}
	return t.describeListed(ctx, ended, t.listNow(ctx))
}

// describeListed makes a snapshot of a build of the packages of a list.
func (t *target) describeListed(ctx context.Context, ended time.Time, l listing) (*astcache.Snapshot, error) {
	if l.err != nil {
		return nil, l.err
	}
	b := t.listedBuild(ended, l)
	b.VCS, b.Exact = t.flagOn("buildvcs", true), t.exact(b.Packages)
	var err error
	if b.Outputs, err = t.outputs(b.Packages); err != nil {
		return nil, err
	}
	tools, err := t.surroundings(&b)
	if err != nil {
		return nil, err
	}
	stamp, err := t.newStamp(ctx, &b)
	if err != nil {
		return nil, err
	}
	snap, err := astcache.Collect(b)
	if err != nil {
		return nil, err
	}
	snap.Tools, snap.Repo, snap.Stamp = append(tools, stamp.tools...), stamp.repo, stamp.state
	return snap, nil
}

// listedBuild is a build as far as a list tells.
func (t *target) listedBuild(ended time.Time, l listing) astcache.Build {
	return astcache.Build{
		Dir: t.dir, Patterns: gocmd.Packages(t.Verb, t.Args), Packages: l.packages, Listed: l.at,
		GOROOT: t.env.GOROOT, GOMODCACHE: t.env.GOMODCACHE, GOMOD: t.env.GOMOD, GOWORK: t.env.GOWORK,
		Before: t.before, Ended: ended,
	}
}

// surroundings adds what a build depends on besides packages, and says which
// programs were found in PATH.
func (t *target) surroundings(b *astcache.Build) ([]astcache.Tool, error) {
	if err := t.configs(b); err != nil {
		return nil, err
	}
	return t.toolchain(b)
}

// list asks go for the packages of the build.
func (t *target) list(ctx context.Context) ([]astcache.Package, error) {
	flags, _ := gocmd.Flags(t.Verb, t.Args)
	args := []string{"list"}
	for _, f := range flags {
		switch {
		case f.Name == "o" || f.Name == "buildvcs" || slices.Contains(replayed, strings.TrimPrefix(f.Name, "test.")):
		case f.HasValue:
			args = append(args, "-"+f.Name+"="+f.Value)
		default:
			args = append(args, "-"+f.Name)
		}
	}
	// Nothing is stamped in a list, so git need not run for it.
	args = append(args, "-buildvcs=false", "-deps", "-json="+astcache.ListFields)
	if t.Verb == "test" {
		args = append(args, "-test")
	}
	args = append(args, "--")
	g := *t.Go
	if g.Env == nil {
		g.Env = os.Environ()
	}
	g.Env = append(g.Env[:len(g.Env):len(g.Env)], "GOCACHE="+t.session.gocache, "GOCACHEPROG=")
	out, err := g.Output(ctx, append(args, gocmd.Packages(t.Verb, t.Args)...)...)
	if err != nil {
		return nil, err
	}
	var list []astcache.Package
	for dec := json.NewDecoder(bytes.NewReader(out)); ; {
		var p astcache.Package
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			return list, nil
		} else if err != nil {
			return nil, fmt.Errorf("read the output of go list: %w", err)
		}
		list = append(list, p)
	}
}

// exact reports whether a binary may hold more of a source than tokens and
// lines: coverage counters and the address sanitizer know columns, and what
// other flags of the compiler make of them is theirs. A profile makes lines
// have a say in code.
func (t *target) exact(packages []astcache.Package) bool {
	switch t.goFlag("pgo") {
	case "off":
	case "", "auto":
		for _, p := range packages {
			if _, err := os.Stat(filepath.Join(p.Dir, "default.pgo")); err == nil && p.Name == "main" {
				return true
			}
		}
	default:
		return true
	}
	return t.flagOn("cover", false) || t.flagOn("asan", false) || t.flagOn("msan", false) || t.goFlag("gcflags") != "" ||
		t.goFlag("covermode") != "" || t.goFlag("coverpkg") != ""
}

// outputs are the files that the build has written.
func (t *target) outputs(packages []astcache.Package) ([]string, error) {
	var named, mains []astcache.Package
	for _, p := range packages {
		if p.DepOnly {
			continue
		}
		named = append(named, p)
		if p.Name == "main" {
			mains = append(mains, p)
		}
	}
	var files []string
	out := t.goFlag("o")
	target := join(t.dir, out)
	info, err := os.Stat(target)
	switch {
	case t.Verb == "install":
		for _, p := range mains {
			files = append(files, p.Target)
		}
	case out == os.DevNull:
	case out == "" && (len(named) != 1 || len(mains) != 1): // nothing is written
	case out == "":
		files = []string{filepath.Join(t.dir, execName(&mains[0])+t.env.GOEXE)}
	case err == nil && info.IsDir():
		for i := range mains {
			files = append(files, filepath.Join(target, execName(&mains[i])+t.env.GOEXE))
		}
	default:
		files = []string{target}
	}
	return files, t.written(files)
}

// written makes sure that these files are what this build has written: go
// gives them a new time even if they were current.
func (t *target) written(files []string) error {
	for _, file := range files {
		info, err := os.Lstat(file)
		if err != nil || !info.Mode().IsRegular() || info.ModTime().Before(t.before.At.Add(-time.Second)) {
			return fmt.Errorf("%w: %q is not what was written", astcache.ErrNoSnapshot, file)
		}
	}
	return nil
}

// execName is DefaultExecName of cmd/go/internal/load.
func execName(p *astcache.Package) string {
	if p.ImportPath == "command-line-arguments" {
		files := slices.Concat(p.GoFiles, p.CgoFiles)
		if len(files) == 0 {
			return ""
		}
		return strings.TrimSuffix(files[0], ".go")
	}
	elem := path.Base(p.ImportPath)
	if elem != p.ImportPath && isVersion(elem) {
		elem = path.Base(path.Dir(p.ImportPath))
	}
	return elem
}

// isVersion reports whether the last element of an import path is a major
// version, as in example.com/tool/v2.
func isVersion(elem string) bool {
	return len(elem) >= 2 && elem[0] == 'v' && elem[1] != '0' && elem != "v1" && strings.Trim(elem[1:], "0123456789") == ""
}

// configs adds files that flags and settings name.
func (t *target) configs(b *astcache.Build) error {
	add := func(file string) { b.Config = append(b.Config, file) }
	if env := t.env.GOENV; env != "" && env != "off" {
		add(env)
	}
	add(filepath.Join(t.env.GOROOT, "go.env"))
	if file := t.goFlag("modfile"); file != "" {
		file = join(t.dir, file)
		add(file)
		add(strings.TrimSuffix(file, ".mod") + ".sum")
	}
	switch file := t.goFlag("pgo"); file {
	case "", "auto", "off":
	default:
		add(join(t.dir, file))
	}
	file := t.goFlag("overlay")
	if file == "" {
		return nil
	}
	return t.overlaid(join(t.dir, file), add)
}

// overlaid adds the file of -overlay and the replacements it names, see
// cmd/go/internal/fsys.
func (t *target) overlaid(file string, add func(string)) error {
	data, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	var overlay struct{ Replace map[string]string }
	if err := json.Unmarshal(data, &overlay); err != nil {
		return err
	}
	add(file)
	for _, to := range overlay.Replace {
		if to != "" {
			add(join(t.dir, to))
		}
	}
	return nil
}

// toolchain adds what the toolchain consists of besides packages, and says
// which programs were found in PATH.
func (t *target) toolchain(b *astcache.Build) ([]astcache.Tool, error) {
	real, err := filepath.EvalSymlinks(t.Go.Path)
	if err != nil {
		return nil, err
	}
	local := filepath.Dir(filepath.Dir(real))
	if info, err := os.Stat(filepath.Join(local, "pkg", "tool")); err != nil || !info.IsDir() {
		// A script or a version manager in go's place could look at anything.
		return nil, fmt.Errorf("%w: %s is not in a GOROOT", astcache.ErrNoSnapshot, t.Go.Path)
	}
	b.Config = append(b.Config, filepath.Join(local, "go.env"))
	b.Fixed = append(b.Fixed, real, t.Go.Path, filepath.Join(local, "VERSION"),
		filepath.Join(t.env.GOROOT, "VERSION"), filepath.Join(t.env.GOROOT, "bin", "go"))
	binaries := []string{"asm", "cgo", "compile", "cover", "link"}
	if b.Tests {
		binaries = append(binaries, "vet")
	}
	for _, name := range binaries {
		b.Fixed = append(b.Fixed, filepath.Join(t.env.GOTOOLDIR, name))
	}
	names, err := t.programs(b.Packages)
	if err != nil {
		return nil, err
	}
	if t.env.GOROOT != local {
		version, _, _ := strings.Cut(t.env.GOVERSION, " ")
		names = append(names, version) // GOTOOLCHAIN prefers one in PATH
	}
	var tools []astcache.Tool
	for _, name := range names {
		found := gocmd.LookPath(t.Go.Env, name)
		tools = append(tools, astcache.Tool{Name: name, Path: found})
		if found != "" {
			b.Fixed = append(b.Fixed, found)
		}
	}
	return tools, nil
}

// programs names what cgo runs. go asks a compiler for its version.
func (t *target) programs(packages []astcache.Package) (names []string, err error) {
	var vars []string
	for i := range packages {
		p := &packages[i]
		switch {
		case len(p.FFiles) > 0:
			return nil, fmt.Errorf("%w: Fortran", astcache.ErrNoSnapshot)
		case len(p.CXXFiles) > 0:
			vars = append(vars, "CC", "CXX")
		case len(p.CgoFiles) > 0:
			vars = append(vars, "CC")
		}
	}
	slices.Sort(vars)
	for _, name := range slices.Compact(vars) {
		command, err := gocmd.SplitGOFLAGS(t.env.Vars[name])
		if err != nil || len(command) == 0 {
			return nil, fmt.Errorf("%w: %s", astcache.ErrNoSnapshot, name)
		}
		names = append(names, command[0])
	}
	return names, nil
}
