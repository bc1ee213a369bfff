package state

import (
	"cmp"
	"fmt"
	"iter"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/gust-go/gust/internal/event"
)

// testState is what is known of the tests.
type testState struct {
	packages map[string]*testPackage
	summary  *event.TestSummary
}

type testPackage struct {
	path    string
	last    *event.TestPackage
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

// stop forgets what was running.
func (t *testState) stop() {
	for _, p := range t.packages {
		for name, c := range p.tests {
			if c.outcome == "" {
				delete(p.tests, name)
			}
		}
		p.running = 0
		p.shape.made = false
	}
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

func (t *testState) apply(e event.Event) {
	switch e := e.(type) {
	case event.TestStart:
		t.of(e.Package).begin(e.Test)
	case event.TestCase:
		t.of(e.Package).end(e)
	case event.TestOutput:
		if e.Test != "" {
			c := t.of(e.Package).of(e.Test)
			c.output = tail(c.output + e.Text)
		}
	case event.TestSlow:
		t.of(e.Package).of(e.Test).slow = true
	case event.TestFlaky:
		t.of(e.Package).of(e.Test).flaky = true
	case event.TestPackage:
		p := t.of(e.Package)
		p.last = &e
		p.last.Output = tail(e.Output)
	case event.TestSummary:
		t.summary = &e
	}
}

// begin notes that a test runs, perhaps again.
func (p *testPackage) begin(name string) {
	if c := p.tests[name]; c != nil && c.outcome != "" {
		p.forget(c)
		delete(p.tests, name)
	}
	p.of(name)
}

func (p *testPackage) forget(c *test) {
	if c.bad() {
		p.failed--
	}
}

func (p *testPackage) end(e event.TestCase) {
	c := p.of(e.Test)
	if c.outcome == "" {
		p.running--
	} else {
		p.forget(c)
	}
	c.outcome, c.elapsed, c.file, c.line = e.Outcome, e.ElapsedNS, e.File, e.Line
	if e.Output != "" {
		c.output = tail(e.Output)
	}
	if c.bad() {
		p.failed++
	} else {
		c.output = "" // of ten thousand tests that pass nobody reads it
	}
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
	}
	return OK
}

func (p *testPackage) mark() Mark {
	switch {
	case p.failed > 0, p.last != nil && (p.last.Outcome == "fail" || p.last.Outcome == event.BuildFailed):
		return Fail
	case p.running > 0 || p.last == nil:
		return Running
	case p.last.Outcome == event.NoTests:
		return Skipped
	}
	return OK
}

// rows is the tree of packages and tests, what fails first. With full it is a
// list of all tests by their full names, for a filter to choose from.
func (t *testState) rows(full bool) []Row {
	order := map[Mark]int{Fail: 0, Running: 1, Flaky: 2, OK: 3, Skipped: 4}
	list := slices.SortedFunc(maps.Values(t.packages), func(a, b *testPackage) int {
		return cmp.Or(cmp.Compare(order[a.mark()], order[b.mark()]), cmp.Compare(a.path, b.path))
	})
	var rows []Row
	for _, p := range list {
		if p.last == nil && len(p.tests) == 0 {
			continue // open, and not seen in this run
		}
		rows = append(rows, p.all(full)...)
	}
	return rows
}

// all are the rows of a package.
func (p *testPackage) all(full bool) []Row {
	want := shape{made: true, open: p.open, full: full}
	if p.shape == want {
		return p.rows
	}
	p.shape = want
	p.rows = append(p.rows[:0:0], p.row())
	if m := p.mark(); p.open || full || m == Fail || m == Running {
		p.rows = p.testRows(p.rows, full)
	}
	return p.rows
}

func (p *testPackage) row() Row {
	r := Row{Key: "package " + p.path, Mark: p.mark(), Text: p.path, Package: p.path, Rerun: []string{"test", p.path}}
	var note []string
	if p.failed > 0 {
		note = append(note, fmt.Sprintf("%d failed", p.failed))
	}
	if p.running > 0 {
		note = append(note, fmt.Sprintf("%d running", p.running))
	}
	if p.last != nil {
		switch {
		case p.last.Outcome == event.NoTests:
			note = append(note, "no tests")
		case p.last.Outcome == event.BuildFailed:
			note = append(note, "not built")
		default:
			note = append(note, count(p.last.Tests, "test"))
		}
		if p.last.Cached {
			note = append(note, "cached")
		} else if p.last.ElapsedNS > 0 {
			note = append(note, duration(p.last.ElapsedNS))
		}
	}
	r.Note = strings.Join(note, ", ")
	return r
}

// testRows adds the tests of a package: all, or those that fail or run.
func (p *testPackage) testRows(rows []Row, full bool) []Row {
	if p.last != nil && p.last.BuildOutput+p.last.Output != "" {
		text := p.last.BuildOutput + p.last.Output
		rows = append(rows, Row{Key: "output " + p.path, Mark: Fail, Depth: 1, Text: headline(text), Detail: text})
	}
	names := slices.SortedFunc(maps.Keys(p.tests), func(a, b string) int {
		return cmp.Compare(strings.ReplaceAll(a, "/", "\x00"), strings.ReplaceAll(b, "/", "\x00"))
	})
	for _, name := range names {
		c := p.tests[name]
		if m := c.mark(); !p.open && !full && m != Fail && m != Running && m != Flaky {
			continue
		}
		r := p.testRow(name, c)
		if full {
			r.Depth, r.Text = 0, p.path+" "+name
		}
		rows = append(rows, r)
	}
	return rows
}

func (p *testPackage) testRow(name string, c *test) Row {
	short := name[strings.LastIndexByte(name, '/')+1:]
	r := Row{
		Key: "test " + p.path + " " + name, Mark: c.mark(), Depth: 1 + strings.Count(name, "/"), Text: short,
		Package: p.path, File: c.file, Line: c.line, Rerun: []string{"test", "-run=" + pattern(name), p.path},
	}
	if c.elapsed > 0 {
		r.Note = duration(c.elapsed)
	}
	if c.slow {
		r.Note = strings.TrimSpace("slow " + r.Note)
	}
	if c.output != "" {
		r.Detail = p.path + " " + name + "\n\n" + c.output
	}
	return r
}

func count(n int, thing string) string {
	if n != 1 {
		thing += "s"
	}
	return fmt.Sprintf("%d %s", n, thing)
}

// pattern is what -run takes for one test.
func pattern(name string) string {
	parts := strings.Split(name, "/")
	for i, part := range parts {
		parts[i] = "^" + regexp.QuoteMeta(part) + "$"
	}
	return strings.Join(parts, "/")
}

func mapKeys[K comparable, V any](m map[K]V) iter.Seq[K] { return maps.Keys(m) }
