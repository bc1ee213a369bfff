package state

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gust-go/gust/internal/event"
)

var began = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

// lines are the rows of the pane that is shown, by mark, depth and text.
func lines(s *State) []string {
	var out []string
	for i, r := range s.Rows() {
		front := " "
		if i == s.Selected() {
			front = ">"
		}
		out = append(out, fmt.Sprintf("%s%s%d %s", front, strings.Repeat(" ", r.Depth), r.Mark, r.Text))
	}
	return out
}

func want(t *testing.T, s *State, rows ...string) {
	t.Helper()
	if got := lines(s); !slices.Equal(got, rows) {
		t.Errorf("rows are\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(rows, "\n"))
	}
}

func effects(t *testing.T, got []Effect, want ...Effect) {
	t.Helper()
	if len(got)+len(want) > 0 && !reflect.DeepEqual(got, want) {
		t.Errorf("effects are %#v, want %#v", got, want)
	}
}

// testRun is a run with a bit of everything.
func testRun(s *State) {
	s.Started(Tests, []string{"test", "./..."}, began)
	for _, e := range []event.Event{
		event.TestStart{Package: "m/b", Test: "TestGood"},
		event.TestCase{Package: "m/b", Test: "TestGood", Outcome: event.Passed},
		event.TestPackage{Package: "m/b", Outcome: event.Passed, Tests: 1, Cached: true},
		event.TestStart{Package: "m/a", Test: "TestX"},
		event.TestStart{Package: "m/a", Test: "TestX/sub_(y)"},
		event.TestCase{Package: "m/a", Test: "TestX/sub_(y)", Outcome: event.TestFailed, Output: "no\n", File: "a_test.go", Line: 7},
		event.TestCase{Package: "m/a", Test: "TestX", Outcome: event.TestFailed},
		event.TestCase{Package: "m/a", Test: "TestZ", Outcome: event.Passed},
		event.TestStart{Package: "m/c", Test: "TestLong"},
	} {
		s.Apply(e)
	}
}

func TestTests(t *testing.T) {
	s := New(Options{})
	effects(t, s.Press("3"))
	testRun(s)
	want(t, s, ">2 m/a", "  2 TestX", "   2 sub_(y)", " 3 m/c", "  3 TestLong", " 1 m/b")
	if got := s.Status(began.Add(4 * time.Second)); got != "gust test ./... for 4s: 4 tests ended, 2 failed, 1 running" {
		t.Errorf("status is %q", got)
	}

	// A selected row stays selected as others come and go.
	s.Press("j")
	s.Press("j")
	s.Apply(event.TestPackage{Package: "m/0", Outcome: "fail", Output: "panic: x\n"})
	want(t, s, " 2 m/0", "  2 panic: x", " 2 m/a", "  2 TestX", ">  2 sub_(y)", " 3 m/c", "  3 TestLong", " 1 m/b")
	effects(t, s.Press("r"), Start{Pane: Tests, Args: []string{"test", `-run=^TestX$/^sub_\(y\)$`, "m/a"}})
	effects(t, s.Press("e"), Open{Package: "m/a", File: "a_test.go", Line: 7})
	effects(t, s.Press("y"), ToClipboard{"sub_(y)"})
	s.Press("enter")
	if got := strings.Join(s.Detail, "\n"); got != "m/a TestX/sub_(y)\na_test.go:7\nfail\ngust test -run='^TestX$/^sub_\\(y\\)$' m/a\n\nno" {
		t.Errorf("detail is %q", got)
	}
	s.Press("esc")

	// A package opens and closes.
	s.Press("k")
	s.Press("k")
	s.Press("enter")
	want(t, s, " 2 m/0", "  2 panic: x", ">2 m/a", "  2 TestX", "   2 sub_(y)", "  1 TestZ", " 3 m/c", "  3 TestLong", " 1 m/b")
	s.Press("h")

	// One test again: it passes, and the others are still there.
	s.Ended(Tests, 1, "")
	s.Started(Tests, []string{"test", "-run=^TestX$", "m/a"}, began)
	for _, name := range []string{"TestX", "TestX/sub_(y)"} {
		s.Apply(event.TestStart{Package: "m/a", Test: name})
		s.Apply(event.TestCase{Package: "m/a", Test: name, Outcome: event.Passed})
	}
	s.Apply(event.TestPackage{Package: "m/a", Outcome: "pass", Tests: 2})
	want(t, s, " 2 m/0", "  2 panic: x", " 7 m/c", "  7 TestLong", ">1 m/a", " 1 m/b")
	s.Apply(event.TestSummary{Tests: 2, Packages: 1, WallNS: 1e9})
	s.Ended(Tests, 0, "")
	if got := s.Status(began); got != "2 tests in 1 package, 1s" {
		t.Errorf("status is %q", got)
	}

	// All again begins anew.
	effects(t, s.Press("a"), Start{Pane: Tests, Args: []string{"test", "./..."}})
	s.Started(Tests, []string{"test", "./..."}, began)
	want(t, s)
}

func TestFilter(t *testing.T) {
	s := New(Options{})
	s.Press("3")
	testRun(s)
	s.Press("/")
	s.Type("test")
	s.Type("z")
	want(t, s, ">1 m/a TestZ") // of a package that is closed, too
	s.Press("backspace")
	s.Press("enter")
	if len(s.Rows()) != 6 {
		t.Errorf("rows are %q", lines(s))
	}
	effects(t, s.Press("q"), Stop{})
	s.Press("esc")
	if s.Filter != "" || len(s.Rows()) != 6 {
		t.Errorf("esc leaves %q", s.Filter)
	}
	// What is typed is no command.
	s.Press("/")
	effects(t, s.Press("q"))
	effects(t, s.Press("ctrl+c"), Stop{})
}

func TestBuild(t *testing.T) {
	s := New(Options{Packages: []string{"./x"}})
	effects(t, s.Press("2"))
	effects(t, s.Press("r"), Start{Pane: Build, Args: []string{"build", "./x"}})
	s.Started(Build, []string{"build", "./x"}, began)
	for _, e := range []event.Event{
		event.BuildStart{ImportPath: "m/slow", Tool: "compile"},
		event.BuildPackage{ImportPath: "m/r", Outcome: event.Reused, WallNS: 1e6},
		event.BuildPackage{ImportPath: "m/i", Outcome: event.Compiled, WallNS: 3e6},
		event.BuildPackage{ImportPath: "m/c", Outcome: event.Compiled, Root: true, WallNS: 2e6, Reasons: []event.Reason{{Kind: "file", Subject: "c.go", Text: "changed"}}},
		event.BuildPackage{ImportPath: "m/f", Outcome: event.Failed},
		event.BuildOutput{Text: "# m/f\nf.go:1: no\n"},
	} {
		s.Apply(e)
	}
	want(t, s, ">8 go says: f.go:1: no", " 3 m/slow", " 0 Failed", "  2 m/f", " 0 Compiled: changed", "  1 m/c",
		" 0 Compiled: an import changed", "  1 m/i", " 0 Reused")
	s.Apply(event.BuildSummary{Compiled: 2, Reused: 1, Failed: 1, ExitCode: 1, WallNS: 5e6})
	s.Ended(Build, 1, "")
	s.Press("G")
	s.Press("enter")
	s.Press("k")
	s.Press("k")
	s.Press("left") // to the heading
	s.Press("left")
	want(t, s, " 2 go says: f.go:1: no", " 0 Failed", "  2 m/f", " 0 Compiled: changed", "  1 m/c",
		">0 Compiled: an import changed", " 0 Reused", "  1 m/r")
	s.Press("k")
	s.Press("enter")
	if got := strings.Join(s.Detail, "|"); got != "m/c|compiled in 2ms||why:|  c.go changed" {
		t.Errorf("detail is %q", got)
	}
	effects(t, s.Press("1"))
	if s.Rows()[0].Mark != Fail {
		t.Errorf("overview is %q", lines(s))
	}
}

// TestPanes: what costs nothing is asked for when its pane is seen first.
func TestPanes(t *testing.T) {
	s := New(Options{Runs: []Run{{ID: "abc123", Outcome: "failed", Command: "test ./..."}}})
	effects(t, s.Press("tab"))
	effects(t, s.Press("5"), Start{Pane: Kernel, Args: []string{"kernel"}})
	s.Started(Kernel, []string{"kernel"}, began)
	s.Apply(event.KernelFinding{ID: "A", Title: "note", Verdict: "yes", Severity: "info"})
	s.Apply(event.KernelFinding{ID: "B", Title: "bad", Verdict: "yes", Severity: "error", Evidence: []string{"seen"}, Action: "mend it"})
	s.Apply(event.KernelFinding{ID: "C", Title: "who knows", Verdict: "could not tell", Severity: "error"})
	want(t, s, ">2 bad", " 7 who knows", " 8 note")
	s.Press("g")
	s.Press("enter")
	if got := strings.Join(s.Detail, "|"); got != "bad [B]||seen||do: mend it" {
		t.Errorf("detail is %q", got)
	}
	effects(t, s.Press("x"), Kill{Kernel})
	s.Ended(Kernel, -1, "")
	if got := s.Status(began); got != "stopped" {
		t.Errorf("status is %q", got)
	}
	effects(t, s.Press("6"), Start{Pane: Doctor, Args: []string{"doctor"}}, Start{Pane: Doctor, Args: []string{"cache", "stats"}, With: true})
	s.Press("1")
	s.Press("G")
	effects(t, s.Press("enter"), Replay{"abc123"})
	effects(t, s.Press("ctrl+z"), Sleep{})
	effects(t, s.Press("x"))
	if s.Message != "nothing runs" {
		t.Errorf("message is %q", s.Message)
	}
}

func TestWatch(t *testing.T) {
	s := New(Options{})
	watch := []string{"test", "--watch", "./..."}
	effects(t, s.Press("w"), Start{Pane: Tests, Args: watch})
	s.Started(Tests, watch, began)
	s.Press("3")
	s.Apply(event.TestCase{Package: "m", Test: "TestOld", Outcome: event.TestFailed})
	s.Apply(event.Watch{State: "building", Path: "a.go"})
	want(t, s)
	effects(t, s.Press("w"), Kill{Tests})
	effects(t, s.Press("f"), Start{Pane: Tests, Args: []string{"test", "--failed", "./..."}})
}

// TestScroll keeps the selected row on the screen.
func TestScroll(t *testing.T) {
	s := New(Options{})
	s.Press("2")
	for i := range 99 { // and a heading
		s.Apply(event.BuildPackage{ImportPath: fmt.Sprintf("m/%03d", i), Outcome: event.Compiled})
	}
	s.Resize(10)
	for _, step := range []struct {
		key           string
		selected, top int
	}{{"G", 99, 90}, {"k", 98, 90}, {"pgup", 88, 88}, {"g", 0, 0}, {"pgdown", 10, 1}, {"up", 9, 1}, {"home", 0, 0}} {
		s.Press(step.key)
		if s.Selected() != step.selected || s.Top[Build] != step.top {
			t.Errorf("after %s %d is selected and %d on top, want %d and %d", step.key, s.Selected(), s.Top[Build], step.selected, step.top)
		}
	}
	s.Press("G")
	s.Resize(50)
	if s.Top[Build] != 50 {
		t.Errorf("%d is on top of a larger screen", s.Top[Build])
	}
}

// TestOutput: what is kept of outputs is bounded.
func TestOutput(t *testing.T) {
	s := New(Options{})
	s.Press("3")
	for range 1000 {
		s.Apply(event.TestOutput{Package: "m", Test: "TestLoud", Text: strings.Repeat("x", 10_000) + "\n"})
	}
	s.Apply(event.TestOutput{Package: "m", Test: "TestLoud", Text: "the end\n"})
	if text := s.Rows()[1].Detail(); len(text) > maxOutput+200 || !strings.HasSuffix(text, "the end\n") {
		t.Errorf("%d bytes are kept", len(text))
	}

	// Of many loud tests little is kept of each.
	for i := range 2000 {
		s.Apply(event.TestCase{Package: "m", Test: fmt.Sprintf("Test%d", i), Outcome: event.TestFailed, Output: strings.Repeat("y", 200_000)})
	}
	if limit := maxHeld + 2000*minOutput + maxOutput; s.tests.held > limit {
		t.Errorf("%d bytes are kept, which is more than %d", s.tests.held, limit)
	}
	sum := 0
	for _, c := range s.tests.packages["m"].tests {
		sum += len(c.output)
	}
	if sum != s.tests.held {
		t.Errorf("%d bytes are kept, and %d counted", sum, s.tests.held)
	}
}

// TestKeymap: every key has one meaning, and every action a key and a help.
func TestKeymap(t *testing.T) {
	seen := map[string]bool{}
	for a := Quit; a <= Suspend; a++ {
		if !slices.ContainsFunc(Bindings(), func(b Binding) bool { return b.Action == a && b.Help != "" && len(b.Keys) > 0 }) {
			t.Errorf("no key for action %d", a)
		}
	}
	for _, b := range Bindings() {
		for _, k := range b.Keys {
			if seen[k] {
				t.Errorf("%q has two meanings", k)
			}
			seen[k] = true
		}
	}
}

// big is a state with many tests, all of them to be seen.
func big(packages, tests int) *State {
	s := New(Options{})
	s.Press("3")
	for p := range packages {
		pkg := fmt.Sprintf("example.com/m/pkg%04d", p)
		for i := range tests / packages {
			s.Apply(event.TestCase{Package: pkg, Test: fmt.Sprintf("Test%d", i), Outcome: event.TestFailed, Output: "x\n"})
		}
		s.Apply(event.TestPackage{Package: pkg, Outcome: "fail", Tests: tests / packages})
	}
	return s
}

// BenchmarkUpdate is an event and the rows that come of it, with 10,000 failed
// tests in 3,000 packages.
func BenchmarkUpdate(b *testing.B) {
	s := big(3000, 10_000)
	for b.Loop() {
		s.Apply(event.TestCase{Package: "example.com/m/pkg0001", Test: "Test1", Outcome: event.Passed})
		if len(s.Rows()) < 10_000 {
			b.Fatalf("%d rows", len(s.Rows()))
		}
	}
}

// BenchmarkScroll is a key in the same.
func BenchmarkScroll(b *testing.B) {
	s := big(3000, 10_000)
	for b.Loop() {
		s.Press("down")
	}
}
