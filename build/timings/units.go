package timings

import (
	"cmp"
	"slices"

	"github.com/gust-go/gust/internal/event"
)

// A unit is a row of the chart: everything that was done for one package. The
// names are short because a report has thousands.
type unit struct {
	Name    string `json:"n"`
	Outcome string `json:"o,omitempty"`
	Saved   int64  `json:"v,omitempty"`
	Spans   []span `json:"s"`
}

// A span is one bar. Steps of the same phase that overlap are one span: cgo
// runs a C compiler for every file of a package.
type span struct {
	Phase    string `json:"p"`
	Outcome  string `json:"o,omitempty"`
	Detail   string `json:"d,omitempty"`
	Ready    int64  `json:"r"`
	Start    int64  `json:"b"`
	Done     int64  `json:"e"`
	CPU      int64  `json:"c,omitempty"`
	Steps    int    `json:"k,omitempty"` // if more than one
	Blocker  string `json:"w,omitempty"` // what it waited for
	Critical bool   `json:"x,omitempty"`
	Parts    []part `json:"t,omitempty"`
}

type part struct {
	Phase string `json:"p"`
	Start int64  `json:"b"`
	Done  int64  `json:"e"`
}

// units groups the steps by package, in the order in which work on them began.
func (r *Report) units() []*unit {
	byName := make(map[string]*unit)
	blockers := r.blockers()
	var list []*unit
	for _, i := range r.byStart() {
		s := &r.Steps[i]
		// The parts of a unit that go ran as an action of their own and found
		// nothing to do in would only be in the way.
		if s.Package == "" || s.Phase == "check" && !worked(s) || s.Phase == "other" && !worked(s) {
			continue
		}
		u := byName[s.Package]
		if u == nil {
			u = &unit{Name: s.Package}
			byName[s.Package] = u
			list = append(list, u)
		}
		u.add(s, blockers[s.ID])
	}
	slices.SortStableFunc(list, func(a, b *unit) int {
		return cmp.Or(cmp.Compare(a.Spans[0].Start, b.Spans[0].Start), cmp.Compare(a.Name, b.Name))
	})
	return list
}

// add puts a step into the row; steps come in the order of their start.
func (u *unit) add(s *event.BuildAction, blocker string) {
	if s.Phase == "compile" {
		u.Outcome, u.Saved = s.Outcome, s.SavedNS
	}
	for i := range u.Spans {
		if x := &u.Spans[i]; x.Phase == s.Phase && s.Phase != "compile" && s.StartNS < x.Done {
			x.Done = max(x.Done, s.DoneNS)
			x.Ready = min(x.Ready, s.ReadyNS)
			x.CPU += s.CPUNS
			x.Steps = max(x.Steps, 1) + 1
			x.Critical = x.Critical || s.Critical
			x.Detail = ""
			return
		}
	}
	x := span{
		Phase: s.Phase, Outcome: s.Outcome, Detail: s.Detail, Ready: s.ReadyNS, Start: s.StartNS, Done: s.DoneNS,
		CPU: s.CPUNS, Blocker: blocker, Critical: s.Critical,
	}
	for _, p := range s.Parts {
		x.Parts = append(x.Parts, part{p.Phase, p.StartNS, p.DoneNS})
	}
	u.Spans = append(u.Spans, x)
}

// blockers names for each step the package that it had to wait for last. Steps
// that only wait for others are looked through, and so are those of the same
// package.
func (r *Report) blockers() map[int]string {
	steps := make(map[int]*event.BuildAction, len(r.Steps))
	for i := range r.Steps {
		steps[r.Steps[i].ID] = &r.Steps[i]
	}
	names := make(map[int]string, len(r.Steps))
	for i := range r.Steps {
		s := &r.Steps[i]
		// BlockedBy leads towards actions that were done earlier, and the
		// graph has no cycles, so this ends.
		for b := steps[s.BlockedBy]; s.BlockedBy != 0 && b != nil; b = steps[b.BlockedBy] {
			if b.Package != "" && b.Package != s.Package && worked(b) {
				names[s.ID] = b.Package
				break
			}
			if b.BlockedBy == 0 {
				break
			}
		}
	}
	return names
}
