package testrun

import (
	"context"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"github.com/gust-go/gust/build/cache"
	"github.com/gust-go/gust/internal/event"
	"github.com/gust-go/gust/internal/fault"
	"github.com/gust-go/gust/internal/gocmd"
	"github.com/gust-go/gust/testrun/sandbox"
	"github.com/gust-go/gust/testrun/sandbox/box"
)

// openSandbox makes go run the tests in sandboxes, if there are to be any. In
// auto mode trouble costs the sandbox and a warning.
func (r *runner) openSandbox(ctx context.Context) error {
	if !r.wantsSandbox() {
		if r.Sandbox.Require != "" && r.runsTests() {
			return fault.New(fault.Capability, "run the tests of this system and architecture",
				"no %s isolation for tests: they are for another system", r.Sandbox.Require)
		}
		return nil
	}
	o, err := r.sandboxOptions()
	if err == nil {
		r.session, err = sandbox.Open(ctx, o)
	}
	if err == nil && ctx.Err() == nil {
		r.digest.boxed = true
		g := *r.Build.Go
		g.Env = append(slices.Clip(o.Environ), r.session.Variable())
		r.Build.Go = &g
		r.Build.Args = gocmd.WithFlag("test", r.Build.Args, r.session.Flag())
		return nil
	}
	if err == nil {
		return ctx.Err()
	}
	var user *fault.UserError
	if r.Sandbox.Require != "" && errors.As(err, &user) {
		return err
	}
	if r.Sandbox.Mode == sandbox.Strict || r.Sandbox.Require != "" {
		return fault.New(fault.Capability, "run: gust test --sandbox=auto", "make a sandbox: %w", err)
	}
	r.sink.Emit(event.Warning{Text: "the tests run without a sandbox: " + err.Error(), Hint: "gust test --sandbox=off"})
	return nil
}

// wantsSandbox reports whether tests are run that a sandbox can be made for.
func (r *runner) wantsSandbox() bool {
	if r.Sandbox.Mode == "" || r.Sandbox.Mode == sandbox.Off || r.Build.Env == nil || !r.runsTests() {
		return false
	}
	return r.Build.Env.GOOS == runtime.GOOS && r.Build.Env.GOARCH == runtime.GOARCH
}

// runsTests reports whether go is to run tests, and not only to build or list them.
func (r *runner) runsTests() bool {
	return !r.flagOn("c") && !r.flagOn("n") && !r.flagOn("h") && !r.flagOn("help")
}

func (r *runner) sandboxOptions() (sandbox.Options, error) {
	o := r.Sandbox
	o.Self, o.Env, o.Environ, o.Now = r.Build.Self, *r.Build.Env, r.Build.Go.Env, r.Now
	if o.Environ == nil {
		o.Environ = os.Environ()
	}
	var err error
	if o.Users, err = r.Build.Go.ExecProgram("test", r.Build.Args, o.Env); err != nil {
		return o, err
	}
	getenv := func(name string) string {
		for _, kv := range slices.Backward(o.Environ) {
			if v, ok := strings.CutPrefix(kv, name+"="); ok {
				return v
			}
		}
		return ""
	}
	if o.CacheDir = r.Build.CacheDir; o.CacheDir == "" {
		if o.CacheDir, err = cache.Dir(getenv); err != nil {
			return o, err
		}
	}
	chdir, _ := gocmd.FindFlag("test", r.Build.Args, "C")
	if o.Dir = chdir; !filepath.IsAbs(chdir) {
		o.Dir, err = filepath.Abs(filepath.Join(r.Build.Go.Dir, chdir))
	}
	return o, err
}

// hostNetwork runs the packages again, once, that failed and tried to reach
// something that is not in their sandbox. What they come to then is the result.
func (r *runner) hostNetwork(ctx context.Context, sink event.Sink) error {
	if r.session == nil || r.cancelled.Load() || r.Sandbox.Mode == sandbox.Strict || r.Sandbox.Require != "" {
		return nil
	}
	packages := r.wantHost()
	if len(packages) == 0 {
		return nil
	}
	value, err := r.session.HostVariable()
	if err != nil {
		return err
	}
	g := *r.Build.Go
	g.Env = append(slices.Clip(g.Env), value)
	for _, pkg := range packages {
		r.digest.moved[pkg] = true
	}
	r.shift = 1
	passed := true
	for _, p := range r.partsOf(packages) {
		o, drop := r.Build, []string{"coverprofile"}
		o.Go = &g
		profile, flags := r.rerunProfile([]string{"-json"})
		if p.Run != "" {
			drop, flags = append(drop, "run"), append(flags, "-test.run="+p.Run)
		}
		if o.Args, err = gocmd.TestPart(o.Args, drop, flags, p.Packages); err != nil {
			return err
		}
		res, err := r.stream(ctx, o, 1, sink)
		profile.add(sink)
		if err != nil {
			return err
		}
		passed = passed && res.ExitCode == 0
	}
	if r.result.ExitCode == 1 && passed && len(r.digest.failing) == 0 && !r.digest.buildFailed {
		r.result.ExitCode = 0
	}
	return nil
}

// wantHost are the packages that hostNetwork is about.
func (r *runner) wantHost() []string {
	reached := r.session.Reached()
	var packages []string
	for _, pkg := range slices.Sorted(maps.Keys(reached)) {
		if r.digest.failing[pkg] {
			packages = append(packages, pkg)
			r.sink.Emit(event.TestHostNetwork{Package: pkg, Reached: reached[pkg]})
		}
	}
	return packages
}

// partsOf are the parts of the run with some of the packages.
func (r *runner) partsOf(packages []string) []Part {
	if len(r.Parts) == 0 {
		return []Part{{Packages: packages}}
	}
	var parts []Part
	for _, p := range r.Parts {
		p.Packages = slices.DeleteFunc(slices.Clone(p.Packages), func(pkg string) bool { return !slices.Contains(packages, pkg) })
		if len(p.Packages) > 0 {
			parts = append(parts, p)
		}
	}
	return parts
}

// closeSandbox reports what tests did besides. That this cannot be known, or kept, says
// nothing about the tests: it is an error only for who has asked for a sandbox that
// tells.
func (r *runner) closeSandbox() error {
	if r.session == nil {
		return nil
	}
	found, err := r.session.Close()
	r.session = nil
	if err != nil {
		r.sink.Emit(event.Warning{Text: "look at what the tests left: " + err.Error()})
	}
	if r.Sandbox.Mode != sandbox.Strict && r.Sandbox.Require == "" && !r.Sandbox.LeaksFail() {
		err = nil
	}
	r.tellIsolation(found)
	for _, p := range found.Packages {
		r.tellSandbox(p)
		if !p.Ran && err == nil {
			kind := fault.Internal
			if r.Sandbox.Require != "" {
				kind = fault.Capability
			}
			hint := "run: gust test --sandbox=auto"
			if found.Lack.Action != "" {
				hint = found.Lack.Action
			}
			err = fault.New(kind, hint, "make a sandbox for %s: %s", p.Path, p.Error)
		}
	}
	return err
}

// tellIsolation reports which packages were isolated less than fully, and why.
func (r *runner) tellIsolation(found sandbox.Findings) {
	var all []event.TestIsolation
	for _, p := range found.Packages {
		if !p.Ran || p.Error == "" || p.Level == box.Full {
			continue
		}
		e := event.TestIsolation{Isolation: string(p.Level), Reason: p.Error, Missing: found.Lack.Missing, Action: found.Lack.Action}
		at := slices.IndexFunc(all, func(o event.TestIsolation) bool { return o.Isolation == e.Isolation && o.Reason == e.Reason })
		if at < 0 {
			at, all = len(all), append(all, e)
		}
		all[at].Packages++
	}
	for _, e := range all {
		r.sink.Emit(e)
	}
}

// tellSandbox reports what the tests of a package did.
func (r *runner) tellSandbox(p sandbox.Package) {
	e := event.TestSandbox{
		Package: p.Path, Isolation: string(p.Level), Error: p.Error, WroteInPlace: p.InPlace, NotRun: !p.Ran, Temp: p.Temp, Reached: p.Reached, HostNetwork: p.HostNet,
		Broke: p.Broke, ReadOutside: p.ReadOutside, Limits: r.limits(p),
	}
	for _, w := range p.Wrote {
		e.Wrote = append(e.Wrote, event.TestWrite{Path: w.Path, Op: string(w.Op)})
	}
	for _, left := range p.Left {
		e.Left = append(e.Left, left.Args)
		e.LeftProcesses = append(e.LeftProcesses, event.TestProcess{Args: left.Args, Test: left.Test, Ports: left.Ports})
	}
	for _, g := range p.Goroutines {
		e.Goroutines = append(e.Goroutines, event.TestGoroutine{
			Function: g.Function, Place: g.Place, State: g.State, Creator: g.Creator, CreatedAt: g.CreatedAt, Count: g.Count,
		})
	}
	e.Leaked = len(e.Left)+len(e.Temp)+len(e.Goroutines) > 0 && r.Sandbox.LeaksFail()
	if e.Leaked || len(e.Broke) > 0 {
		r.result.Broke = true
	}
	if e.Error != "" || e.HostNetwork || len(e.WroteInPlace) > 0 || len(e.Wrote)+len(e.Left)+len(e.Temp)+len(e.Goroutines)+len(e.Reached)+len(e.Broke)+len(e.ReadOutside)+len(e.Limits) > 0 {
		r.sink.Emit(e)
	}
	if p.Record != nil {
		r.sink.Emit(p.Record.Event())
	}
	if p.NoRecord != "" && r.Sandbox.Trace != "" {
		r.sink.Emit(event.Warning{Text: "what " + p.Path + " did was not recorded: " + p.NoRecord})
	}
}
