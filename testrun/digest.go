package testrun

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"sync"
	"time"

	"gotest.tools/gotestsum/testjson"

	"github.com/gust-go/gust/internal/event"
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

	mu       sync.Mutex
	packages map[string]*pkgState
	builds   map[string][]string // output of builds by go's name of the package
	told     map[string]string   // builds whose output was given to a package
	seen     map[string]bool     // packages that ended in any run
	outcomes map[testKey]*counts
	sum      event.TestSummary
	run      int

	// uncached says by package why its result is not in go's cache.
	uncached    func(pkg string) string
	buildFailed bool
	// unfinished names a test that began and did not end.
	unfinished string
	// watch, if not nil, notes how tests end.
	watch map[testKey]testjson.Action
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
	}
}

// add takes note of an event.
func (d *digest) add(e testjson.TestEvent) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if e.Package == "" {
		d.build(e)
		return
	}
	if len(e.Bytes()) == 0 {
		return // testjson made it up at the end for a test that is unfinished
	}
	p := d.packages[e.Package]
	if p == nil {
		p = &pkgState{tests: make(map[string]*liveTest)}
		p.Package, p.Run = e.Package, e.RunID
		d.packages[e.Package] = p
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

// build handles what go says about a package that it builds.
func (d *digest) build(e testjson.TestEvent) {
	switch e.Action {
	case testjson.ActionBuild:
		d.builds[e.ImportPath] = append(d.builds[e.ImportPath], e.Output)
	case "build-fail":
		d.buildFailed = true
	}
}

func (d *digest) test(p *pkgState, e testjson.TestEvent) {
	t := p.tests[e.Test]
	switch e.Action {
	case testjson.ActionRun:
		p.survived()
		p.tests[e.Test] = &liveTest{began: d.now()}
		d.sink.Emit(event.TestStart{Package: e.Package, Test: e.Test})
	case testjson.ActionOutput, testjson.ActionBench:
		switch {
		case framing(e.Output, e.Test):
		case p.crashOutput(e.Test, e.Output):
		case t == nil: // it has ended; what it still says may be a panic's trace
			p.out = append(p.out, e.Output)
		default:
			t.out = append(t.out, e.Output)
		}
	case testjson.ActionPause:
		if t != nil {
			t.ran += d.now().Sub(t.began)
			t.paused = true
		}
	case testjson.ActionCont:
		if t != nil {
			t.began, t.paused = d.now(), false
		}
	case testjson.ActionPass, testjson.ActionFail, testjson.ActionSkip:
		delete(p.tests, e.Test)
		p.resume(e.Test, d.now())
		d.ended(p, e, t)
	}
}

// ended reports a test that has ended.
func (d *digest) ended(p *pkgState, e testjson.TestEvent, t *liveTest) {
	c := event.TestCase{Package: e.Package, Test: e.Test, Outcome: string(e.Action), Run: e.RunID, ElapsedNS: int64(e.Elapsed * 1e9)}
	if t != nil && e.Action != testjson.ActionPass {
		c.Output = strings.Join(t.out, "")
	}
	if e.Action == testjson.ActionFail && p.crash != nil && p.crash.about(e.Test) {
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

func (d *digest) pkg(p *pkgState, e testjson.TestEvent) {
	switch e.Action {
	case testjson.ActionOutput, testjson.ActionBench:
		d.pkgOutput(p, e.Output)
	case testjson.ActionPass, testjson.ActionSkip, testjson.ActionFail:
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
func (d *digest) pkgEnded(p *pkgState, e testjson.TestEvent) {
	p.settle()
	for _, name := range sortedTests(p.tests) {
		d.result(p, d.leftOver(e, name, strings.Join(p.tests[name].out, "")))
	}
	p.ElapsedNS = int64(e.Elapsed * 1e9)
	p.Outcome = string(e.Action)
	switch {
	case e.Action == testjson.ActionFail:
		p.Output = strings.Join(p.out, "")
		d.attachBuild(p, e)
	case p.Tests == 0:
		p.Outcome = event.NoTests
	}
	if d.uncached != nil && d.run == 0 && !p.Cached && (p.Outcome == event.Passed || p.Outcome == event.TestFailed) {
		p.Uncached = d.uncached(e.Package)
	}
	d.countPackage(p)
	d.sink.Emit(p.TestPackage)
}

// leftOver is the result of a test that has no end in the stream. Benchmarks
// never have one; and if the package passed, so did its tests.
func (d *digest) leftOver(e testjson.TestEvent, name, output string) event.TestCase {
	c := event.TestCase{Package: e.Package, Test: name, Outcome: event.Passed, Run: e.RunID}
	done := strings.HasPrefix(name, "Benchmark") && strings.Contains(output, " ns/op")
	if e.Action == testjson.ActionFail && !done {
		c.Outcome, c.Output = event.Unfinished, output
		d.unfinished = e.Package + "." + name
	}
	return c
}

// attachBuild gives a package that could not be built what the compiler said,
// unless another has it already.
func (d *digest) attachBuild(p *pkgState, e testjson.TestEvent) {
	// testjson does not know this field, which is there since go 1.24.
	if !bytes.Contains(e.Bytes(), []byte(`"FailedBuild"`)) {
		return
	}
	var raw struct{ FailedBuild string }
	if json.Unmarshal(e.Bytes(), &raw) != nil || raw.FailedBuild == "" {
		return
	}
	p.Outcome = event.BuildFailed
	if first, ok := d.told[raw.FailedBuild]; ok {
		p.BuildOutput = "# " + raw.FailedBuild + "\n(errors are shown with " + first + ")\n"
		return
	}
	d.told[raw.FailedBuild] = e.Package
	p.BuildOutput = strings.Join(d.builds[raw.FailedBuild], "")
	delete(d.builds, raw.FailedBuild)
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
	for _, f := range d.flaky() {
		d.sink.Emit(event.TestFlaky{Package: f.Package, Test: f.Test, Runs: f.Runs, Failed: f.Failed})
		d.sum.Flaky++
		d.sum.Failed--
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
			d.pkgEnded(p, testjson.TestEvent{Package: name, Action: testjson.ActionFail, RunID: p.Run})
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
