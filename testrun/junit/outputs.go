package junit

import (
	"strings"

	"gotest.tools/gotestsum/testjson"
)

// Outputs gathers what passed tests write, which an Execution drops. It is a
// testjson.EventHandler beside the one that shows the run. The zero value is
// ready to use.
type Outputs struct {
	running map[test]*strings.Builder
	passed  map[testCaseID]string
}

type test struct{ pkg, name string }

// An ID is unique within a package only.
type testCaseID struct {
	pkg string
	id  int
}

// Event implements testjson.EventHandler.
func (o *Outputs) Event(e testjson.TestEvent, exec *testjson.Execution) error {
	if e.Test == "" {
		return nil
	}
	key := test{e.Package, e.Test}
	switch {
	case e.Action == testjson.ActionOutput && !frame(e.Output):
		if o.running == nil {
			o.running, o.passed = make(map[test]*strings.Builder), make(map[testCaseID]string)
		}
		if o.running[key] == nil {
			o.running[key] = new(strings.Builder)
		}
		o.running[key].WriteString(e.Output)
	case e.Action.IsTerminal():
		text := o.running[key]
		delete(o.running, key)
		passed := exec.Package(e.Package).Passed
		if text != nil && e.Action == testjson.ActionPass && len(passed) > 0 {
			o.passed[testCaseID{e.Package, passed[len(passed)-1].ID}] = text.String()
		}
	}
	return nil
}

// Err implements testjson.EventHandler.
func (o *Outputs) Err(string) error { return nil }

// Of is what a test wrote that passed.
func (o *Outputs) Of(tc testjson.TestCase) string { return o.passed[testCaseID{tc.Package, tc.ID}] }

// frame reports whether package testing wrote a line to say what the test is
// doing.
func frame(line string) bool {
	line = strings.TrimLeft(line, " ")
	for _, word := range []string{"=== RUN ", "=== PAUSE ", "=== CONT ", "=== NAME ", "--- PASS: "} {
		if strings.HasPrefix(line, word) {
			return true
		}
	}
	return false
}
