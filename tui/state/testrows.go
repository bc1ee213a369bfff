package state

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/gust-go/gust/internal/event"
	"github.com/gust-go/gust/internal/limit"
	"github.com/gust-go/gust/internal/words"
)

// rows is the tree of packages and tests, what fails first. With full it is a
// list of all tests by their full names, for a filter to choose from.
func (t *testState) rows(full bool) []Row {
	order := map[Mark]int{Fail: 0, Unknown: 1, Running: 2, OK: 3, Skipped: 4}
	list := slices.SortedFunc(maps.Values(t.packages), func(a, b *testPackage) int {
		return cmp.Or(cmp.Compare(order[a.mark()], order[b.mark()]), cmp.Compare(a.path, b.path))
	})
	rows := make([]Row, 0, t.rowCount+t.rowCount/8) // of thousands, and about as many as before
	for _, p := range list {
		if p.last == nil && p.box == nil && len(p.tests) == 0 {
			continue // open, and not seen in this run
		}
		rows = append(rows, p.all(full)...)
	}
	t.rowCount = len(rows)
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
	p.rows = p.findings(p.rows)
	p.rows = p.testRows(p.rows, full)
	return p.rows
}

func (p *testPackage) row() Row {
	r := Row{Key: "package " + p.path, Mark: p.mark(), Text: p.path, Package: p.path, Rerun: []string{p.path}, Detail: p.detail}
	if len(p.tests) > 0 {
		r.Fold = folds(nil).fold("", p.open)
	}
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
			note = append(note, words.Count(p.count(), "test"))
		}
		if p.last.Cached {
			note = append(note, "cached")
		} else if p.last.ElapsedNS > 0 {
			note = append(note, duration(p.last.ElapsedNS))
		}
	} else if p.running == 0 {
		note = append(note, "not finished")
	}
	r.Note = strings.Join(note, ", ")
	return r
}

// count is how many tests there are. A run of some tells nothing of the others,
// and one without any events only how many there were.
func (p *testPackage) count() int { return max(len(p.tests), p.last.Tests) }

// detail is what there is to know about a package as a whole.
func (p *testPackage) detail() string {
	var t strings.Builder
	t.WriteString(p.path + "\n")
	if l := p.last; l != nil {
		fmt.Fprintf(&t, "%s\n\n%s, %d failed", l.Outcome, words.Count(p.count(), "test"), p.failed)
		if l.Skipped > 0 {
			fmt.Fprintf(&t, ", %d skipped", l.Skipped)
		}
		switch {
		case l.Cached:
			t.WriteString("\nfrom go's cache")
		case l.Uncached != "":
			t.WriteString("\nnot from go's cache: " + l.Uncached)
		}
		if l.Coverage != "" {
			t.WriteString("\n" + l.Coverage)
		}
		t.WriteString("\n")
	}
	if p.box != nil {
		t.WriteString("\n" + boxText(p.box))
	}
	slowest := slices.SortedFunc(maps.Keys(p.tests), func(a, b string) int {
		return cmp.Or(cmp.Compare(p.tests[b].elapsed, p.tests[a].elapsed), cmp.Compare(a, b))
	})
	title := "\nslowest tests:\n"
	for _, name := range slowest[:min(len(slowest), 10)] {
		if took := p.tests[name].elapsed; took > 0 {
			fmt.Fprintf(&t, "%s  %6s  %s\n", title, duration(took), name)
			title = ""
		}
	}
	return t.String()
}

// findings adds what the package did besides its tests.
func (p *testPackage) findings(rows []Row) []Row {
	if p.last != nil && p.last.BuildOutput+p.last.Output != "" {
		text, mark := p.last.BuildOutput+p.last.Output, Fail
		if p.last.Outcome == "pass" {
			mark = Info
		}
		rows = append(rows, Row{Key: "output " + p.path, Mark: mark, Depth: 1, Text: headline(text), Package: p.path, Detail: func() string { return text }})
	}
	if box := p.box; box != nil {
		r := Row{Key: "sandbox " + p.path, Mark: Warning, Depth: 1, Text: boxHeadline(box), Note: "sandbox", Package: p.path, Detail: func() string { return boxText(box) }}
		switch {
		case box.NotRun:
			r.Mark = Fail
		case len(box.Wrote)+len(box.Left) == 0:
			r.Mark = Info
		}
		rows = append(rows, r)
	}
	return rows
}

func boxHeadline(e *event.TestSandbox) string {
	if e.Error != "" && e.Isolation != "landlock" && e.Isolation != "basic" {
		return map[bool]string{true: "not run: ", false: "without a sandbox: "}[e.NotRun] + e.Error
	}
	var parts []string
	if e.Error != "" {
		parts = append(parts, e.Isolation+" isolation only: "+e.Error)
	}
	for _, l := range e.Limits {
		parts = append(parts, "hit "+limit.Text(limit.Name(l.Limit), l.Value))
	}
	if n := len(e.Wrote); n > 0 {
		parts = append(parts, "wrote "+words.Count(n, "file")+" to the checkout or home")
	}
	if n := len(e.Left); n > 0 {
		parts = append(parts, "left "+map[bool]string{true: "a process", false: fmt.Sprint(n) + " processes"}[n == 1]+" running")
	}
	if n := len(e.Temp); n > 0 {
		parts = append(parts, "left "+words.Count(n, "temporary file"))
	}
	return strings.Join(parts, ", ")
}

func boxText(e *event.TestSandbox) string {
	var t strings.Builder
	t.WriteString("sandbox: " + boxHeadline(e) + "\n")
	for _, w := range e.Wrote {
		fmt.Fprintf(&t, "  %s %s\n", w.Op, w.Path)
	}
	for _, argv := range e.Left {
		fmt.Fprintf(&t, "  killed: %s\n", strings.Join(argv, " "))
	}
	for _, file := range e.Temp {
		fmt.Fprintf(&t, "  removed: %s\n", file)
	}
	return t.String()
}

// testRows adds the tests of a package: all, or those that need attention.
func (p *testPackage) testRows(rows []Row, full bool) []Row {
	if m := p.mark(); !p.open && !full && m == OK && !p.anyFlaky() {
		return rows
	}
	names := slices.SortedFunc(maps.Keys(p.tests), func(a, b string) int {
		return cmp.Compare(strings.ReplaceAll(a, "/", "\x00"), strings.ReplaceAll(b, "/", "\x00"))
	})
	for _, name := range names {
		c := p.tests[name]
		if m := c.mark(); !p.open && !full && (m == OK || m == Skipped) {
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

func (p *testPackage) anyFlaky() bool {
	for _, c := range p.tests {
		if c.flaky {
			return true
		}
	}
	return false
}

func (p *testPackage) testRow(name string, c *test) Row {
	short := name[strings.LastIndexByte(name, '/')+1:]
	r := Row{
		Key: "test " + p.path + " " + name, Mark: c.mark(), Depth: 1 + strings.Count(name, "/"), Text: short,
		Package: p.path, File: c.file, Line: c.line, Rerun: []string{"-run=" + pattern(name), p.path},
	}
	var note []string
	if c.flaky {
		note = append(note, "flaky")
	}
	if c.slow {
		note = append(note, "slow")
	}
	switch {
	case c.outcome == "":
		r.Since = c.since
	case c.outcome == cutOff, c.outcome == event.Unfinished:
		note = append(note, "not finished")
	case c.outcome == event.Skipped:
		note = append(note, "skipped")
	}
	if c.elapsed > 0 {
		note = append(note, duration(c.elapsed))
	}
	r.Note = strings.Join(note, ", ")
	r.Detail = func() string { return p.testDetail(name, c, r) }
	return r
}

// testDetail is what a test wrote, and how to run it.
func (p *testPackage) testDetail(name string, c *test, r Row) string {
	var t strings.Builder
	fmt.Fprintf(&t, "%s %s\n", p.path, name)
	if c.file != "" {
		fmt.Fprintf(&t, "%s:%d\n", c.file, c.line)
	}
	if c.outcome != "" {
		t.WriteString(joined(c.outcome, r.Note) + "\n")
	}
	fmt.Fprintf(&t, "gust test -run='%s' %s\n", strings.ReplaceAll(pattern(name), "'", `'\''`), p.path)
	if c.output != "" {
		t.WriteString("\n" + c.output)
	}
	return t.String()
}
