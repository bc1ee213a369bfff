package build

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gust-go/gust/build/astcache"
	"github.com/gust-go/gust/build/testresult"
	"github.com/gust-go/gust/build/timings"
	"github.com/gust-go/gust/internal/gocmd"
)

// errNotKept means that nobody can say what the results of a run depend on.
var errNotKept = errors.New("the results cannot be kept")

// keep writes down a run that had no step and ended well.
func (p *replay) keep(ctx context.Context, ended time.Time) error {
	stream, ok := p.Recording.stop()
	if !ok {
		return errNotKept
	}
	ran, err := cachedPackages(stream)
	if err != nil {
		return err
	}
	rec := &record{Release: p.env.GOVERSION, Stream: stream}
	if rec.Vars, err = p.goVars(ctx); err != nil {
		return err
	}
	snap, packages, err := p.describeTests(ctx, ended)
	if err != nil {
		return err
	}
	if rec.Tests, err = p.found(ctx, rec, packages, ran); err != nil {
		return err
	}
	data, err := rec.encode()
	if err != nil {
		return err
	}
	astcache.Trim(filepath.Dir(p.file), time.Now())
	if err := snap.SavePlan(p.file, data); err != nil {
		return err
	}
	return snap.Save(p.file)
}

// describeTests makes a snapshot of what was built. Every byte counts, since go
// vets the packages, and nothing was compiled that could tell what does not.
func (p *replay) describeTests(ctx context.Context, ended time.Time) (*astcache.Snapshot, []astcache.Package, error) {
	goflags, err := gocmd.SplitGOFLAGS(p.env.GOFLAGS)
	if err != nil || !judgedFlags(p.Verb, goflags) || p.goFlagOn("buildvcs") || p.goFlag("coverpkg") != "" {
		return nil, nil, fmt.Errorf("%w: GOFLAGS", errNotKept)
	}
	l := p.listNow(ctx)
	if l.err != nil {
		return nil, nil, l.err
	}
	b := p.listedBuild(ended, l)
	b.Exact, b.Tests = true, true
	tools, err := p.surroundings(&b)
	if err != nil {
		return nil, nil, err
	}
	snap, err := astcache.Collect(b)
	if err != nil {
		return nil, nil, err
	}
	if snap.Tools = tools; snap.Unproven {
		return nil, nil, astcache.ErrMoved
	}
	return snap, b.Packages, nil
}

// found looks the results up that go has found.
func (p *replay) found(ctx context.Context, rec *record, packages []astcache.Package, ran map[string]bool) ([]tested, error) {
	args, err := testArgs(p.Verb, p.Args)
	if err != nil {
		return nil, err
	}
	exec, err := p.Go.ExecProgram(p.Verb, p.Args, p.env)
	if err != nil {
		return nil, err
	}
	cache, err := p.results(ctx, rec.Vars)
	if err != nil {
		return nil, err
	}
	cache.Release = rec.Release
	var tests []tested
	for i := range packages {
		pkg := &packages[i]
		if pkg.DepOnly || pkg.ForTest != "" || pkg.Generated() {
			continue
		}
		hasTests, named := len(pkg.TestGoFiles)+len(pkg.XTestGoFiles) > 0, ran[pkg.ImportPath]
		if hasTests != named {
			return nil, fmt.Errorf("%w: %s", errNotKept, pkg.ImportPath)
		}
		if delete(ran, pkg.ImportPath); !hasTests {
			continue
		}
		t := tested{Package: testresult.Package{ImportPath: pkg.ImportPath, Dir: pkg.Dir, Root: pkg.Root}}
		var read []string
		err := errNotKept
		for _, id := range p.links[pkg.ImportPath+".test"] {
			t.Result, read, err = cache.Find(t.Package, testresult.Run{LinkID: id, Args: args, Exec: exec})
			if err == nil {
				break
			}
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", pkg.ImportPath, err)
		}
		// What a test reads must be what go saw when it looked.
		if path, ok := p.before.Settled(read); !ok {
			return nil, fmt.Errorf("%w: %q", astcache.ErrMoved, path)
		}
		tests = append(tests, t)
	}
	if len(ran) > 0 {
		return nil, fmt.Errorf("%w: packages that go list does not name", errNotKept)
	}
	return tests, nil
}

// readLinks reads from go's actions the IDs of each link by import path, in the
// order in which go asks for results: that of the action, and, if go had to link,
// that of the content.
func readLinks(file string) (map[string][]string, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	actions, err := timings.ReadGraph(f)
	if err != nil {
		return nil, err
	}
	links := make(map[string][]string)
	for _, a := range actions {
		if a.Mode != "link" {
			continue
		}
		links[a.Package] = append(links[a.Package], a.ActionID)
		if i := strings.LastIndex(a.BuildID, "/"); i >= 0 {
			links[a.Package] = append(links[a.Package], a.BuildID[i+1:])
		}
	}
	return links, nil
}

// testArgs are the flags that go passes to a test binary and that its results
// depend on: what testFlags of cmd/go/internal/test makes of the command line.
// Where it makes something else of it, there is no result under them.
func testArgs(verb string, goArgs []string) ([]string, error) {
	flags, ok := gocmd.Flags(verb, goArgs)
	if !ok {
		return nil, errNotKept
	}
	injected, explicit := []string{"-test.v=test2json"}, []string(nil)
	timeout := false
	for _, f := range flags {
		name := strings.TrimPrefix(f.Name, "test.")
		value := f.Value
		var err error
		switch name {
		case "run", "skip", "cpu", "parallel":
		case "short", "v", "failfast", "fullpath":
			on := true
			if f.HasValue {
				on, err = strconv.ParseBool(value)
			}
			value = strconv.FormatBool(on)
		case "timeout":
			var d time.Duration
			d, err = time.ParseDuration(value)
			timeout, value = true, d.String()
		default:
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("-%s: %w", name, err)
		}
		explicit = append(explicit, "-test."+name+"="+value)
	}
	if !timeout {
		injected = append(injected, "-test.timeout="+(10*time.Minute).String())
	}
	return append(injected, explicit...), nil
}

// goVars are the variables that cmd/go sets in its own environment, where it
// looks for those that a test read (main of cmd/go): go env's, but for those
// that only go env asks for. What was known of them before the run must still hold.
func (p *replay) goVars(ctx context.Context) (map[string]string, error) {
	args := []string{"env", "-json"}
	if chdir := p.goFlag("C"); chdir != "" {
		args = []string{"env", "-C", chdir, "-json"}
	}
	out, err := p.Go.Output(ctx, args...)
	if err != nil {
		return nil, err
	}
	var vars map[string]string
	if err := json.Unmarshal(out, &vars); err != nil {
		return nil, fmt.Errorf("read the output of go env: %w", err)
	}
	for name, was := range p.env.Vars {
		if vars[name] != was {
			return nil, fmt.Errorf("%w: %s", astcache.ErrMoved, name)
		}
	}
	vars["GOCACHE"] = p.gocache
	maps.DeleteFunc(vars, func(name, _ string) bool {
		return strings.HasPrefix(name, "CGO_") && name != "CGO_ENABLED" || slices.Contains(askedOnly, name)
	})
	return vars, nil
}

// askedOnly are the names of ExtraEnvVars and ExtraEnvVarsCostly in
// cmd/go/internal/envcmd.
var askedOnly = []string{"GOMOD", "GOWORK", "GOTELEMETRY", "GOTELEMETRYDIR", "GOGCCFLAGS", "PKG_CONFIG", "CC", "CXX", "AR", "FC"}
