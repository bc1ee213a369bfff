package state

import (
	"regexp"
	"strings"
	"time"

	"github.com/gust-go/gust/internal/event"
)

// cutOff is the outcome of a test that ran when its run was ended.
const cutOff = "cut off"

// testState is what is known of the tests.
type testState struct {
	packages map[string]*testPackage
	summary  *event.TestSummary
	held     int // bytes of output
	rowCount int // rows made last
}

type testPackage struct {
	path    string
	last    *event.TestPackage
	box     *event.TestSandbox
	tests   map[string]*test
	running int
	failed  int
	// open shows all tests; otherwise those that fail or run are shown.
	open bool

	// rows are kept until an event is about the package: of thousands few change
	// at a time.
	rows  []Row
	shape shape
}

// shape says how the rows of a package were made.
type shape struct{ made, open, full bool }

type test struct {
	outcome string // empty while it runs
	since   time.Time
	flaky   bool
	slow    bool
	elapsed int64
	output  string
	file    string
	line    int
}

func (t *testState) reset() {
	old := t.packages
	*t = testState{packages: map[string]*testPackage{}}
	for path, p := range old {
		if p.open { // a package stays open from run to run
			t.of(path).open = true
		}
	}
}

// stop notes that nothing runs any more.
func (t *testState) stop() {
	for _, p := range t.packages {
		if p.running > 0 {
			p.stop()
		}
		p.shape.made = false
	}
}

// stop notes that no test runs any more. What did not end was in the way.
func (p *testPackage) stop() {
	if p.running == 0 {
		return
	}
	for _, c := range p.tests {
		if c.outcome == "" {
			c.outcome = cutOff
		}
	}
	p.running = 0
}

func (t *testState) of(path string) *testPackage {
	p := t.packages[path]
	if p == nil {
		p = &testPackage{path: path, tests: map[string]*test{}}
		t.packages[path] = p
	}
	p.shape.made = false // whoever asks for it by name changes it
	return p
}

func (p *testPackage) of(name string) *test {
	c := p.tests[name]
	if c == nil {
		c = &test{}
		p.tests[name] = c
		p.running++
	}
	return c
}

func (t *testState) toggle(path string) {
	p := t.of(path)
	p.open = !p.open
}

func (t *testState) apply(e event.Event, now time.Time) {
	switch e := e.(type) {
	case event.TestStart:
		t.begin(t.of(e.Package), e.Test).since = now
	case event.TestCase:
		t.end(t.of(e.Package), e)
	case event.TestOutput:
		if e.Test != "" {
			c := t.of(e.Package).of(e.Test)
			t.keep(c, c.output+e.Text)
		}
	case event.TestSlow:
		t.of(e.Package).of(e.Test).slow = true
	case event.TestFlaky:
		t.of(e.Package).of(e.Test).flaky = true
	case event.TestSandbox:
		t.of(e.Package).box = &e
	case event.TestPackage:
		p := t.of(e.Package)
		if first := p.last; e.Run > 0 && first != nil { // of which only what failed has run again
			e.Skipped, e.ElapsedNS, e.Coverage = first.Skipped, first.ElapsedNS, first.Coverage
		}
		p.last = &e
		p.last.Output, p.last.BuildOutput = tail(e.Output, maxOutput), tail(e.BuildOutput, maxOutput)
		p.stop()
	case event.TestSummary:
		t.summary = &e
	}
}

// begin notes that a test runs, perhaps again.
func (t *testState) begin(p *testPackage, name string) *test {
	if c := p.tests[name]; c != nil && c.outcome != "" {
		p.forget(c)
		t.keep(c, "")
		delete(p.tests, name)
	}
	return p.of(name)
}

func (p *testPackage) forget(c *test) {
	if c.bad() {
		p.failed--
	}
}

func (t *testState) end(p *testPackage, e event.TestCase) {
	c := p.of(e.Test)
	if c.outcome == "" {
		p.running--
	} else {
		p.forget(c)
	}
	c.outcome, c.elapsed, c.file, c.line = e.Outcome, e.ElapsedNS, e.File, e.Line
	if e.Output != "" {
		t.keep(c, e.Output)
	}
	switch {
	case c.bad():
		p.failed++
	case c.outcome != event.Skipped && !c.flaky:
		t.keep(c, "") // of ten thousand tests that pass nobody reads it
	}
}

// keep replaces the output of a test, of which the end is kept.
func (t *testState) keep(c *test, output string) {
	limit := maxOutput
	if t.held > maxHeld {
		limit = minOutput
	}
	t.held -= len(c.output)
	c.output = tail(output, limit)
	t.held += len(c.output)
}

func (c *test) bad() bool { return c.outcome == event.TestFailed || c.outcome == event.Unfinished }

func (c *test) mark() Mark {
	switch {
	case c.outcome == "":
		return Running
	case c.flaky:
		return Flaky
	case c.bad():
		return Fail
	case c.outcome == event.Skipped:
		return Skipped
	case c.outcome == cutOff:
		return Unknown
	}
	return OK
}

func (p *testPackage) mark() Mark {
	switch {
	case p.failed > 0, p.last != nil && (p.last.Outcome == "fail" || p.last.Outcome == event.BuildFailed):
		return Fail
	case p.running > 0:
		return Running
	case p.last == nil:
		return Unknown
	case p.last.Outcome == event.NoTests:
		return Skipped
	}
	return OK
}

// progress is how far the run is.
func (t *testState) progress() (ended, failed, running int) {
	for _, p := range t.packages {
		failed += p.failed
		running += p.running
		ended += len(p.tests) - p.running
	}
	return ended, failed, running
}

// pattern is what -run takes for one test.
func pattern(name string) string {
	parts := strings.Split(name, "/")
	for i, part := range parts {
		parts[i] = "^" + regexp.QuoteMeta(part) + "$"
	}
	return strings.Join(parts, "/")
}
