package timings

import (
	"cmp"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/gust-go/gust/internal/event"
)

// Input is what a report is made of. Only Actions and Wall are required.
type Input struct {
	// Title says what was built, such as "gust build ./...".
	Title string
	// Host says with what and on what: "go1.26.8 linux/amd64".
	Host string
	// Began is when the build started; all times count from it.
	Began time.Time
	// Wall is how long it took.
	Wall time.Duration
	// ExitCode is go's.
	ExitCode int
	// Parallel is how many steps go runs at a time.
	Parallel int
	// Actions come from [ReadGraph].
	Actions []Action
	// Tools are the tools that gust's wrapper saw, in any order.
	Tools []Tool
	// Packages are the compiles that gust answered or observed.
	Packages []event.BuildPackage
}

// A Tool is the start of one.
type Tool struct {
	// Name is compile, asm, cgo, link and so on.
	Name string
	// ImportPath is the package as go prints it, with the test it is built for.
	ImportPath string
	// Dir is where the tool writes: below an action's Objdir, or that itself.
	Dir string
	// At is when it started.
	At time.Time
}

// A Report is a build taken apart.
type Report struct {
	Title    string
	Host     string
	Began    time.Time
	ExitCode int
	// Steps are those that go began, in the order of their IDs.
	Steps []event.BuildAction
	// Total sums them up. Its File is for the caller to set.
	Total event.BuildTimings
}

// New makes a report.
func New(in Input) *Report {
	r := &Report{Title: in.Title, Host: in.Host, Began: in.Began, ExitCode: in.ExitCode}
	m := newMerge(in)
	for i := range in.Actions {
		if !in.Actions[i].TimeStart.IsZero() {
			r.Steps = append(r.Steps, m.step(&in.Actions[i]))
		}
	}
	r.Total = event.BuildTimings{
		Began: in.Began.Format(time.RFC3339Nano), WallNS: in.Wall.Nanoseconds(), LoadNS: in.Wall.Nanoseconds(),
		Parallel: max(1, in.Parallel),
	}
	for i := range r.Steps {
		r.Total.LoadNS = min(r.Total.LoadNS, r.Steps[i].ReadyNS)
		r.Total.CPUNS += r.Steps[i].CPUNS
	}
	r.critical(in.Actions)
	return r
}

// merge joins what go and the wrapper know about an action.
type merge struct {
	in       Input
	outcomes map[string]event.BuildPackage // by import path as go prints it
	tools    map[string][]Tool             // by Objdir, in the order of time
}

func newMerge(in Input) *merge {
	m := &merge{in: in, outcomes: map[string]event.BuildPackage{}, tools: map[string][]Tool{}}
	for _, p := range in.Packages {
		m.outcomes[p.ImportPath] = p
	}
	dirs := make(map[string]bool)
	for _, a := range in.Actions {
		dirs[trimDir(a.Objdir)] = true
	}
	for _, t := range in.Tools {
		// The linker writes to a directory of its own below.
		dir := trimDir(t.Dir)
		if i := strings.LastIndexAny(dir, `/\`); !dirs[dir] && i > 0 {
			dir = dir[:i]
		}
		m.tools[dir] = append(m.tools[dir], t)
	}
	for _, tools := range m.tools {
		slices.SortStableFunc(tools, func(a, b Tool) int { return a.At.Compare(b.At) })
	}
	return m
}

func trimDir(dir string) string { return strings.TrimRight(dir, `/\`) }

// step is one action of the report.
func (m *merge) step(a *Action) event.BuildAction {
	s := event.BuildAction{ID: a.ID, Package: a.Package, Deps: a.Deps, CPUNS: int64(a.CmdUser + a.CmdSys)}
	s.Phase, s.Detail = phaseOf(a.Mode)
	s.StartNS = m.since(a.TimeStart)
	s.ReadyNS = s.StartNS
	if !a.TimeReady.IsZero() {
		s.ReadyNS = min(s.StartNS, m.since(a.TimeReady))
	}
	s.DoneNS = max(s.StartNS, int64(m.in.Wall)) // go was interrupted
	if !a.TimeDone.IsZero() {
		s.DoneNS = max(s.StartNS, m.since(a.TimeDone))
	}
	if s.Phase == "run" && len(a.Deps) > 0 {
		s.Package = m.in.Actions[a.Deps[0]].Package // what was linked for it
	}
	s.BlockedBy = lastDone(m.in.Actions, a.Deps)
	m.addTools(&s, a)
	m.addOutcome(&s, a)
	return s
}

// since is a time of the machine's clock as one of the report. The clock may
// have been set back meanwhile.
func (m *merge) since(t time.Time) int64 { return max(0, t.Sub(m.in.Began).Nanoseconds()) }

// lastDone is the dependency that was done last, 0 if there is none: the action
// 0 is the last of all.
func lastDone(actions []Action, deps []int) int {
	last := 0
	for _, d := range deps {
		if last == 0 || actions[d].TimeDone.After(actions[last].TimeDone) {
			last = d
		}
	}
	return last
}

// addTools divides a step by the tools that started in it.
func (m *merge) addTools(s *event.BuildAction, a *Action) {
	var parts []event.ActionPart
	for _, t := range m.tools[trimDir(a.Objdir)] {
		at := m.since(t.At)
		if at < s.StartNS || at >= s.DoneNS {
			continue
		}
		if t.ImportPath != "" {
			s.Package = t.ImportPath
		}
		phase := toolPhase(t.Name)
		if n := len(parts); n > 0 && parts[n-1].Phase == phase {
			continue
		}
		parts = append(parts, event.ActionPart{Phase: phase, StartNS: at})
	}
	for i := range parts {
		parts[i].DoneNS = s.DoneNS
		if i+1 < len(parts) {
			parts[i].DoneNS = parts[i+1].StartNS
		}
	}
	if len(parts) > 1 {
		parts[0].StartNS = s.StartNS
		s.Parts = parts
	}
}

// addOutcome says how a compile or link ended. cmd/go sets the build ID of what
// it has a result for, from the cache or not.
func (m *merge) addOutcome(s *event.BuildAction, a *Action) {
	if a.Mode != "build" && a.Mode != "link" {
		return
	}
	switch {
	case a.BuildID == "" && a.Cmd == 0:
		s.Outcome = event.NotRun
	case a.BuildID == "":
		s.Outcome = event.Failed
	case a.Cmd == 0:
		s.Outcome = event.Cached
	case a.Mode == "link":
		s.Outcome = event.Linked
	default:
		s.Outcome = event.Compiled
		if p, ok := m.outcomes[s.Package]; ok && p.Outcome != event.Failed {
			s.Outcome, s.SavedNS = p.Outcome, p.SavedNS
		}
	}
}

// phaseOf translates what cmd/go calls its actions.
func phaseOf(mode string) (phase, detail string) {
	switch mode {
	case "build":
		return "compile", ""
	case "build check cache":
		return "check", ""
	case "cgo run":
		return "cgo", ""
	case "go run":
		return "run", ""
	case "link", "vet", "cover":
		return mode, ""
	case "link-install", "install", "install header":
		return "install", ""
	case "test run":
		return "test", ""
	}
	if file, ok := strings.CutPrefix(mode, "cgo compile "); ok {
		return "cc", path.Base(strings.ReplaceAll(file, `\`, "/"))
	}
	return "other", mode
}

// toolPhase translates the names of go's tools.
func toolPhase(name string) string {
	switch name {
	case "compile", "asm", "cgo", "link", "vet", "cover":
		return name
	}
	return "other"
}

// Counts are how many compile and link steps ended how, by outcome.
func (r *Report) Counts() map[string]int {
	counts := make(map[string]int)
	for i := range r.Steps {
		if s := &r.Steps[i]; s.Outcome != "" && (s.Phase == "compile" || s.Outcome == event.Linked) {
			counts[s.Outcome]++
		}
	}
	return counts
}

// byStart sorts the indices of steps by their start.
func (r *Report) byStart() []int {
	list := make([]int, len(r.Steps))
	for i := range list {
		list[i] = i
	}
	slices.SortFunc(list, func(a, b int) int {
		return cmp.Or(cmp.Compare(r.Steps[a].StartNS, r.Steps[b].StartNS), cmp.Compare(a, b))
	})
	return list
}
