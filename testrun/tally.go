package testrun

import (
	"cmp"
	"slices"
	"strings"

	"gotest.tools/gotestsum/testjson"
)

// A testKey names a test.
type testKey struct{ pkg, test string }

// Flaky is a test that failed and passed in one run of gust.
type Flaky struct {
	Package, Test string
	// Runs counts how often it ran, Failed how often it failed.
	Runs, Failed int
}

// A tally counts what an Execution does not: what became of single tests
// over reruns, and which packages could not be built.
type tally struct {
	// running has the tests that began and did not end, by package.
	running map[string]map[string]bool
	// failed has every test that ever failed.
	failed map[testKey]*counts
	// buildFailed has the packages that go could not build.
	buildFailed map[string]bool
	// unfinished names tests that never ended, as when they call os.Exit.
	unfinished []string
	// anyFailed is true once a test or package failed.
	anyFailed bool
	// watch, if not nil, notes how tests end.
	watch map[testKey]testjson.Action
}

type counts struct {
	runs, failed int
	// passed is true if the last run of the test passed.
	passed bool
}

func newTally() *tally {
	return &tally{
		running:     make(map[string]map[string]bool),
		failed:      make(map[testKey]*counts),
		buildFailed: make(map[string]bool),
	}
}

// add takes note of an event.
func (t *tally) add(e testjson.TestEvent) {
	if e.Test == "" {
		t.addPackage(e)
		return
	}
	switch e.Action {
	case testjson.ActionRun:
		if t.running[e.Package] == nil {
			t.running[e.Package] = make(map[string]bool)
		}
		t.running[e.Package][e.Test] = true
	case testjson.ActionFail, testjson.ActionPass, testjson.ActionSkip:
		delete(t.running[e.Package], e.Test)
		t.ended(testKey{e.Package, e.Test}, e.Action)
	}
}

func (t *tally) addPackage(e testjson.TestEvent) {
	switch {
	case e.Action == "build-fail":
		path, _, _ := strings.Cut(e.ImportPath, " ")
		t.buildFailed[path] = true
	case e.Action.IsTerminal():
		for test := range t.running[e.Package] {
			t.unfinished = append(t.unfinished, e.Package+"."+test)
		}
		delete(t.running, e.Package)
		t.anyFailed = t.anyFailed || e.Action == testjson.ActionFail
	}
}

func (t *tally) ended(key testKey, action testjson.Action) {
	if t.watch != nil {
		t.watch[key] = action
	}
	t.anyFailed = t.anyFailed || action == testjson.ActionFail
	c := t.failed[key]
	if c == nil {
		if action != testjson.ActionFail {
			return
		}
		c = new(counts)
		t.failed[key] = c
	}
	c.runs++
	c.passed = action != testjson.ActionFail
	if !c.passed {
		c.failed++
	}
}

// prune drops what passed from the Execution, which nobody looks at again.
// A root test stays while subtests of it run: testjson wants to know whether
// it passed should they never end.
func (t *tally) prune(e testjson.TestEvent, exec *testjson.Execution) {
	if e.Action != testjson.ActionPass || e.Test == "" {
		return
	}
	pkg := exec.Package(e.Package)
	if !testjson.TestName(e.Test).IsSubTest() && t.hasRunning(e.Package, e.Test+"/") {
		return
	}
	pkg.Passed = pkg.Passed[:len(pkg.Passed)-1]
}

func (t *tally) hasRunning(pkg, prefix string) bool {
	for test := range t.running[pkg] {
		if strings.HasPrefix(test, prefix) {
			return true
		}
	}
	return false
}

// flaky are the tests that failed and whose last run passed.
func (t *tally) flaky() []Flaky {
	return t.list(func(c *counts) bool { return c.passed })
}

// list are the tests that ever failed and that ok picks.
func (t *tally) list(ok func(*counts) bool) []Flaky {
	var all []Flaky
	for key, c := range t.failed {
		if ok(c) {
			all = append(all, Flaky{key.pkg, key.test, c.runs, c.failed})
		}
	}
	slices.SortFunc(all, func(a, b Flaky) int {
		return cmp.Or(cmp.Compare(a.Package, b.Package), cmp.Compare(a.Test, b.Test))
	})
	return all
}
