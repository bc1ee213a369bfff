package testrun

import (
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/gust-go/gust/internal/event"
	"github.com/gust-go/gust/internal/limit"
	"github.com/gust-go/gust/testrun/wire"
)

// A testKey names a test.
type testKey struct{ pkg, test string }

// A digest makes gust's events of go's: it gathers what a test writes until
// it ends, and drops it if the test passed. Its methods may be called from
// several goroutines.
type digest struct {
	sink    event.Sink
	now     func() time.Time
	verbose bool
	// boxed is true if tests run in sandboxes.
	boxed bool

	mu       sync.Mutex
	packages map[string]*pkgState
	builds   map[string][]string // output of builds by go's name of the package
	told     map[string]string   // builds whose output was given to a package
	seen     map[string]bool     // packages that ended in any run
	outcomes map[testKey]*counts
	sum      event.TestSummary
	run      int

	// failing are the packages that failed when they last ran, moved those that
	// ran again on another network.
	failing, moved map[string]bool
	// uncached says by package why its result is not in go's cache.
	uncached    func(pkg string) string
	stress      bool // all tests run in every run
	buildFailed bool
	// unfinished names a test that began and did not end.
	unfinished string
	// cutOff are such tests by package; marked is what messages of a package say
	// that there was not enough of.
	cutOff map[string][]string
	marked map[string][]limit.Name
	// watch, if not nil, notes how tests end.
	watch map[testKey]string
	// started and last are when the first event was written, and the last one
	// that is not within a test.
	started, last time.Time
}

// pkgState is a package whose tests are running.
type pkgState struct {
	event.TestPackage
	tests map[string]*liveTest
	out   []string
	crash *crash // nil unless the binary seems to be dying
	// blamed are the tests because of which the binary was stopped.
	blamed []string
}

// A liveTest has begun and not ended.
type liveTest struct {
	began  time.Time // by our clock; when it went on, if it was paused
	ran    time.Duration
	paused bool
	warned time.Duration // for how long it ran when that was last reported
	out    []string
}

func newDigest(sink event.Sink, now func() time.Time, verbose bool) *digest {
	return &digest{
		sink: sink, now: now, verbose: verbose,
		packages: make(map[string]*pkgState),
		builds:   make(map[string][]string),
		told:     make(map[string]string),
		seen:     make(map[string]bool),
		outcomes: make(map[testKey]*counts),
		failing:  make(map[string]bool),
		moved:    make(map[string]bool),
		cutOff:   make(map[string][]string),
	}
}

// add takes note of an event.
func (d *digest) add(e *wire.Event) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if e.Test == "" || d.started.IsZero() {
		d.notice(e.When())
	}
	if e.Package == "" {
		d.build(e)
		return
	}
	p := d.packages[e.Package]
	if p == nil {
		p = &pkgState{tests: make(map[string]*liveTest)}
		p.Package, p.Run = e.Package, d.run
		d.packages[e.Package] = p
	}
	if d.boxed && e.Output != "" {
		d.mark(e.Package, e.Output)
	}
	if d.verbose && e.Output != "" {
		d.sink.Emit(event.TestOutput{Package: e.Package, Test: e.Test, Text: e.Output})
	}
	if e.Test == "" {
		d.pkg(p, e)
		return
	}
	d.test(p, e)
}

// notice keeps the time that the stream spans.
func (d *digest) notice(at time.Time) {
	if at.IsZero() {
		return
	}
	if d.started.IsZero() || at.Before(d.started) {
		d.started = at
	}
	if at.After(d.last) {
		d.last = at
	}
}

// build handles what go says about a package that it builds.
func (d *digest) build(e *wire.Event) {
	switch e.Action {
	case wire.BuildOutput:
		d.builds[e.ImportPath] = append(d.builds[e.ImportPath], e.Output)
	case wire.BuildFail:
		d.buildFailed = true
	}
}

func (d *digest) test(p *pkgState, e *wire.Event) {
	t := p.tests[e.Test]
	switch e.Action {
	case wire.Run:
		p.survived()
		p.tests[e.Test] = &liveTest{began: d.now()}
		d.sink.Emit(event.TestStart{Package: e.Package, Test: e.Test})
	case wire.Output, wire.Bench:
		switch {
		case framing(e.Output, e.Test):
		case p.crashOutput(e.Test, e.Output):
		case t == nil: // it has ended; what it still says may be a panic's trace
			p.out = append(p.out, e.Output)
		default:
			t.out = append(t.out, e.Output)
		}
	case wire.Pause:
		if t != nil {
			t.ran += d.now().Sub(t.began)
			t.paused = true
		}
	case wire.Cont:
		if t != nil {
			t.began, t.paused = d.now(), false
		}
	case wire.Pass, wire.Fail, wire.Skip:
		delete(p.tests, e.Test)
		p.resume(e.Test, d.now())
		d.ended(p, e, t)
	}
}

// ended reports a test that has ended.
func (d *digest) ended(p *pkgState, e *wire.Event, t *liveTest) {
	c := event.TestCase{Package: e.Package, Test: e.Test, Outcome: e.Action, Run: p.Run, ElapsedNS: int64(e.Elapsed * 1e9)}
	if t != nil && e.Action != wire.Pass {
		c.Output = strings.Join(t.out, "")
	}
	if e.Action == wire.Fail && p.crash != nil && p.crash.about(e.Test) {
		c.Output += p.crash.text()
		p.crash = nil
	}
	d.result(p, c)
}

// result counts and reports the end of a test.
func (d *digest) result(p *pkgState, c event.TestCase) {
	p.Tests++
	switch c.Outcome {
	case event.TestFailed, event.Unfinished:
		p.Failed++
		c.File, c.Line = Locate(c.Output)
	case event.Skipped:
		p.Skipped++
	}
	d.count(testKey{c.Package, c.Test}, c.Outcome)
	d.sink.Emit(c)
}

func (d *digest) pkg(p *pkgState, e *wire.Event) {
	switch e.Action {
	case wire.Output, wire.Bench:
		d.pkgOutput(p, e.Output)
	case wire.Pass, wire.Skip, wire.Fail:
		delete(d.packages, e.Package)
		d.pkgEnded(p, e)
	}
}

// pkgOutput takes go's own lines apart from what the package wrote.
func (d *digest) pkgOutput(p *pkgState, text string) {
	switch {
	case text == "PASS\n", text == "FAIL\n":
	case strings.HasPrefix(text, "ok  \t"+p.Package), strings.HasPrefix(text, "FAIL\t"+p.Package),
		strings.HasPrefix(text, "?   \t"+p.Package), strings.HasPrefix(text, "\t"+p.Package+"\t"):
		p.Line = strings.TrimSuffix(text, "\n")
		p.Cached = strings.Contains(text, "\t(cached)")
		p.coverage(text)
	case strings.HasPrefix(text, "coverage: "):
		p.coverage(text)
	case p.crashOutput("", text):
	default:
		p.out = append(p.out, text)
	}
}

func (p *pkgState) coverage(text string) {
	if i := strings.Index(text, "coverage: "); i >= 0 {
		text, _, _ = strings.Cut(text[i:], "\n")
		p.Coverage, _, _ = strings.Cut(text, "\t")
	}
}

// pkgEnded reports a package whose tests have ended, and those of its tests
// that have not.
func (d *digest) pkgEnded(p *pkgState, e *wire.Event) {
	p.settle()
	for _, name := range sortedTests(p.tests) {
		d.result(p, d.leftOver(e, name, strings.Join(p.tests[name].out, "")))
	}
	p.ElapsedNS = int64(e.Elapsed * 1e9)
	p.Outcome = e.Action
	switch {
	case e.Action == wire.Fail:
		p.Output = strings.Join(p.out, "")
		d.attachBuild(p, e)
	case p.Tests == 0:
		p.Outcome = event.NoTests
	}
	if d.uncached != nil && d.run == 0 && !p.Cached && (p.Outcome == event.Passed || p.Outcome == event.TestFailed) {
		p.Uncached = d.uncached(e.Package)
	}
	d.countPackage(p)
	d.failing[p.Package] = true
	if p.Outcome != event.TestFailed && p.Outcome != event.BuildFailed {
		delete(d.failing, p.Package)
	}
	d.sink.Emit(p.TestPackage)
}

// leftOver is the result of a test that has no end in the stream. Benchmarks
// never have one; and if the package passed, so did its tests.
func (d *digest) leftOver(e *wire.Event, name, output string) event.TestCase {
	c := event.TestCase{Package: e.Package, Test: name, Outcome: event.Passed, Run: d.run}
	done := strings.HasPrefix(name, "Benchmark") && strings.Contains(output, " ns/op")
	if e.Action == wire.Fail && !done {
		c.Outcome, c.Output = event.Unfinished, output
		d.unfinished = e.Package + "." + name
		d.cutOff[e.Package] = append(d.cutOff[e.Package], name)
	}
	return c
}

// attachBuild gives a package that could not be built what the compiler said,
// unless another has it already.
func (d *digest) attachBuild(p *pkgState, e *wire.Event) {
	if e.FailedBuild == "" {
		return
	}
	p.Outcome = event.BuildFailed
	if first, ok := d.told[e.FailedBuild]; ok {
		p.ErrorsWith = first
		p.BuildOutput = "# " + e.FailedBuild + "\n(errors are shown with " + first + ")\n"
		return
	}
	d.told[e.FailedBuild] = e.Package
	p.BuildOutput = strings.Join(d.builds[e.FailedBuild], "")
	delete(d.builds, e.FailedBuild)
}

// end reports what no package claimed and sums up. Tests of packages that
// never ended, as when go was killed, are unfinished.
func (d *digest) end(exit int, wall time.Duration) event.TestSummary {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.abandon()
	for _, name := range slices.Sorted(mapsKeys(d.builds)) {
		d.sink.Emit(event.TestPackage{Package: name, Outcome: event.BuildFailed, BuildOutput: strings.Join(d.builds[name], "")})
	}
	d.settleMoved()
	for _, f := range d.flaky() {
		d.sink.Emit(event.TestFlaky{Package: f.Package, Test: f.Test, Runs: f.Runs, Failed: f.Failed, Failing: d.stress})
		d.sum.Flaky++
		if !d.stress {
			d.sum.Failed--
		}
	}
	if d.stress {
		d.sum.Failed = len(d.outcomes)
	}
	d.sum.ExitCode, d.sum.WallNS = exit, wall.Nanoseconds()
	return d.sum
}

// abandon ends the packages that have not ended.
func (d *digest) abandon() {
	for _, name := range slices.Sorted(mapsKeys(d.packages)) {
		p := d.packages[name]
		delete(d.packages, name)
		if len(p.tests) > 0 || len(p.out) > 0 {
			d.pkgEnded(p, &wire.Event{Package: name, Action: wire.Fail})
		}
	}
}

// framing reports whether a line of output is go's, which says what the event
// says as well: that a test begins, waits, goes on or ends.
func framing(line, test string) bool {
	switch {
	case strings.HasPrefix(line, "=== "):
		for _, word := range []string{"RUN   ", "PAUSE ", "CONT  ", "NAME  "} {
			if strings.HasPrefix(line[4:], word) {
				return true
			}
		}
	case strings.Contains(line, "--- "):
		body := strings.TrimLeft(line, " ")
		for _, word := range []string{"--- FAIL: ", "--- PASS: ", "--- SKIP: "} {
			if rest, ok := strings.CutPrefix(body, word); ok && strings.HasPrefix(rest, test+" (") {
				return true
			}
		}
	}
	return false
}
