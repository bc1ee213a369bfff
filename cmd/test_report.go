package cmd

import (
	"context"
	"fmt"
	"io"
	"os"

	"github.com/gust-go/gust/build"
	"github.com/gust-go/gust/internal/event"
	"github.com/gust-go/gust/internal/fault"
	"github.com/gust-go/gust/internal/report"
	"github.com/gust-go/gust/internal/term"
	"github.com/gust-go/gust/internal/testview"
	"github.com/gust-go/gust/testrun"
)

// reportCommand, as the first argument of gust test, makes gust show a stream
// instead of running go. A package of that name can be written ./report.
const reportCommand = "report"

// reportRun shows the stream in a file or on stdin as if go were writing it.
func (a *app) reportRun(ctx context.Context, args []string, flags *testFlags, color term.ColorMode) error {
	var goFlags []string
	if len(args) > 0 && (args[0] == "-v" || args[0] == "--v") {
		goFlags, args = args[:1], args[1:]
	}
	if len(args) > 1 || len(args) == 1 && len(args[0]) > 1 && args[0][0] == '-' {
		return fault.New(fault.Usage, "run: go test -json ./... | gust test report --format=testname",
			"gust test report takes gust's flags, -v and one file, not %q", args)
	}
	var in io.Reader = a.term.In
	if len(args) == 1 && args[0] != "-" {
		f, err := os.Open(args[0])
		if err != nil {
			return fault.New(fault.NotFound, "run: go test -json ./... | gust test report", "read a test run: %w", err)
		}
		defer f.Close()
		in = f
	}
	opts := build.Options{Verb: "test", Args: goFlags}
	return a.show(ctx, opts, flags, color, func(o testrun.Options, sink event.Sink) (testrun.Result, error) {
		return testrun.Report(in, o, sink)
	})
}

// A show runs tests, or makes as if, and tells a view.
type show func(testrun.Options, event.Sink) (testrun.Result, error)

// show attaches a view to a run and sums up.
func (a *app) show(ctx context.Context, opts build.Options, flags *testFlags, color term.ColorMode, run show) error {
	reports, err := a.openReports(&opts, flags)
	if err != nil {
		return err
	}
	quarantined, err := reports.checkQuarantine()
	if err != nil {
		return err
	}
	view := a.testView(flags, color, opts.Args)
	digest := view.Gathered()
	r := report.New(report.Options{
		Out: a.term.Out, Err: view.Stderr(), JSON: flags.json,
		ColorErr: a.term.Color(color, a.term.ErrTTY), Clock: a.clock,
	})
	boxOptions, err := flags.box.options(r, opts, a.term.Environ)
	if err != nil {
		view.Close()
		return err
	}
	result, err := run(testrun.Options{
		Build: flags.box.seeded(opts, a.term.Environ), Engine: a.build, View: view, Rerun: flags.rerunOpts,
		Limits: flags.limits, Stress: flags.stress.Stress, Profile: reports.profile,
		Sandbox: boxOptions, Diagnose: flags.diagnose,
		Verbose: flags.verbose(opts.Args), ForceStream: flags.changed("format") || reports.needStream(),
		Handlers: reports.handlers(), Keep: reports.keep(),
		Execution: quarantined || reports.needExecution() || !flags.json && flags.format != testview.Default,
	}, a.recording(r, view, reports))
	view.Close()
	if closeErr := r.Close(); closeErr != nil && err == nil {
		err = fmt.Errorf("write events: %w", closeErr)
	}
	if err != nil {
		return err
	}
	if !flags.json {
		a.tellBesides(digest, opts)
		if flags.box.unasked && len(digest.Diagnoses) == 0 {
			_, _ = fmt.Fprint(a.term.Err, digest.SuspectsSandbox())
		}
	}
	if err := a.sumUp(result, flags); err != nil {
		return err
	}
	if !result.Plain {
		if err := a.tellGitHub(ctx, digest, opts, flags.json); err != nil {
			r.Emit(event.Warning{Text: err.Error()})
		}
	}
	if flags.explain.on && !flags.json {
		a.explainUncached(digest, flags.explain.pkg)
		if err := a.explain(ctx, r, opts, flags.explain.pkg, color, result.ExitCode); err != nil {
			return err
		}
	}
	code, err := reports.finish(ctx, r, result, a.testCode(result, flags))
	if err != nil {
		return err
	}
	result.Keep(ctx)
	return goResult(code, nil)
}

// explainUncached says which tests ran, and why their results were not cached.
func (a *app) explainUncached(d *testview.Digest, pkg string) {
	for _, p := range d.Uncached {
		if pkg == "" || report.MatchPath(p.Package, pkg) {
			// Nobody is left to tell if stderr is closed.
			_, _ = fmt.Fprintf(a.term.Err, "%s: tests ran: %s\n", p.Package, p.Uncached)
		}
	}
}
