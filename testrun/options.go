package testrun

import (
	"context"
	"io"
	"os"
	"time"

	"gotest.tools/gotestsum/testjson"

	"github.com/gust-go/gust/build"
	"github.com/gust-go/gust/internal/event"
	"github.com/gust-go/gust/testrun/sandbox"
)

// Options say what to test and who watches. The zero value of every field
// but Build is usable.
type Options struct {
	// Build is the go test to run, as for build.Run; Verb is set. Its Stdout
	// and Stderr are used only where there is no stream of events.
	Build build.Options
	// Parts, if there are any, are run one after the other in place of the
	// packages and the -run flag of Build.
	Parts []Part
	// Engine builds and runs; nil means build.Run.
	Engine func(context.Context, build.Options, event.Sink) (build.Result, error)
	// View shows the run; nil shows nothing.
	View View
	// Handlers read the same events after the View. Their errors stop nothing;
	// the first is in the Result.
	Handlers []testjson.EventHandler
	// Execution makes Run gather the tests in a testjson.Execution, and show the
	// View and the Handlers the events as testjson has them, which takes most
	// of the time of reading them. Reruns need it and have it anyway.
	Execution bool
	// ForceStream makes a stream of events even for flags such as -bench that
	// plain go would serve better.
	ForceStream bool
	// Raw, if not nil, receives go's JSON stream byte for byte.
	Raw io.Writer
	// Verbose sends all output of tests to the sink, not only that of tests
	// that did not pass.
	Verbose bool
	// Keep keeps passed cases in the Execution.
	Keep bool
	// Rerun says what happens to tests that failed.
	Rerun Rerun
	// Stress repeats the tests; then nothing is a rerun.
	Stress Stress
	// Profile is the file that the coverage profile goes to, absolute; empty if
	// go writes none. What reruns cover is added to it.
	Profile string
	// Diagnose says whether to find out what failed tests fail for.
	Diagnose Diagnose
	// Limits say how long a test may run.
	Limits Limits
	// Status makes Run report which tests are running, whenever something
	// comes out of it.
	Status <-chan os.Signal
	// Sandbox says what tests run in; of it Mode and Through are heeded.
	Sandbox sandbox.Options
	// Now tells the time; nil means time.Now.
	Now func() time.Time
}

// A Part is a selection of tests: all of some packages, or some of them.
type Part struct {
	Packages []string
	// Run is a pattern for -run, empty for all tests.
	Run string
}

// A View shows a run to the user. Event, Err and Foreign are called from three
// goroutines; Event in the order of the stream. Where the View is a sink as
// well, it is told of a test that ended while Event may have the stream before.
type View interface {
	testjson.EventHandler
	// Begin is called first, if there is anything to show at all.
	Begin()
	// Foreign receives what stands in the stream but is no event, newline
	// included.
	Foreign(text []byte)
	// BeforeRerun is called when failed tests are about to be run again.
	BeforeRerun(exec *testjson.Execution)
}

// Result is what a test run came to.
type Result struct {
	// ExitCode is go's own; with reruns, that of the last of them.
	ExitCode int
	// Plain is true if go ran without a stream of events; then nothing below
	// is set.
	Plain bool
	// Execution has the tests of all runs; nil unless asked for.
	Execution *testjson.Execution
	// Summary counts what happened.
	Summary event.TestSummary
	// Runs counts the first run and the attempts at what had failed.
	Runs int
	// Flaky are the tests that failed and then passed, sorted.
	Flaky []Flaky
	// Aborted says why failed tests were not run again, though asked for.
	Aborted error
	// Broke is true if tests did what their sandbox does not allow, or left behind
	// what they must not.
	Broke bool
	// Interrupted is true if the user pressed ^C.
	Interrupted bool
	// HandlerErr is the first error of a handler.
	HandlerErr error

	failures []Flaky // every test that ever failed
	keep     []func(context.Context)
}

// Keep writes down what the next run can tell again without go, if there is
// such a thing. It takes about as long as go list, and it is not an error if it
// cannot be done: call it when the user has seen the rest.
func (r Result) Keep(ctx context.Context) {
	for _, keep := range r.keep {
		keep(ctx)
	}
}
