package build

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"time"

	"github.com/gust-go/gust/build/direct"
	"github.com/gust-go/gust/build/overlay"
	"github.com/gust-go/gust/build/runexec"
	"github.com/gust-go/gust/build/share"
	"github.com/gust-go/gust/internal/event"
	"github.com/gust-go/gust/internal/fault"
	"github.com/gust-go/gust/internal/gocmd"
)

// Run runs the go command that o describes. It returns an error only if go
// could not be run at all; that go failed is in the result's exit code.
// The sink receives an [event.BuildPackage] for each compile that go asked
// for, warnings, and an [event.BuildSummary] at the end.
func Run(ctx context.Context, o Options, sink event.Sink) (Result, error) {
	began := time.Now()
	r := &runner{Options: o, sink: sink}
	target := r.target(began)
	r.replay = r.newReplay(began)
	if target.current(ctx) || r.replay.again(ctx) {
		r.total.Current = true
		r.finish(began, sink)
		return Result{}, nil
	}
	if res, done := target.direct(ctx); done {
		r.total.ExitCode = res.ExitCode
		r.finish(began, sink)
		return res, ctx.Err()
	}
	var err error
	if r.env, err = r.environment(ctx, target); err != nil {
		var known *fault.UserError
		if errors.As(err, &known) || ctx.Err() != nil {
			return Result{}, err
		}
		return r.plain(ctx) // what keeps go env from working is go's to say
	}
	stopTimings := r.startTimings(began)
	why, quiet := r.plainReason()
	if why == nil {
		why = r.prepare(ctx)
		quiet = false
	}
	if why != nil && r.Probe {
		return Result{}, why
	}
	var res Result
	if why != nil {
		if !quiet && ctx.Err() == nil {
			sink.Emit(event.Warning{Text: "building without reuse: " + why.Error()})
		}
		res, err = r.plain(ctx)
	} else {
		r.session.toolexec.Steps = target.plans()
		target.begin()
		r.linking = func() { target.listAhead(ctx) }
		r.replay.begin()
		r.share = r.startShare(ctx)
		res, err = r.wrapped(ctx)
		if err == nil && res.ExitCode == 0 {
			target.remember(ctx)
		}
		target.end()
		if err == nil {
			res.Keep = r.replay.end(res.ExitCode)
		}
		r.endShare(r.share, err == nil && res.ExitCode == 0)
		r.session.close()
		r.keepCache(ctx)
	}
	r.total.WallNS = time.Since(began).Nanoseconds()
	r.total.ExitCode = res.ExitCode
	stopTimings(err == nil)
	if err == nil {
		sink.Emit(r.total)
	}
	return res, err
}

// environment asks go env, unless the caller has or the answer is known.
func (r *runner) environment(ctx context.Context, t *target) (gocmd.Env, error) {
	if r.Env != nil {
		return *r.Env, nil
	}
	if env, ok := t.knownEnv(); ok {
		return env, nil
	}
	chdir, _ := gocmd.FindFlag(r.Verb, r.Args, "C")
	return r.Go.EnvVars(ctx, chdir)
}

// runner is one Run.
type runner struct {
	Options
	env     gocmd.Env
	sink    event.Sink
	session session
	total   event.BuildSummary
	timed   *timed // nil unless the build is
	reader  *follower
	share   *share.Share // nil without a remote cache
	name    string       // of the build, for the remote cache; see buildName
	replay  *replay      // nil unless results of tests may be told again
	steps   direct.Recorder
	done    map[string]bool // packages that were compiled before go was started
	linking func()          // is called when a link begins, if it is not nil
}

// plainReason says why this build is plain go's, if it must be; quiet is true
// if that is what the user expects anyway, or go itself will say so.
func (r *runner) plainReason() (why error, quiet bool) {
	switch {
	case r.goFlagOn("n"):
		return errors.New("-n builds nothing"), true
	case r.env.GOCACHE == "off":
		return errors.New("GOCACHE is off"), true
	case r.goFlag("toolexec") != "":
		return r.userToolexec(), false
	case r.goFlag("compiler") != "" && r.goFlag("compiler") != "gc":
		return fmt.Errorf("-compiler=%s is in use", r.goFlag("compiler")), false
	case r.foreignCacheprog():
		return errors.New("GOCACHEPROG is in use, and reused objects must not get into a shared cache"), false
	}
	return nil, false
}

// userToolexec says where the user's own -toolexec comes from.
func (r *runner) userToolexec() error {
	if _, ok := gocmd.FindFlag(r.Verb, r.Args, "toolexec"); ok {
		return errors.New("-toolexec is in use")
	}
	return errors.New("-toolexec is in use, set in GOFLAGS")
}

// goFlag is the value of a go flag from the command line or else GOFLAGS.
func (r *runner) goFlag(name string) string {
	if v, ok := gocmd.FindFlag(r.Verb, r.Args, name); ok {
		return v
	}
	goflags, err := gocmd.SplitGOFLAGS(r.env.GOFLAGS)
	if err != nil {
		return "" // go itself will say so
	}
	v, _ := gocmd.FindFlag(r.Verb, goflags, name)
	return v
}

// goFlagOn is goFlag for a boolean flag.
func (r *runner) goFlagOn(name string) bool {
	on, err := strconv.ParseBool(r.goFlag(name))
	return err == nil && on
}

// prepare makes gust's cache ready; an error means to do without.
func (r *runner) prepare(ctx context.Context) error {
	s, err := r.session, error(nil)
	if s.dir == "" || s.env != planEnv(r.env) {
		s.close()
		if s, err = r.newSession(ctx); err != nil {
			return err
		}
	}
	r.session = s
	if err := overlay.Usable(r.env.GOCACHE, s.gocache); err != nil {
		s.close()
		return err
	}
	if _, err := overlay.Sync(ctx, r.env.GOCACHE, s.gocache); err != nil {
		s.close()
		return err
	}
	if fuzz := r.goFlag("fuzz"); r.Verb == "test" && fuzz != "" {
		// What fuzzing finds belongs into the user's cache.
		if err := overlay.ShareFuzz(r.env.GOCACHE, s.gocache); err != nil {
			s.close()
			return err
		}
	}
	return nil
}

// plain runs go as if gust were not there.
func (r *runner) plain(ctx context.Context) (Result, error) {
	code, err := r.Go.Run(ctx, r.streams(), r.goArgs(r.timed.flags()...)...)
	return Result{ExitCode: code}, err
}

func (r *runner) streams() gocmd.Streams {
	return gocmd.Streams{Stdin: r.Stdin, Stdout: r.Stdout, Stderr: r.Stderr}
}

// wrapped runs go with the wrapper and the overlay.
func (r *runner) wrapped(ctx context.Context) (Result, error) {
	args, err := r.wrappedArgs()
	if err != nil {
		return Result{}, err
	}
	if r.share != nil {
		r.session.toolexec.Share = r.share.Socket()
		r.session.toolexec.Module = r.mainModule()
		r.session.toolexec.Describes = r.Remote.Write
		r.session.toolexec.Links = r.sharesLinks()
		r.session.toolexec.SendsLinks = r.sharesLinks() && r.Remote.Write
	}
	value, err := r.session.toolexec.Encode()
	if err != nil {
		return Result{}, err
	}
	remote, err := r.shareEnv(r.share)
	if err != nil {
		return Result{}, err
	}
	g := *r.Go
	environ := g.Env
	if environ == nil {
		environ = os.Environ()
	}
	g.Env = append(environ[:len(environ):len(environ)], "GOCACHE="+r.session.gocache, toolexecVar+"="+value)
	g.Env = append(g.Env, remote...)
	if r.Verb == "run" && runexec.Command != "" {
		g.Env = append(g.Env, runexec.Var+"="+runexec.Encode(environ))
	}

	stop := r.follow()
	code, err := g.Run(ctx, r.streams(), args...)
	stop()
	if err == nil && code != 0 && r.doubtful() {
		return r.retry(ctx, code)
	}
	return Result{ExitCode: code}, err
}

// wrappedArgs are go's arguments with gust as -toolexec.
func (r *runner) wrappedArgs() ([]string, error) {
	tool, err := gocmd.Quote(r.Self, "toolexec")
	if err != nil {
		return nil, fmt.Errorf("name gust to go: %w", err)
	}
	args := r.goArgs(slices.Concat(r.timed.flags(), r.replay.flags(), []string{"-toolexec=" + tool})...)
	if r.Verb != "run" || runexec.Command == "" {
		return args, nil
	}
	users, err := r.Go.ExecProgram(r.Verb, r.Args, r.env)
	if err != nil {
		return args, nil // go itself will say so
	}
	exec, err := gocmd.Quote(append([]string{r.Self, runexec.Command}, users...)...)
	if err != nil {
		return args, nil // the program sees gust's variables
	}
	return append(args[:1:1], gocmd.WithFlag(r.Verb, args[1:], "-exec="+exec)...), nil
}

// goArgs puts flags in front of the user's.
func (r *runner) goArgs(flags ...string) []string {
	return append([]string{r.Verb}, gocmd.InsertFlags(r.Args, flags...)...)
}

// doubtful reports whether a failure could be gust's doing: no compile failed,
// and either results were reused, which leaves the linker, or go depended on gust
// for its cache, or there is no room in gust's cache.
func (r *runner) doubtful() bool {
	if r.Verb != "build" && r.Verb != "install" || r.total.Failed > 0 {
		return false
	}
	return r.share != nil || r.total.Reused+r.total.Relinked > 0 || overlay.Room(r.session.gocache) != nil
}

// retry builds plainly after a doubtful failure. A failure that is the user's
// repeats; then it has been reported already.
func (r *runner) retry(ctx context.Context, code int) (Result, error) {
	quiet := r.Options
	quiet.Stdout, quiet.Stderr = nil, nil
	again, err := (&runner{Options: quiet}).plain(ctx)
	if err != nil || again.ExitCode != 0 {
		return Result{ExitCode: code}, nil
	}
	if err := overlay.Room(r.session.gocache); err != nil {
		r.sink.Emit(event.Warning{Text: "built again without reuse: " + err.Error(), Hint: "gust cache trim --max-size=1GiB"})
		return again, nil
	}
	r.sink.Emit(event.Warning{
		Text: "the build failed with reused objects and succeeded without them: this is a bug in gust",
		Hint: "gust build --no-reuse",
	})
	return again, nil
}
