package testrun

import (
	"context"
	"io"
	"slices"
	"strconv"
	"sync/atomic"
	"time"

	"gotest.tools/gotestsum/testjson"

	"github.com/gust-go/gust/build"
	"github.com/gust-go/gust/internal/event"
	"github.com/gust-go/gust/internal/fault"
	"github.com/gust-go/gust/internal/gocmd"
	"github.com/gust-go/gust/testrun/sandbox"
)

// Run runs the tests that o describes. It returns an error only if go could
// not be run, or ctx ended; that tests failed is in the result's exit code.
// The sink receives the events of build.Run and those of the tests.
func Run(ctx context.Context, o Options, sink event.Sink) (Result, error) {
	r := newRunner(o, sink)
	r.environment(ctx)
	if r.ownStream() && r.Stress.on() {
		return Result{}, fault.New(fault.Usage, "run: gust test --help", "%w", errStress)
	}
	if r.ownStream() && r.Diagnose.Runs > 0 {
		return Result{}, fault.New(fault.Usage, "run: gust test --help", "%w", errDiagnose)
	}
	if err := r.openSandbox(ctx); err != nil {
		return Result{}, err
	}
	if r.ownStream() {
		result, err := r.plain(ctx, sink)
		if boxErr := r.closeSandbox(); err == nil {
			err = boxErr
		}
		result.Broke = r.result.Broke
		return result, err
	}
	r.View.Begin()
	if r.Build.Explain {
		r.probe(ctx)
	}
	defer r.watch(ctx)()
	stopInterrupts := r.interrupts(ctx)
	err := r.runs(ctx, sink)
	if err == nil {
		err = r.diagnosis(ctx)
	}
	if r.result.Interrupted = stopInterrupts(); r.result.Interrupted && r.result.ExitCode == killedCode {
		r.result.ExitCode = interruptedCode
	}
	if boxErr := r.closeSandbox(); err == nil {
		err = boxErr
	}
	return r.finish(), err
}

// runs runs everything, and again what is to run again.
func (r *runner) runs(ctx context.Context, sink event.Sink) error {
	if r.Stress.on() {
		return r.stress(ctx, sink)
	}
	err := r.once(ctx, 0, nil, sink)
	if err == nil && r.result.ExitCode != 0 {
		err = r.hostNetwork(ctx, sink)
	}
	if err == nil && r.result.ExitCode != 0 {
		err = r.reruns(ctx, sink)
	}
	return err
}

const (
	// killedCode is what gocmd.Run makes of a go that SIGKILL ended, and
	// interruptedCode what a shell makes of ^C.
	killedCode      = 128 + 9
	interruptedCode = 128 + 2
)

// once runs everything once, with further flags.
func (r *runner) once(ctx context.Context, runID int, extra []string, sink event.Sink) error {
	first := r.Build
	extra = append([]string{"-json"}, extra...)
	if len(r.Parts) == 0 {
		first.Args = gocmd.InsertFlags(first.Args, extra...)
		res, err := r.stream(ctx, first, runID, sink)
		r.result.ExitCode = max(r.result.ExitCode, res.ExitCode)
		return err
	}
	for _, p := range r.Parts {
		if r.cancelled.Load() {
			r.result.ExitCode = max(1, r.result.ExitCode) // the rest did not run
			return nil
		}
		var drop []string
		flags := extra
		if p.Run != "" {
			drop, flags = []string{"run"}, append(slices.Clip(flags), "-test.run="+p.Run)
		}
		var err error
		if first.Args, err = gocmd.TestPart(r.Build.Args, drop, flags, p.Packages); err != nil {
			return err
		}
		res, err := r.stream(ctx, first, runID, sink)
		r.result.ExitCode = max(r.result.ExitCode, res.ExitCode)
		if err != nil {
			return err
		}
	}
	return nil
}

// Report shows a recorded stream as if it were that of a run.
func Report(stream io.Reader, o Options, sink event.Sink) (Result, error) {
	r := newRunner(o, sink)
	r.View.Begin()
	r.result.Runs = 1
	err := r.scan(stream, noReader{}, 0)
	if sum := r.digest.sum; r.digest.buildFailed || sum.Failed+sum.PackagesFailed > 0 {
		r.result.ExitCode = 1
	}
	if d := r.digest; !d.started.IsZero() {
		// The run took its time when it was recorded.
		r.began = r.Now().Add(-d.last.Sub(d.started))
	}
	return r.finish(), err
}

type noReader struct{}

func (noReader) Read([]byte) (int, error) { return 0, io.EOF }

// runner is one Run.
type runner struct {
	Options
	exec   *testjson.Execution
	digest *digest
	sink   event.Sink
	began  time.Time
	result Result
	timers []*time.Timer
	// session is that of the sandboxes, nil without.
	session *sandbox.Session
	// shift is how many runs there were before the first rerun, but for one.
	shift int
	// cancelled is true once the user pressed ^C.
	cancelled atomic.Bool
}

func newRunner(o Options, sink event.Sink) *runner {
	o.Build.Verb = "test"
	if o.Engine == nil {
		o.Engine = build.Run
	}
	if o.View == nil {
		o.View = noView{}
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return &runner{Options: o, digest: newDigest(sink, o.Now, o.Verbose), sink: sink, began: o.Now()}
}

func (r *runner) finish() Result {
	r.result.Execution = r.exec
	r.result.Flaky = r.digest.flaky()
	r.result.failures = r.digest.list(func(*counts) bool { return true })
	sum := r.digest.end(r.result.ExitCode, r.Now().Sub(r.began))
	sum.Runs = r.result.Runs
	if r.result.Aborted != nil {
		sum.RerunAborted = r.result.Aborted.Error()
	}
	r.result.Summary = sum
	r.sink.Emit(sum)
	return r.result
}

// environment asks go for its environment once for all runs. If that fails,
// build.Run will ask again and know what to do about it.
func (r *runner) environment(ctx context.Context) {
	if r.Build.Env != nil {
		return
	}
	chdir, _ := gocmd.FindFlag("test", r.Build.Args, "C")
	if env, err := r.Build.Go.EnvVars(ctx, chdir); err == nil {
		r.Build.Env = &env
	}
}

// plain leaves the terminal to go.
func (r *runner) plain(ctx context.Context, sink event.Sink) (Result, error) {
	res, err := r.Engine(ctx, r.Build, sink)
	return Result{ExitCode: res.ExitCode, Plain: true}, err
}

// ownStream reports whether go's output is no stream of test events, or none
// that anything could be added to.
func (r *runner) ownStream() bool {
	if r.ForceStream {
		return r.flagOn("c") || r.flagOn("n")
	}
	for _, name := range []string{"list", "bench", "fuzz"} {
		if r.flag(name) != "" {
			return true
		}
	}
	for _, name := range []string{"c", "n", "json", "h", "help"} {
		if r.flagOn(name) {
			return true
		}
	}
	return r.flag("v") == "test2json"
}

// flag is the value of a flag from the command line or else GOFLAGS.
func (r *runner) flag(name string) string {
	if v, ok := gocmd.FindFlag("test", r.Build.Args, name); ok {
		return v
	}
	if r.Build.Env == nil {
		return ""
	}
	goflags, err := gocmd.SplitGOFLAGS(r.Build.Env.GOFLAGS)
	if err != nil {
		return "" // go itself will say so
	}
	v, _ := gocmd.FindFlag("test", goflags, name)
	return v
}

func (r *runner) flagOn(name string) bool {
	on, err := strconv.ParseBool(r.flag(name))
	return err == nil && on
}

// noView shows nothing.
type noView struct{}

func (noView) Event(testjson.TestEvent, *testjson.Execution) error { return nil }
func (noView) Begin()                                              {}
func (noView) Err(string) error                                    { return nil }
func (noView) Foreign([]byte)                                      {}
func (noView) BeforeRerun(*testjson.Execution)                     {}
