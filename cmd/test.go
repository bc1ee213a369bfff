package cmd

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime"
	"slices"
	"strconv"
	"time"

	"github.com/spf13/cobra"
	"gotest.tools/gotestsum/testjson"

	"github.com/gust-go/gust/build"
	"github.com/gust-go/gust/internal/event"
	"github.com/gust-go/gust/internal/fault"
	"github.com/gust-go/gust/internal/gocmd"
	"github.com/gust-go/gust/internal/term"
	"github.com/gust-go/gust/internal/testview"
	"github.com/gust-go/gust/testrun"
)

// testFlags are gust's own flags of test.
type testFlags struct {
	buildFlags
	format    string
	view      testjson.FormatOptions
	hide      string
	rerun     rerunFlag
	rerunOpts testrun.Rerun
	rerunFile string
	flaky     string
	summary   testjson.Summary // what --hide-summary leaves
	limits    testrun.Limits
	stress    stressFlag
	changed   func(name string) bool
	selection selectFlags
	box       sandboxFlags
	diagnose  testrun.Diagnose
	reportFlags
}

// rerunFlag is --rerun-fails or --rerun-fails=N.
type rerunFlag struct{ attempts int }

func (f *rerunFlag) String() string { return strconv.Itoa(f.attempts) }
func (f *rerunFlag) Type() string   { return "attempts" }

func (f *rerunFlag) Set(s string) (err error) {
	f.attempts, err = strconv.Atoi(s)
	if err == nil && f.attempts < 0 {
		err = fmt.Errorf("%d is negative", f.attempts)
	}
	return err
}

// stressFlag is --stress=N or --stress=DURATION.
type stressFlag struct{ testrun.Stress }

func (f *stressFlag) String() string { return "" }
func (f *stressFlag) Type() string   { return "runs or duration" }

func (f *stressFlag) Set(s string) error {
	if n, err := strconv.Atoi(s); err == nil {
		if n < 1 {
			return fmt.Errorf("%d runs", n)
		}
		f.Stress = testrun.Stress{Runs: n}
		return nil
	}
	d, err := time.ParseDuration(s)
	if err == nil && d <= 0 {
		err = fmt.Errorf("%v is no time", d)
	}
	f.Stress = testrun.Stress{For: d}
	return err
}

// newTestCmd is gust test.
func (a *app) newTestCmd() *cobra.Command {
	var flags testFlags
	c := &cobra.Command{
		Use:                   "test " + usageOf("test"),
		Short:                 "go test, told well and recompiling only what a change affects",
		Long:                  longHelp("test"),
		DisableFlagParsing:    true,
		DisableFlagsInUseLine: true,
		RunE: func(c *cobra.Command, args []string) error {
			err := a.runTestCmd(c, args, &flags)
			if flags.json {
				a.emitError(err)
			}
			return err
		},
	}
	flags.buildFlags.register(c)
	flags.register(c)
	c.SetUsageTemplate(fmt.Sprintf(usageTemplate, testUsage+sandboxUsage+reportUsage+selectUsage+"\n", testEnvironment+watchEnv("test")))
	return c
}

// register makes the flags that only test has known to cobra.
func (flags *testFlags) register(c *cobra.Command) {
	f := c.Flags()
	f.StringVar(&flags.format, "format", testview.Default, "how to show the run")
	f.StringVar(&flags.view.Icons, "format-icons", "default", "icons of the formats that have some")
	f.BoolVar(&flags.view.HideEmptyPackages, "format-hide-empty-pkg", false, "leave packages without tests out")
	f.StringVar(&flags.hide, "hide-summary", "none", "parts of the summary to leave out")
	f.Var(&flags.rerun, "rerun-fails", "run failed tests again")
	f.Lookup("rerun-fails").NoOptDefVal = "2"
	f.IntVar(&flags.rerunOpts.MaxFailures, "rerun-fails-max-failures", 10, "run nothing again if more tests failed")
	f.StringVar(&flags.rerunFile, "rerun-fails-report", "", "file for a report about reruns")
	f.BoolVar(&flags.rerunOpts.RootTests, "rerun-fails-run-root-test", false, "run whole tests again, not single subtests")
	f.BoolVar(&flags.rerunOpts.AbortOnDataRace, "rerun-fails-abort-on-data-race", false, "run nothing again after a data race")
	f.DurationVar(&flags.limits.Slow, "slow", time.Minute, "after which time a test is called slow")
	f.DurationVar(&flags.limits.Timeout, "test-timeout", 0, "how long one test may run")
	f.Var(&flags.stress, "stress", "run all tests again and again")
	f.StringVar(&flags.flaky, "flaky", "pass", "pass or fail")
	f.IntVar(&flags.diagnose.Runs, "diagnose", 0, "find out what failed tests fail for")
	f.Lookup("diagnose").NoOptDefVal = "3"
	flags.reportFlags.register(f)
	flags.selection.register(f)
	flags.box.register(f)
}

// testUsage and testEnvironment are the parts of the help that only test has.
const (
	testUsage = `  --format=NAME     gust (default), or one of gotestsum's: dots, dots-v2, pkgname,
                    pkgname-and-test-fails, testname, testdox, github-actions,
                    standard-quiet, standard-verbose, standard-json, none
  --format-icons=NAME      default, hivis, text, codicons, octicons, emoticons
  --format-hide-empty-pkg  leave packages without tests out
  --hide-summary=PARTS     skipped, failed, errors, output, all; comma-separated
  --rerun-fails[=N]        run failed tests again, up to N times each (2)
  --rerun-fails-max-failures=N      run nothing again if more than N failed (10)
  --rerun-fails-report=FILE         write how often each of them ran and failed
  --rerun-fails-run-root-test       run the whole test again, not a subtest alone
  --rerun-fails-abort-on-data-race  run nothing again after a data race
  --flaky=pass|fail        whether tests that fail and then pass fail the run (pass)
  --stress=N|DURATION      run all tests N times, or for so long, and tell how often each
                           failed
  --watch                  test again when something changes; keys: r, f, t, q
  --diagnose[=N]           run failed tests N more times each (3) alone, shuffled, with
                           -cpu=1, temporary files in memory, and with a sandbox on the
                           machine's network and without; say what makes a difference
  --slow=DURATION          call a test slow that runs for longer (1m0s; 0 is never)
  --test-timeout=DURATION  print the goroutines of a package and stop its tests when
                           one of them runs for longer; -timeout is for all of them
`
	testEnvironment = `  GUST_TEST_FORMAT  default of --format
  GUST_TEST_HISTORY off keeps no record of results
  GUST_TEST_LIMIT   default of --limit
  GUST_TEST_SANDBOX default of --sandbox
`
)

// runTestCmd runs go test, or shows a recorded run.
func (a *app) runTestCmd(c *cobra.Command, args []string, flags *testFlags) error {
	command := ""
	if len(args) > 0 && slices.Contains([]string{reportCommand, historyCommand, diffCommand, applyCommand, touchedCommand}, args[0]) {
		command, args = args[0], args[1:]
	}
	a.collectSeldom()
	opts, color, err := a.buildOptions(c, "test", args, &flags.buildFlags)
	if err != nil || opts == nil {
		return err
	}
	if err := a.checkTestFlags(c, flags); err != nil {
		return err
	}
	switch command {
	case reportCommand:
		return a.reportRun(c.Context(), opts.Args, flags, color)
	case historyCommand:
		return a.testHistory(c.Context(), *opts, flags)
	case touchedCommand:
		opts.Env = testEnv(c.Context(), build.Options{Go: opts.Go})
		return a.testTouched(c.Context(), *opts, flags.json)
	case diffCommand, applyCommand:
		opts.Env = testEnv(c.Context(), build.Options{Go: opts.Go})
		return a.testWrites(command, *opts)
	}
	if flags.watch.on {
		return a.watchTests(c.Context(), *opts, flags, color)
	}
	status := make(chan os.Signal, 1)
	defer a.statusKey(flags, status)()
	return a.runTests(c.Context(), *opts, flags, color, status)
}

// runTests chooses the tests and runs them. Whatever comes out of status makes
// it say which tests are running.
func (a *app) runTests(ctx context.Context, opts build.Options, flags *testFlags, color term.ColorMode, status chan os.Signal) error {
	opts.Stdout, opts.Stderr = a.term.Out, a.term.Err
	opts.Stdin = nil // go test has no use for it, and the keys are gust's
	opts.Env = testEnv(ctx, opts)
	parts, done, err := a.selectTests(ctx, opts, flags)
	if err != nil || done {
		return err
	}
	if signals := statusSignals(); len(signals) > 0 {
		signal.Notify(status, signals...)
		defer signal.Stop(status)
	}
	return a.show(ctx, opts, flags, color, func(o testrun.Options, sink event.Sink) (testrun.Result, error) {
		o.Parts, o.Status = parts, status
		return testrun.Run(ctx, o, sink)
	})
}

// statusKey makes the key t on a terminal ask for the tests that run, until
// the returned function is called.
func (a *app) statusKey(flags *testFlags, status chan<- os.Signal) (stop func()) {
	if flags.json || !a.term.ErrTTY {
		return func() {}
	}
	keys, err := a.term.Keys()
	if err != nil {
		return func() {}
	}
	go func() {
		for key := range keys.Pressed() {
			if key == 't' || key == 'T' {
				select {
				case status <- nil:
				default: // asked already
				}
			}
		}
	}()
	return keys.Restore
}

// testEnv is go's environment, nil if go does not tell: then the engine will
// ask again and know what to do about it.
func testEnv(ctx context.Context, opts build.Options) *gocmd.Env {
	chdir, _ := gocmd.FindFlag("test", opts.Args, "C")
	env, err := opts.Go.EnvVars(ctx, chdir)
	if err != nil {
		return nil
	}
	return &env
}

// checkTestFlags reads the values that pflag took as text.
func (a *app) checkTestFlags(c *cobra.Command, flags *testFlags) (err error) {
	if env := a.term.Getenv("GUST_TEST_FORMAT"); env != "" && !c.Flags().Changed("format") {
		flags.format = env
	}
	if err := testview.ParseFormat(flags.format); err != nil {
		return usageError("test", "--format: %w", err)
	}
	if flags.summary, err = testview.ParseSummary(flags.hide); err != nil {
		return usageError("test", "--hide-summary: %w", err)
	}
	if flags.flaky != "pass" && flags.flaky != "fail" {
		return usageError("test", "--flaky: %q is neither pass nor fail", flags.flaky)
	}
	if flags.limits.Timeout > 0 && runtime.GOOS != "linux" {
		return fault.New(fault.Capability, "run: gust test -timeout="+flags.limits.Timeout.String(),
			"--test-timeout is not available on %s", runtime.GOOS)
	}
	if flags.stress.Stress != (testrun.Stress{}) && (flags.rerun.attempts > 0 || flags.watch.on) {
		return usageError("test", "--stress goes neither with --rerun-fails nor with --watch")
	}
	if flags.diagnose.Runs < 0 || c.Flags().Changed("diagnose") && flags.diagnose.Runs == 0 {
		return usageError("test", "--diagnose: %d runs", flags.diagnose.Runs)
	}
	if flags.diagnose.Runs > 0 && (flags.watch.on || flags.stress.Stress != (testrun.Stress{})) {
		return usageError("test", "--diagnose goes neither with --stress nor with --watch")
	}
	flags.changed = c.Flags().Changed
	if err := a.checkSandbox(flags); err != nil {
		return err
	}
	flags.rerunOpts.Attempts = flags.rerun.attempts
	return nil
}

// A testView shows a run, with the event.Sink that belongs to it.
type testView interface {
	testrun.View
	event.Sink
	// Stderr is where gust's warnings go.
	Stderr() io.Writer
	// Gathered is what the view knows for summaries.
	Gathered() *testview.Digest
	Close()
}

// sinks hands events to several.
type sinks []event.Sink

// Emit implements event.Sink.
func (s sinks) Emit(e event.Event) {
	for _, sink := range s {
		sink.Emit(e)
	}
}

// testView makes the view that --format asks for.
func (a *app) testView(flags *testFlags, color term.ColorMode, args []string) testView {
	colored := a.term.Color(color, a.term.OutTTY)
	testview.SetColor(colored)
	if flags.json || flags.format != testview.Default {
		format := flags.format
		if flags.json {
			format = "none"
		}
		return testview.NewGotestsum(a.term.Out, a.term.Err, format, flags.view)
	}
	return testview.New(testview.Options{
		Out: a.term.Out, Err: a.term.Err, Live: a.term.OutTTY && a.term.Repaints(),
		Verbose: flags.verbose(args), Color: colored, GitHub: a.term.Getenv("GITHUB_ACTIONS") == "true",
		Width: a.term.Width, Clock: a.clock, Shown: flags.summary,
		Repro: func(pkg, test string) string { return testrun.Repro(args, pkg, test) },
	})
}

// verbose reports whether the user asks for all output.
func (flags *testFlags) verbose(args []string) bool {
	v, _ := gocmd.FindFlag("test", args, "v")
	on, err := strconv.ParseBool(v)
	return err == nil && on
}

// sumUp writes what comes after a run: gotestsum's summary and reports.
func (a *app) sumUp(result testrun.Result, flags *testFlags) error {
	if result.Plain {
		return nil
	}
	if result.Execution != nil && !flags.json && flags.format != testview.Default {
		testjson.PrintSummary(a.term.Out, result.Execution, flags.summary)
	}
	if flags.rerunFile == "" {
		return nil
	}
	f, err := os.Create(flags.rerunFile)
	if err == nil {
		err = result.WriteReport(f)
		if closeErr := f.Close(); err == nil {
			err = closeErr
		}
	}
	if err != nil {
		return fmt.Errorf("write the report about reruns: %w", err)
	}
	return nil
}

// testCode is the exit code of a run: go's, and 1 if flaky tests are to fail
// it.
func (a *app) testCode(result testrun.Result, flags *testFlags) int {
	if result.ExitCode == 0 && flags.flaky == "fail" && len(result.Flaky) > 0 {
		return 1
	}
	if result.ExitCode == 0 && result.Broke {
		return brokeCode
	}
	return result.ExitCode
}

// brokeCode is the exit code of tests that passed and did what their sandbox does
// not allow.
const brokeCode = 4
