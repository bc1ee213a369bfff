package state

import (
	"slices"
	"strings"
	"time"

	"github.com/gust-go/gust/internal/event"
)

// A Pane is one of the views.
type Pane int

// The panes, in their order.
const (
	Overview Pane = iota
	Build
	Tests
	Graph
	Kernel
	Doctor
	panes
)

// Names are the panes' names, in their order.
func Names() []string { return []string{"Overview", "Build", "Tests", "Graph", "Kernel", "Doctor"} }

// A Job is a run of gust that goes on.
type Job struct {
	Args     []string
	Began    time.Time
	Stopping bool
}

// A Run is a recorded run in the overview.
type Run struct{ ID, When, Outcome, Command, Headline string }

// Options say what the state begins with.
type Options struct {
	// Packages are what build and test run on; empty is ./... .
	Packages []string
	// TestFlags are flags of all runs of gust test.
	TestFlags []string
	// Runs are the last recorded runs, newest first.
	Runs []Run
	// Replayed says that a recorded run is shown, and nothing is to be run
	// before the user asks for it.
	Replayed bool
}

// A State is everything that is shown. It is not safe for concurrent use.
type State struct {
	// Pane is the one that is shown.
	Pane Pane
	// Filter is what rows must contain; Filtering that it is being typed.
	Filter    string
	Filtering bool
	// ShowHelp shows the keys, from line HelpTop on, Detail the text of a row, from
	// line DetailTop on.
	ShowHelp  bool
	HelpTop   int
	Detail    []string
	DetailTop int
	// Message is a note that the next key removes.
	Message string
	// Jobs are what runs, by pane.
	Jobs map[Pane]*Job
	// Top is the first row shown of each pane.
	Top [panes]int

	detailOf string // the module that Detail is about
	opts     Options
	now      time.Time
	height   int // rows that fit
	selected [panes]string
	index    [panes]int
	visited  [panes]bool
	build    buildState
	tests    testState
	graph    graphState
	found    [panes][]Row // of kernel and doctor
	cache    *event.CacheStats
	folds    folds
	failed   [panes]bool
	sums     [panes]string

	rows  [panes][]Row
	dirty [panes]bool
}

// New returns a state.
func New(opts Options) *State {
	if len(opts.Packages) == 0 {
		opts.Packages = []string{"./..."}
	}
	s := &State{opts: opts, Jobs: map[Pane]*Job{}, height: 20, folds: folds{}}
	s.build.reset()
	s.tests.reset()
	s.touch()
	return s
}

// touch has all rows made anew.
func (s *State) touch() {
	for p := range s.dirty {
		s.dirty[p] = true
	}
}

// At says what time it is, for what begins.
func (s *State) At(now time.Time) { s.now = now }

// Resize says how many rows fit.
func (s *State) Resize(rows int) {
	s.height = max(1, rows)
	s.follow()
}

// Rows are the rows of the pane that is shown, filtered.
func (s *State) Rows() []Row {
	p := s.Pane
	if s.dirty[p] {
		s.rows[p] = s.filtered(s.make(p))
		s.dirty[p] = false
		s.restore()
	}
	return s.rows[p]
}

func (s *State) make(p Pane) []Row {
	switch p {
	case Overview:
		return s.overview()
	case Build:
		return s.build.rows()
	case Tests:
		return s.tests.rows(s.Filter != "")
	case Graph:
		return s.graph.rows(s.Filter != "")
	case Doctor:
		return append(slices.Clip(s.found[p]), cacheRows(s.cache, s.folds)...)
	}
	return s.found[p]
}

func (s *State) filtered(rows []Row) []Row {
	if s.Filter == "" {
		return rows
	}
	want := strings.ToLower(s.Filter)
	return slices.DeleteFunc(slices.Clone(rows), func(r Row) bool {
		return !strings.Contains(strings.ToLower(r.Text+" "+r.Note), want)
	})
}

// Selected is the index of the selected row, -1 if there is none.
func (s *State) Selected() int {
	if n := len(s.Rows()); n == 0 {
		return -1
	}
	return s.index[s.Pane]
}

// restore finds the selected row again after rows were made anew.
func (s *State) restore() {
	p := s.Pane
	rows := s.rows[p]
	i := slices.IndexFunc(rows, func(r Row) bool { return r.Key == s.selected[p] })
	if i < 0 {
		i = min(s.index[p], len(rows)-1)
	}
	s.index[p] = max(0, i)
	s.follow()
}

// move selects another row.
func (s *State) move(to int) {
	rows := s.Rows()
	if len(rows) == 0 {
		return
	}
	p := s.Pane
	s.index[p] = min(max(0, to), len(rows)-1)
	s.selected[p] = rows[s.index[p]].Key
	s.follow()
}

// follow scrolls so that the selected row is shown.
func (s *State) follow() {
	p := s.Pane
	top := min(s.Top[p], s.index[p])
	top = max(top, s.index[p]-s.height+1)
	s.Top[p] = max(0, min(top, max(0, len(s.rows[p])-s.height)))
}

// test are the arguments of a run of tests.
func (s *State) test(args ...string) []string {
	return slices.Concat([]string{"test"}, s.opts.TestFlags, args)
}

// command is what r runs in a pane.
func (s *State) command(p Pane) []string {
	switch p {
	case Build:
		return append([]string{"build"}, s.opts.Packages...)
	case Tests, Overview:
		return s.test(s.opts.Packages...)
	case Graph:
		return []string{"graph", "--json"}
	case Kernel:
		return []string{"kernel"}
	}
	return []string{"doctor"}
}

// Started notes that a run of gust began. One that runs everything begins a
// pane anew.
func (s *State) Started(p Pane, args []string, now time.Time) {
	s.Jobs[p] = &Job{Args: args, Began: now}
	s.failed[p] = false
	whole := slices.Equal(args, s.command(p)) || slices.Contains(args, "--watch")
	switch {
	case p == Tests && whole:
		s.tests.reset()
		s.build.reset()
	case p == Build:
		s.build.reset()
	case p == Kernel, p == Doctor:
		s.found[p] = nil
	}
	s.now = now
	s.touch()
}

// Ended notes that a run of gust is over. trouble is why it did not do what it
// was for, such as that it could not be started; empty for none.
func (s *State) Ended(p Pane, code int, trouble string) {
	if job := s.Jobs[p]; job != nil && job.Stopping {
		s.sums[p] = "stopped"
	} else if trouble != "" {
		s.sums[p] = trouble
		s.Message = trouble
	} else if s.sums[p] == "" || s.sums[p] == "stopped" {
		s.sums[p] = map[bool]string{true: "done", false: "failed"}[code == 0]
	}
	s.failed[p] = code != 0 && (p != Graph || s.graph.modules == nil)
	delete(s.Jobs, p)
	if p == Tests || p == Build {
		s.Finish()
	}
	s.touch()
}

// Finish notes that no test and no build goes on: there was no more to come.
func (s *State) Finish() {
	if s.Jobs[Tests] == nil {
		s.tests.stop()
	}
	if s.Jobs[Tests] == nil && s.Jobs[Build] == nil {
		s.build.stop()
	}
	s.touch()
}

// Joined notes the end of a run beside the one of a pane.
func (s *State) Joined(p Pane, args []string, code int, trouble string) {
	if trouble != "" {
		s.Message = "gust " + strings.Join(args, " ") + ": " + trouble
	}
	if p == Graph && code == 0 && len(args) > 1 {
		s.graph.looked[args[1]] = true
	}
	s.touch()
}

// SetGraph is the module graph, and asks for what is to be known of it.
func (s *State) SetGraph(text string) []Effect {
	if err := s.graph.load(text); err != nil {
		s.Message = err.Error()
		return nil
	}
	s.touch()
	var effects []Effect
	for _, command := range []string{"cycles", "phantom"} {
		effects = append(effects, Start{Pane: Graph, Args: []string{"graph", command}, With: true})
	}
	return effects
}

// Sized says what program the sizes in the graph are those of.
func (s *State) Sized(program string) {
	s.graph.program, s.graph.sizes, s.graph.symbols = program, nil, 0
	for _, m := range s.graph.modules {
		m.bytes = 0
	}
	s.touch()
}

// SetRuns replaces the recorded runs in the overview.
func (s *State) SetRuns(runs []Run) {
	s.opts.Runs = runs
	s.touch()
}

// ShowDetail shows a text over the rows.
func (s *State) ShowDetail(text string) {
	s.Detail = strings.Split(strings.TrimRight(text, "\n"), "\n")
	s.DetailTop, s.detailOf = 0, ""
}

// AddDetail adds what gust graph why says to what is shown of the module.
func (s *State) AddDetail(args []string, text string) {
	if s.Detail == nil || s.detailOf == "" || args[len(args)-1] != s.detailOf {
		return // another is shown by now
	}
	s.Detail = append(s.Detail, append([]string{"", "gust " + strings.Join(args, " ") + ":"}, strings.Split(strings.TrimRight(text, "\n"), "\n")...)...)
	s.detailOf = ""
}
