package state

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gust-go/gust/internal/event"
)

// detail is the text behind the row with this text.
func detail(t *testing.T, s *State, text string) string {
	t.Helper()
	for _, r := range s.Rows() {
		if r.Text == text && r.Detail != nil {
			return r.Detail()
		}
	}
	t.Fatalf("no row %q with a detail in\n%s", text, strings.Join(lines(s), "\n"))
	return ""
}

func contains(t *testing.T, text string, parts ...string) {
	t.Helper()
	for _, p := range parts {
		if !strings.Contains(text, p) {
			t.Errorf("%q is not in\n%s", p, text)
		}
	}
}

const graphJSON = `{"modules": [
	{"path": "m", "main": true},
	{"path": "a.org/a", "version": "v1.0.0", "direct": true, "go_version": "1.20"},
	{"path": "b.org/b", "version": "v1.1.0", "deprecated": "use c"},
	{"path": "c.org/c", "version": "v0.1.0"},
	{"path": "lone.org/l", "version": "v1.0.0"}],
	"edges": [
	{"from": "m", "to": "a.org/a", "version": "v1.0.0"},
	{"from": "m", "to": "b.org/b", "version": "v1.1.0", "indirect": true},
	{"from": "m", "to": "lone.org/l", "version": "v1.0.0", "indirect": true},
	{"from": "a.org/a", "to": "b.org/b", "version": "v1.0.0"},
	{"from": "b.org/b", "to": "a.org/a", "version": "v0.9.0"},
	{"from": "b.org/b", "to": "c.org/c", "version": "v0.1.0"}]}`

func TestGraph(t *testing.T) {
	s := New(Options{Packages: []string{"./x"}})
	effects(t, s.Press("4"), Start{Pane: Graph, Args: []string{"graph", "--json"}, Text: true})
	s.Started(Graph, []string{"graph", "--json"}, began)
	effects(t, s.SetGraph(graphJSON), Start{Pane: Graph, Args: []string{"graph", "cycles"}, With: true}, Start{Pane: Graph, Args: []string{"graph", "phantom"}, With: true})
	s.Ended(Graph, 0, "")
	// What go.mod only lists because a.org/a requires it is below that.
	want(t, s, ">0 m", "  0 a.org/a v1.0.0", "  0 lone.org/l v1.0.0")
	if got := s.Status(began); got != "5 modules, looking for cycles, looking for phantoms" {
		t.Errorf("status is %q", got)
	}

	// Trees end where they lead back.
	s.Press("j")
	s.Press("right")
	s.Press("right")
	s.Press("right")
	want(t, s, " 0 m", "  0 a.org/a v1.0.0", ">  6 b.org/b v1.1.0", "    0 a.org/a v1.0.0 (above)", "    0 c.org/c v0.1.0", "  0 lone.org/l v1.0.0")
	s.Press("left")
	s.Press("left")
	want(t, s, " 0 m", "> 0 a.org/a v1.0.0", "   6 b.org/b v1.1.0", "  0 lone.org/l v1.0.0")

	// What is found out beside it.
	s.Apply(event.GraphCycle{Kind: "modules", Members: []string{"a.org/a@v1.0.0", "b.org/b@v1.1.0"}, Example: []string{"a.org/a@v1.0.0", "b.org/b@v1.1.0"}})
	s.Apply(event.GraphPhantom{Class: "P1", Name: "graph-only", Module: "b.org/b@v1.1.0", Evidence: "no package", Advice: "nothing"})
	s.Apply(event.GraphPhantom{Class: "P8", Name: "sum-only", Module: "old.org/x@v1.0.0", Evidence: "in go.sum", Advice: "go mod tidy"})
	s.Joined(Graph, []string{"graph", "cycles"}, 0, "")
	s.Joined(Graph, []string{"graph", "phantom"}, 1, "no network")
	if got := s.Status(began); got != "5 modules, 1 cycle, looking for phantoms" || s.Message != "gust graph phantom: no network" {
		t.Errorf("status is %q, message %q", got, s.Message)
	}
	want(t, s, " 0 Cycles", " 0 Phantoms", " 0 m", "> 8 a.org/a v1.0.0", "   6 b.org/b v1.1.0", "  0 lone.org/l v1.0.0")
	contains(t, detail(t, s, "b.org/b v1.1.0"), "deprecated: use c", "a shortest path to it:\n  m\n  └ a.org/a v1.0.0\n    └ b.org/b v1.1.0",
		"P1 graph-only: no package\ndo: nothing", "cycle of modules: a.org/a@v1.0.0 → b.org/b@v1.1.0",
		"required by 2 modules:\n  a.org/a v1.0.0 asks for v1.0.0\n  m asks for v1.1.0, indirect")
	s.Press("g")
	s.Press("j")
	s.Press("enter")
	want(t, s, " 0 Cycles", ">0 Phantoms", "  6 old.org/x@v1.0.0", "  8 b.org/b@v1.1.0", " 0 m", "  8 a.org/a v1.0.0", "   6 b.org/b v1.1.0", "  0 lone.org/l v1.0.0")

	// More about one module is gust graph why's to say, if it is still shown.
	s.Press("G")
	effects(t, s.Press("enter"), Start{Pane: Graph, Args: []string{"graph", "why", "lone.org/l"}, Text: true, Detail: true, With: true})
	s.AddDetail([]string{"graph", "why", "a.org/a"}, "another")
	s.AddDetail([]string{"graph", "why", "lone.org/l"}, "because\n")
	if got := s.Detail[len(s.Detail)-2:]; !slices.Equal(got, []string{"gust graph why lone.org/l:", "because"}) {
		t.Errorf("the detail ends in %q", got)
	}
	s.Press("esc")

	// Search finds what is closed, too, and by what was found out.
	s.Press("/")
	s.Type("graph-only")
	want(t, s, ">6 b.org/b v1.1.0")
	s.Press("esc")

	effects(t, s.Press("s"), Weigh{[]string{"./x"}})
	s.Sized("x")
	s.Apply(event.GraphSize{Unit: "file", Name: "x", Bytes: 9 << 20})
	s.Apply(event.GraphSize{Unit: "module", Name: "std", Bytes: 3 << 20})
	s.Apply(event.GraphSize{Unit: "module", Name: "a.org/a", Bytes: 1 << 20})
	contains(t, detail(t, s, "a.org/a v1.0.0"), "1.0 MB of 4.0 MB in x")
	contains(t, s.Status(began), "sizes are those in x, a file of 9.0 MB")
	if s.SetGraph("{"); s.Message == "" {
		t.Error("half a graph is one")
	}
}

func TestTimings(t *testing.T) {
	s := New(Options{})
	s.Press("2")
	s.Started(Build, []string{"build", "./..."}, began)
	for _, e := range []event.Event{
		event.BuildStart{ImportPath: "m/a", Tool: "asm"},
		event.BuildStart{ImportPath: "m/a", Tool: "compile"},
		event.BuildStart{ImportPath: "m/a", Tool: "vet"},
	} {
		s.Apply(e)
	}
	want(t, s, ">3 m/a")
	if r := s.Rows()[0]; r.Note != "compile" || !r.Since.Equal(began) {
		t.Errorf("%s since %v", r.Note, r.Since)
	}
	for _, e := range []event.Event{
		event.BuildPackage{ImportPath: "m/a", Outcome: event.Compiled, Root: true, WallNS: 3e9},
		event.BuildStart{ImportPath: "m", Tool: "link"},
		event.BuildAction{ID: 1, Package: "m/a", Phase: "compile", Outcome: event.Compiled, Critical: true, ReadyNS: 1e9, StartNS: 2e9, DoneNS: 5e9, CPUNS: 4e9},
		event.BuildAction{ID: 2, Package: "m", Phase: "link", Outcome: event.Linked, Critical: true, StartNS: 5e9, DoneNS: 10e9},
		event.BuildAction{ID: 3, Package: "fmt", Phase: "check", Critical: true, DoneNS: 1000},
		event.BuildAction{ID: 4, Package: "fmt", Phase: "compile", Outcome: event.Cached},
		event.BuildTimings{WallNS: 10e9, CriticalNS: 8e9, LoadNS: 1e9, CPUNS: 9e9, Parallel: 2, Critical: []int{3, 1, 2}, File: "/t.html"},
		event.BuildSummary{Compiled: 1, Linked: 1, WallNS: 10e9},
	} {
		s.Apply(e)
	}
	s.Ended(Build, 0, "")
	s.Press("g")
	s.Press("enter")
	want(t, s, ">0 Critical path", "  1 compile m/a", "  1 link m", "  0 1 step that did next to nothing, such as looks into caches",
		" 0 Compiled: changed", "  1 m/a", " 0 Linked", "  1 link m", " 0 Found in go's cache")
	if r := s.Rows()[0]; r.Note != "8s of 10s, 3 steps" {
		t.Errorf("the critical path is %q", r.Note)
	}
	if r := s.Rows()[1]; r.From != 0.2 || r.To != 0.5 {
		t.Errorf("m/a was compiled from %v to %v", r.From, r.To)
	}
	contains(t, detail(t, s, "m/a"), "on the critical path", "ready at   1s", "began at   2s", "took       3s", "CPU time   4s")
	contains(t, detail(t, s, "Critical path"), "takes 8s", "/t.html")
	if s.Mark(Build) != OK {
		t.Errorf("the build is marked %v", s.Mark(Build))
	}

	// A build for tests has not failed with them, unless they could not be built.
	s.Started(Tests, []string{"test", "./..."}, began)
	s.Apply(event.TestPackage{Package: "m", Outcome: "fail"})
	s.Apply(event.BuildSummary{ExitCode: 1})
	s.Ended(Tests, 1, "")
	if s.Mark(Build) != OK || s.Mark(Tests) != Fail {
		t.Errorf("build is marked %v, tests %v", s.Mark(Build), s.Mark(Tests))
	}
	s.Apply(event.TestPackage{Package: "m", Outcome: event.BuildFailed})
	if s.Mark(Build) != Fail {
		t.Errorf("the build is marked %v", s.Mark(Build))
	}
}

// TestFindingsOfTests: what tests do besides passing and failing.
func TestFindingsOfTests(t *testing.T) {
	s := New(Options{TestFlags: []string{"-race"}})
	s.Press("3")
	effects(t, s.Press("a"), Start{Pane: Tests, Args: []string{"test", "-race", "./..."}})
	s.Started(Tests, []string{"test", "-race", "./..."}, began)
	for _, e := range []event.Event{
		event.TestStart{Package: "m/a", Test: "TestFlaky"},
		event.TestCase{Package: "m/a", Test: "TestFlaky", Outcome: event.TestFailed, Output: "no luck\n"},
		event.TestCase{Package: "m/a", Test: "TestFine", Outcome: event.Passed},
		event.TestCase{Package: "m/a", Test: "TestLater", Outcome: event.Skipped, Output: "not yet\n"},
		event.TestSandbox{Package: "m/a", Wrote: []event.TestWrite{{Path: "out.txt", Op: "created"}}, Left: [][]string{{"sleep", "9"}}},
		event.TestPackage{Package: "m/a", Outcome: "fail", Tests: 3},
		event.TestStart{Package: "m/a", Test: "TestFlaky"},
		event.TestCase{Package: "m/a", Test: "TestFlaky", Outcome: event.Passed, Run: 1},
		event.TestFlaky{Package: "m/a", Test: "TestFlaky"},
		event.TestPackage{Package: "m/a", Outcome: "pass", Tests: 1, Run: 1},
		event.TestSandbox{Package: "m/b", Error: "no namespaces", NotRun: true},
		event.TestStart{Package: "m/c", Test: "TestHangs"},
		event.TestSlow{Package: "m/c", Test: "TestHangs"},
	} {
		s.Apply(e)
	}
	want(t, s, ">7 m/b", "  2 not run: no namespaces", " 3 m/c", "  3 TestHangs", " 1 m/a", "  6 wrote 1 file to the checkout or home, left a process running", "  5 TestFlaky")
	notes := map[string]string{}
	for _, r := range s.Rows() {
		notes[r.Text] = r.Note
	}
	if notes["m/a"] != "3 tests" || notes["TestFlaky"] != "flaky" || notes["TestHangs"] != "slow" {
		t.Errorf("notes are %q", notes)
	}
	contains(t, detail(t, s, "m/a"), "created out.txt", "killed: sleep 9")
	s.Press("G")
	effects(t, s.Press("r"), Start{Pane: Tests, Args: []string{"test", "-race", "-run=^TestFlaky$", "m/a"}})

	// What ran when the run was stopped is not forgotten, nor taken for well.
	// Another pane's run has no part in that.
	s.Ended(Kernel, 0, "")
	want(t, s, " 7 m/b", "  2 not run: no namespaces", " 3 m/c", "  3 TestHangs", " 1 m/a", "  6 wrote 1 file to the checkout or home, left a process running", "> 5 TestFlaky")
	effects(t, s.Press("x"), Kill{Tests})
	s.Ended(Tests, -1, "")
	want(t, s, " 7 m/b", "  2 not run: no namespaces", " 7 m/c", "  7 TestHangs", " 1 m/a", "  6 wrote 1 file to the checkout or home, left a process running", "> 5 TestFlaky")
}

func TestCache(t *testing.T) {
	s := New(Options{})
	s.Press("6")
	s.Started(Doctor, []string{"doctor"}, began)
	s.Apply(event.DoctorFinding{ID: "x", Level: "warning", Text: "slow disk", Fix: "gust doctor --fix"})
	s.Apply(event.CacheStats{Dir: "/c", HoldsBytes: 3 << 30, LimitBytes: 10 << 30, Builds: 7, Compiled: 25, Reused: 70, Relinked: 5,
		SavedNS: int64(time.Minute), Areas: []event.CacheArea{{Path: "store", Entries: 9, HoldsBytes: 2 << 30}}})
	s.Ended(Doctor, 0, "")
	want(t, s, ">6 slow disk", " 0 Cache", "  8 hit rate 75 %: 75 of 100 compiles not needed", "  8 holds 3.0 GB of 10 GB")
	contains(t, detail(t, s, "holds 3.0 GB of 10 GB"), "2.0 GB        9  store")
	contains(t, detail(t, s, "hit rate 75 %: 75 of 100 compiles not needed"), "saved        1m0s")
	if r := s.Rows()[3]; r.To != 0.3 {
		t.Errorf("the bar ends at %v", r.To)
	}
	contains(t, s.Status(began), "0 problems, 1 warning, 0 could not tell; cache 3.0 GB, hit rate 75 %")
	s.Press("G")
	s.Press("h")
	s.Press("h")
	want(t, s, " 6 slow disk", ">0 Cache")
}
