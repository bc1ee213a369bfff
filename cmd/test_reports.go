package cmd

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/pflag"
	"gotest.tools/gotestsum/testjson"

	"github.com/gust-go/gust/build"
	"github.com/gust-go/gust/internal/event"
	"github.com/gust-go/gust/internal/fault"
	"github.com/gust-go/gust/internal/gocmd"
	"github.com/gust-go/gust/internal/report"
	"github.com/gust-go/gust/testrun"
	"github.com/gust-go/gust/testrun/history"
	"github.com/gust-go/gust/testrun/jsonfile"
	"github.com/gust-go/gust/testrun/junit"
	"github.com/gust-go/gust/testrun/slowest"
)

// reportFlags are the flags of test that write something about a run.
type reportFlags struct {
	junitFile              string
	junit                  junit.Options
	jsonFile, timingEvents string
	slowest                int
	systemOut              bool
	postRun                string
	cover                  coverFlags
}

func (flags *reportFlags) register(f *pflag.FlagSet) {
	f.StringVar(&flags.junitFile, "junitfile", "", "file for JUnit XML")
	f.StringVar(&flags.junit.Name, "junitfile-name", "", "name of the JUnit document")
	f.BoolVar(&flags.junit.Strict, "junitfile-strict", false, "JUnit XML as Jenkins' schema has it")
	f.BoolVar(&flags.systemOut, "junitfile-system-out", false, "the output of passed tests as well")
	f.BoolVar(&flags.junit.HideEmpty, "junitfile-hide-empty-pkg", false, "leave packages without tests out")
	f.BoolVar(&flags.junit.HideSkipped, "junitfile-hide-skipped-tests", false, "leave skipped tests out")
	f.StringVar(&flags.jsonFile, "jsonfile", "", "file for go's events")
	f.StringVar(&flags.timingEvents, "jsonfile-timing-events", "", "file for the events that end tests")
	f.IntVar(&flags.slowest, "slowest", 0, "list the slowest tests")
	f.Lookup("slowest").NoOptDefVal = "10"
	f.StringVar(&flags.postRun, "post-run", "", "command to run after the tests")
	flags.cover.register(f)
}

// reportUsage is the part of the help about reports.
const reportUsage = `
  --junitfile=FILE         write JUnit XML
  --junitfile-name=NAME           name of the document
  --junitfile-strict              nothing that Jenkins' schema does not know
  --junitfile-system-out          what passed tests wrote as well
  --junitfile-hide-empty-pkg      leave packages without tests out
  --junitfile-hide-skipped-tests  leave skipped tests out
  --jsonfile=FILE          write go's events as they are
  --jsonfile-timing-events=FILE   write only those that end a test or package
  --slowest[=N]            list the N slowest tests (10)
  --post-run=COMMAND       run a command when the tests have ended
  --cover-table            list the coverage of each package
  --cover-min=PERCENT      exit with status 4 if less is covered
  --cover-diff=REF         count only lines that changed since a commit
  --cover-html=FILE        write the coverage as a page
`

// testReports is what a run leaves behind besides its output.
type testReports struct {
	app     *app
	flags   *testFlags
	opts    build.Options
	history history.Collector
	builds  map[string]string  // what the compiler said, by import path
	json    *jsonfile.Recorder // nil without files
	files   []*os.File
	cover   *coverRun // nil without coverage
	profile string    // file of the coverage profile, if go writes one
	outputs *junit.Outputs
	partial bool
}

// openReports opens the files, so that a run is not in vain because one
// cannot be written. It may add flags to opts.
func (a *app) openReports(opts *build.Options, flags *testFlags) (*testReports, error) {
	r := &testReports{app: a, flags: flags}
	if err := flags.cover.check(); err != nil {
		return nil, err
	}
	if flags.slowest < 0 {
		return nil, usageError("test", "--slowest: %d is negative", flags.slowest)
	}
	if _, err := postRunWords(flags.postRun); err != nil {
		return nil, err
	}
	var all, timing io.Writer
	for _, x := range []struct {
		name string
		to   *io.Writer
	}{{flags.jsonFile, &all}, {flags.timingEvents, &timing}} {
		if x.name == "" {
			continue
		}
		f, err := create(x.name)
		if err != nil {
			return nil, err
		}
		r.files = append(r.files, f)
		*x.to = f
	}
	if all != nil || timing != nil {
		r.json = jsonfile.New(all, timing)
	}
	if flags.junitFile != "" {
		if err := os.MkdirAll(filepath.Dir(flags.junitFile), 0o777); err != nil {
			return nil, fmt.Errorf("write JUnit XML: %w", err)
		}
	}
	for _, name := range []string{"run", "skip", "short"} {
		_, ok := gocmd.FindFlag("test", opts.Args, name)
		r.partial = r.partial || ok
	}
	var err error
	if r.cover, err = a.openCover(opts, &flags.cover); err != nil {
		return nil, err
	}
	r.opts = *opts
	r.profile, err = coverProfile(*opts)
	if flags.systemOut {
		r.outputs = new(junit.Outputs)
	}
	return r, err
}

// handlers are the reports that read go's events.
func (r *testReports) handlers() []testjson.EventHandler {
	all := []testjson.EventHandler{r}
	if r.outputs != nil {
		all = append(all, r.outputs)
	}
	return all
}

// create makes a file and the folders that lead to it.
func create(name string) (*os.File, error) {
	if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
		return nil, fmt.Errorf("write a report: %w", err)
	}
	f, err := os.Create(name)
	if err != nil {
		return nil, fmt.Errorf("write a report: %w", err)
	}
	return f, nil
}

// needStream reports whether a report needs go's events, whatever other flags
// say.
func (r *testReports) needStream() bool {
	return r.json != nil || r.flags.junitFile != "" || r.flags.slowest > 0
}

// needExecution reports whether a report is made from what testjson gathers.
func (r *testReports) needExecution() bool { return r.needStream() || r.flags.postRun != "" }

// keep reports whether passed tests are of interest.
func (r *testReports) keep() bool { return r.flags.junitFile != "" || r.flags.slowest > 0 }

// Emit implements event.Sink.
func (r *testReports) Emit(e event.Event) {
	r.history.Emit(e)
	if p, ok := e.(event.TestPackage); ok && p.BuildOutput != "" {
		if r.builds == nil {
			r.builds = map[string]string{}
		}
		r.builds[p.Package] = p.BuildOutput
	}
}

// Event implements testjson.EventHandler.
func (r *testReports) Event(e testjson.TestEvent, _ *testjson.Execution) error {
	if r.json == nil {
		return nil
	}
	return r.json.Event(e)
}

// Err implements testjson.EventHandler.
func (r *testReports) Err(string) error { return nil }

// close closes the files; the error is the first of all.
func (r *testReports) close() error {
	var err error
	if r.json != nil {
		err = r.json.Flush()
	}
	for _, f := range r.files {
		err = errors.Join(err, f.Close())
	}
	return err
}

// finish writes the reports of a run that has ended with an exit code, and
// returns the code that is left when quarantined failures do not count.
func (r *testReports) finish(ctx context.Context, warn event.Sink, result testrun.Result, code int) (int, error) {
	defer r.cover.remove()
	if err := r.close(); err != nil {
		return code, err
	}
	if result.Plain {
		return code, nil
	}
	r.record(ctx, warn, result)
	code, verdictErr := r.quarantine(result, code)
	for _, step := range []func() error{
		func() error { return r.writeJUnit(ctx, result) },
		func() error { return r.writeSlowest(result) },
		func() error { return r.cover.report(ctx, r, code) },
		func() error { return r.runPost(ctx, result) },
	} {
		if err := step(); err != nil {
			if code != 0 && isPolicy(err) {
				// The tests failed, which says enough.
				warn.Emit(event.Warning{Text: err.Error()})
				continue
			}
			return code, err
		}
	}
	return code, verdictErr
}

// isPolicy reports whether an error is about what the user wants kept, and not
// about gust.
func isPolicy(err error) bool {
	var user *fault.UserError
	return errors.As(err, &user) && user.Kind == fault.Capability
}

func (r *testReports) writeSlowest(result testrun.Result) error {
	if r.flags.slowest == 0 || result.Execution == nil || r.flags.json {
		return nil
	}
	tests := slowest.Rank(result.Execution, r.flags.slowest, 0)
	var b strings.Builder
	if len(tests) > 0 {
		fmt.Fprintf(&b, "\nslowest tests\n")
	}
	for _, t := range tests {
		fmt.Fprintf(&b, "%8s  %s %s\n", report.Duration(t.Elapsed), t.Package, t.Name)
	}
	_, err := io.WriteString(r.app.term.Out, b.String())
	return err
}

// record adds the run to the history. Trouble costs the record only.
func (r *testReports) record(ctx context.Context, warn event.Sink, result testrun.Result) {
	log, root, ok := r.app.historyLog(r.opts.Env)
	if !ok {
		return
	}
	now := r.app.clock.Now()
	records := r.history.Records(history.Run{
		ID: fmt.Sprintf("%s-%d", now.UTC().Format("20060102T150405.000"), os.Getpid()), Time: now.Round(time.Millisecond), Root: root,
		Partial: r.partial || r.flags.selection.partial(),
	})
	if err := log.Append(ctx, records); err != nil {
		warn.Emit(event.Warning{Text: err.Error(), Hint: "set GUST_TEST_HISTORY=off to keep none"})
	}
}
