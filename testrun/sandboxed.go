package testrun

import (
	"context"
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
)

// openSandbox makes go run the tests in sandboxes, if there are to be any. In
// auto mode trouble costs the sandbox and a warning.
func (r *runner) openSandbox(ctx context.Context) error {
	if !r.wantsSandbox() {
		return nil
	}
	o, err := r.sandboxOptions()
	if err == nil {
		r.session, err = sandbox.Open(o)
	}
	if err == nil && ctx.Err() == nil {
		g := *r.Build.Go
		g.Env = append(slices.Clip(o.Environ), r.session.Variable())
		r.Build.Go = &g
		r.Build.Args = gocmd.WithFlag("test", r.Build.Args, r.session.Flag())
		return nil
	}
	if err == nil {
		return ctx.Err()
	}
	if r.Sandbox.Mode == sandbox.Strict {
		return fault.New(fault.Capability, "run: gust test --sandbox=auto", "make a sandbox: %w", err)
	}
	r.sink.Emit(event.Warning{Text: "the tests run without a sandbox: " + err.Error(), Hint: "gust test --sandbox=off"})
	return nil
}

// wantsSandbox reports whether tests are run that a sandbox can be made for.
func (r *runner) wantsSandbox() bool {
	switch {
	case r.Sandbox.Mode == "", r.Sandbox.Mode == sandbox.Off, r.Build.Env == nil:
		return false
	case r.flagOn("c"), r.flagOn("n"), r.flagOn("h"), r.flagOn("help"):
		return false // nothing runs
	}
	return r.Build.Env.GOOS == runtime.GOOS && r.Build.Env.GOARCH == runtime.GOARCH
}

func (r *runner) sandboxOptions() (sandbox.Options, error) {
	o := r.Sandbox
	o.Self, o.Env, o.Environ = r.Build.Self, *r.Build.Env, r.Build.Go.Env
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

// closeSandbox reports what tests did besides.
func (r *runner) closeSandbox() error {
	if r.session == nil {
		return nil
	}
	found, err := r.session.Close()
	r.session = nil
	if err != nil {
		r.sink.Emit(event.Warning{Text: "look at what the tests left: " + err.Error()})
	}
	for _, p := range found.Packages {
		e := event.TestSandbox{Package: p.Path, Error: p.Error, NotRun: !p.Ran, Left: p.Left, Temp: p.Temp}
		for _, w := range p.Wrote {
			e.Wrote = append(e.Wrote, event.TestWrite{Path: w.Path, Op: string(w.Op)})
		}
		if e.Error != "" || len(e.Wrote)+len(e.Left)+len(e.Temp) > 0 {
			r.sink.Emit(e)
		}
		if !p.Ran && err == nil {
			err = fault.New(fault.Internal, "run: gust test --sandbox=auto", "make a sandbox for %s: %s", p.Path, p.Error)
		}
	}
	return err
}
