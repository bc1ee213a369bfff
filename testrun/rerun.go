package testrun

import (
	"context"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"

	"gotest.tools/gotestsum/testjson"

	"github.com/gust-go/gust/internal/event"
	"github.com/gust-go/gust/internal/gocmd"
	"github.com/gust-go/gust/internal/words"
	"github.com/gust-go/gust/testrun/wire"
)

// Rerun says what happens to tests that failed. The zero value runs nothing
// again.
type Rerun struct {
	// Attempts is how often a failed test may run again; 0 is never.
	Attempts int
	// MaxFailures is how many tests may fail in the first run for any to run
	// again; 0 means 10.
	MaxFailures int
	// RootTests runs a whole test again when a subtest of it failed.
	RootTests bool
	// AbortOnDataRace runs nothing again when there was a data race.
	AbortOnDataRace bool
}

// reruns runs failed tests again, each by itself, until they pass or the
// attempts are used up.
func (r *runner) reruns(ctx context.Context, sink event.Sink) error {
	if r.Rerun.Attempts == 0 {
		return nil
	}
	todo := r.candidates(r.stillFailed())
	if why := r.whyNoRerun(r.result.ExitCode); why != nil {
		r.result.Aborted = why
		return nil
	}
	if most := r.maxFailures(); len(todo) > most {
		r.result.Aborted = fmt.Errorf("%s failed, more than the %d of --rerun-fails-max-failures", words.Count(len(todo), "test"), most)
		return nil
	}
	for attempt := 1; attempt <= r.Rerun.Attempts && len(todo) > 0; attempt++ {
		r.sink.Emit(event.TestRerun{Run: attempt, Tests: len(todo)})
		r.View.BeforeRerun(r.exec)
		var err error
		if todo, err = r.attempt(ctx, attempt, todo, sink); err != nil || r.result.Aborted != nil {
			return err
		}
	}
	r.result.ExitCode = 0
	if len(todo) > 0 {
		r.result.ExitCode = 1
	}
	return nil
}

// stillFailed are the cases that failed and did not pass on the host's network.
func (r *runner) stillFailed() []testjson.TestCase {
	return slices.DeleteFunc(slices.Clone(r.exec.Failed()), func(tc testjson.TestCase) bool {
		c := r.digest.outcomes[testKey{tc.Package, tc.Test.Name()}]
		return c != nil && c.passed
	})
}

func (r *runner) maxFailures() int {
	if r.Rerun.MaxFailures == 0 {
		return 10
	}
	return r.Rerun.MaxFailures
}

// candidates are the cases to run again: of a test and its subtests the
// innermost that failed.
func (r *runner) candidates(failed []testjson.TestCase) []testjson.TestCase {
	if !r.Rerun.RootTests {
		return testjson.FilterFailedUnique(slices.Clone(failed))
	}
	return slices.DeleteFunc(slices.Clone(failed), func(tc testjson.TestCase) bool { return tc.Test.IsSubTest() })
}

// whyNoRerun says what makes running single tests again meaningless: then
// some did not run at all, and would be taken for passed.
func (r *runner) whyNoRerun(code int) error {
	switch {
	case r.cancelled.Load():
		return errors.New("the run was interrupted")
	case r.digest.buildFailed:
		return errors.New("a package could not be built")
	case code > 1:
		return fmt.Errorf("go test ended with status %d", code)
	case r.exec.HasPanic():
		return errors.New("a test panicked, and others may not have run")
	case r.Rerun.AbortOnDataRace && r.exec.HasDataRace():
		return errors.New("there was a data race")
	}
	for _, name := range r.exec.Packages() {
		if r.exec.Package(name).TestMainFailed() {
			return fmt.Errorf("package %s failed outside of its tests", name)
		}
	}
	if name := r.digest.unfinished; name != "" {
		return fmt.Errorf("%s did not finish", name)
	}
	return nil
}

// attempt runs each case once more and returns those that failed again.
func (r *runner) attempt(ctx context.Context, n int, todo []testjson.TestCase, sink event.Sink) (left []testjson.TestCase, err error) {
	for _, tc := range todo {
		o := r.Build
		profile, flags := r.rerunProfile([]string{"-json", runFlag(tc.Test)})
		o.Args, err = gocmd.TestPart(o.Args, []string{"run", "coverprofile"}, flags, []string{tc.Package})
		if err != nil {
			return nil, err
		}
		r.digest.watch = make(map[testKey]string)
		res, err := r.stream(ctx, o, n+r.shift, sink)
		profile.add(sink)
		if err != nil {
			return nil, err
		}
		left = append(left, r.failedAgain(tc, res.ExitCode)...)
		if why := r.whyNoRerun(res.ExitCode); why != nil {
			r.result.Aborted, r.result.ExitCode = why, max(1, res.ExitCode)
			return nil, nil
		}
	}
	return r.candidates(left), nil
}

// failedAgain are the cases of the last rerun to run once more. One that did
// not run at all has not passed, whatever go says.
func (r *runner) failedAgain(tc testjson.TestCase, code int) []testjson.TestCase {
	var failed []testjson.TestCase
	for key, action := range r.digest.watch {
		if action == wire.Fail {
			failed = append(failed, r.exec.Package(key.pkg).LastFailedByName(key.test))
		}
	}
	ran := r.digest.watch[testKey{tc.Package, tc.Test.Name()}] != ""
	if len(failed) == 0 && (!ran || code != 0) {
		return []testjson.TestCase{tc}
	}
	return failed
}

// runFlag selects one test. Slashes separate the levels of subtests in the
// pattern as in the name.
func runFlag(name testjson.TestName) string {
	parts := strings.Split(string(name), "/")
	for i, part := range parts {
		parts[i] = "^" + regexp.QuoteMeta(part) + "$"
	}
	return "-test.run=" + strings.Join(parts, "/")
}

// WriteReport writes the report of reruns: how often each test that ever
// failed ran and failed, in the form gotestsum gives it.
func (r Result) WriteReport(w io.Writer) error {
	for _, f := range r.failures {
		if _, err := fmt.Fprintf(w, "%s.%s: %d runs, %d failures\n", f.Package, f.Test, f.Runs, f.Failed); err != nil {
			return err
		}
	}
	return nil
}

// Repro is a command line that runs one test, or with an empty name a
// package, with the flags of goArgs, quoted for a shell.
func Repro(goArgs []string, pkg, test string) string {
	var flags []string
	if test != "" {
		flags = append(flags, "-run="+strings.TrimPrefix(runFlag(testjson.TestName(test)), "-test.run="))
	}
	args, err := gocmd.TestPart(goArgs, []string{"run", "json", "v", "coverprofile"}, flags, []string{pkg})
	if err != nil {
		args = append(flags, pkg)
	}
	for i, arg := range args {
		if arg == "" || strings.ContainsAny(arg, " \t\n\"'\\$`*?[](){}<>|&;#~!^") {
			args[i] = "'" + strings.ReplaceAll(arg, "'", `'\''`) + "'"
		}
	}
	return "gust test " + strings.Join(args, " ")
}
