package history

import (
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/gust-go/gust/internal/event"
)

// A Collector gathers the records of one run from its events. It is an
// [event.Sink].
//
// What it holds does not grow with the number of tests beyond what a log
// keeps: a package that ended is packed, and of a run with more results than
// MaxBytes those of the packages that passed first are dropped.
type Collector struct {
	// MaxBytes bounds the results of the packages that passed, as they stand in
	// the log; 0 means DefaultMaxBytes.
	MaxBytes int64

	mu       sync.Mutex
	packages map[string]*collected
	passed   []*collected // packed, in the order in which they ended
	packed   int64        // bytes of theirs
}

// collected is what is known of one package while the run goes on.
type collected struct {
	Record
	tests map[string]*attempts
	// packed are the tests, encoded, while none of them runs.
	packed []byte
}

// attempts are the runs of one test; a failure outweighs other results of the
// same run, as with -count.
type attempts struct {
	run       int
	result    string
	anyFailed bool
	elapsed   int64
}

// Emit implements [event.Sink]; events that do not end a test or package are
// passed over.
func (c *Collector) Emit(e event.Event) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch e := e.(type) {
	case event.TestCase:
		c.test(e)
	case event.TestPackage:
		c.ended(e)
	}
}

func (c *Collector) of(name string) *collected {
	if c.packages == nil {
		c.packages = make(map[string]*collected)
	}
	if c.packages[name] == nil {
		c.packages[name] = &collected{Record: Record{V: 1, Package: name}}
	}
	return c.packages[name]
}

func (c *Collector) test(e event.TestCase) {
	p := c.of(e.Package)
	c.unpack(p)
	a := p.tests[e.Test]
	if a == nil {
		a = &attempts{run: e.Run}
		p.tests[e.Test] = a
	}
	result := e.Outcome
	if result == event.Unfinished {
		result = Fail
	}
	if e.Run != a.run || a.result != Fail {
		a.result = result
	}
	a.run, a.elapsed = e.Run, e.ElapsedNS
	a.anyFailed = a.anyFailed || result == Fail
}

// ended takes the result and the time of a package from its first run: a
// rerun is of a single test.
func (c *Collector) ended(e event.TestPackage) {
	p := c.of(e.Package)
	defer c.pack(p)
	if p.Result != "" && e.Run > 0 {
		return
	}
	p.Cached, p.ElapsedNS = e.Cached, e.ElapsedNS
	switch p.Result = e.Outcome; e.Outcome {
	case event.NoTests:
		p.Result = Skip
	case event.BuildFailed:
		p.Result = Fail
	}
}

// Records returns the records of the packages that ended, sorted by package.
// What has no import path, such as files on the command line and patterns
// that match nothing, is left out: the name means something else next time.
func (c *Collector) Records(run Run) []Record {
	c.mu.Lock()
	defer c.mu.Unlock()
	var records []Record
	for _, name := range slices.Sorted(maps.Keys(c.packages)) {
		p := c.packages[name]
		if p.Result == "" || strings.HasPrefix(name, ".") || strings.HasPrefix(name, "_") || name == "command-line-arguments" {
			continue
		}
		r := p.Record
		r.Run, r.Time, r.Root, r.Partial = run.ID, run.Time, run.Root, run.Partial
		r.Tests = p.all()
		if r.Result == Fail && has(r.Tests, Flaky) && !has(r.Tests, Fail) {
			r.Result = Flaky
		}
		records = append(records, r)
	}
	return records
}

func has(tests []Test, result string) bool {
	return slices.ContainsFunc(tests, func(t Test) bool { return t.Result == result })
}

// results are the tests, sorted by name; a cached package has none.
func (p *collected) results() []Test {
	if p.Cached {
		return nil
	}
	var out []Test
	for _, name := range slices.Sorted(maps.Keys(p.tests)) {
		a := p.tests[name]
		t := Test{Name: name, Result: a.result, ElapsedNS: a.elapsed}
		if t.Result == Pass && a.anyFailed {
			t.Result = Flaky
		}
		out = append(out, t)
	}
	return out
}
