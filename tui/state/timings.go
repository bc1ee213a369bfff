package state

import (
	"fmt"
	"strings"

	"github.com/gust-go/gust/internal/event"
	"github.com/gust-go/gust/internal/words"
)

// timingState is when the steps of a build ran, of which those are kept that did
// something, and those on the critical path.
type timingState struct {
	all    map[int]event.BuildAction
	steps  map[string]event.BuildAction // compiles, by import path
	links  []event.BuildAction
	cached int
	sum    *event.BuildTimings
}

func (t *timingState) apply(e event.Event) {
	switch e := e.(type) {
	case event.BuildAction:
		if t.all == nil {
			t.all, t.steps = map[int]event.BuildAction{}, map[string]event.BuildAction{}
		}
		if e.Critical {
			t.all[e.ID] = e
		}
		switch {
		case e.Outcome == event.Cached && e.Phase == "compile":
			t.cached++
		case e.Phase == "compile":
			t.steps[e.Package] = e
		case e.Phase == "link" && (e.Outcome == event.Linked || e.Outcome == event.Failed):
			t.links = append(t.links, e)
		}
	case event.BuildTimings:
		t.sum = &e
	}
}

// span is when a step ran, as parts of the whole build.
func (t *timingState) span(e event.BuildAction) (from, to float64) {
	if t.sum == nil || t.sum.WallNS <= 0 {
		return 0, 0
	}
	wall := float64(t.sum.WallNS)
	return float64(e.StartNS) / wall, float64(e.DoneNS) / wall
}

// critical adds the longest chain of steps that wait for each other. Looks into
// caches, of which a chain has hundreds, are one row.
func (t *timingState) critical(rows []Row, f folds) []Row {
	if t.sum == nil || len(t.sum.Critical) == 0 {
		return rows
	}
	var steps []event.BuildAction
	var looks, rest int64
	n := 0
	for _, id := range t.sum.Critical {
		e, ok := t.all[id]
		took := e.DoneNS - e.StartNS
		if !ok || e.Phase == "check" || e.Outcome == event.Cached || took < t.sum.WallNS/1000 {
			n, looks = n+1, looks+took
			continue
		}
		steps, rest = append(steps, e), rest+took
	}
	head := Row{Key: "section critical", Text: "Critical path",
		Note:   fmt.Sprintf("%s of %s, %s", duration(t.sum.CriticalNS), duration(t.sum.WallNS), words.Count(len(t.sum.Critical), "step")),
		Detail: t.explain}
	return f.section(rows, head, false, func(rows []Row) []Row {
		for _, e := range steps {
			rows = append(rows, t.stepRow("critical", e))
		}
		if n > 0 {
			rows = append(rows, Row{Key: "looks", Depth: 1, Text: words.Count(n, "step") + " that did next to nothing, such as looks into caches", Note: duration(looks)})
		}
		return rows
	})
}

// explain is what there is to know about the times of the build as a whole.
func (t *timingState) explain() string {
	s := t.sum
	text := fmt.Sprintf(`Critical path

The longest chain of steps that wait for each other takes %s. No number of processors makes the build faster than that.

whole build   %s
before go     %s
CPU time      %s
at a time     %s
`, duration(s.CriticalNS), duration(s.WallNS), duration(s.LoadNS), duration(s.CPUNS), words.Count(s.Parallel, "step"))
	if s.File != "" {
		text += "\nas a page: " + s.File + "\n"
	}
	return text
}

// linked adds the programs that were linked.
func (t *timingState) linked(rows []Row, f folds) []Row {
	if len(t.links) == 0 {
		return rows
	}
	var took int64
	for _, e := range t.links {
		took += e.DoneNS - e.StartNS
	}
	head := Row{Key: "section linked", Text: "Linked", Note: words.Count(len(t.links), "program") + ", " + duration(took)}
	return f.section(rows, head, true, func(rows []Row) []Row {
		for _, e := range t.links {
			rows = append(rows, t.stepRow("link", e))
		}
		return rows
	})
}

func (t *timingState) stepRow(kind string, e event.BuildAction) Row {
	r := Row{Key: fmt.Sprintf("%s %d", kind, e.ID), Mark: OK, Depth: 1, Text: strings.TrimSpace(e.Phase + " " + e.Package), Package: e.Package,
		Note: duration(e.DoneNS - e.StartNS), Detail: func() string { return e.Package + "\n\n" + stepText(e) }}
	if e.Package == "" {
		r.Text = strings.TrimSpace(e.Phase + " " + e.Detail)
	}
	if e.Outcome == event.Failed {
		r.Mark = Fail
	}
	r.From, r.To = t.span(e)
	return r
}

// stepText tells the times of a step.
func stepText(e event.BuildAction) string {
	var t strings.Builder
	fmt.Fprintf(&t, "%s %s\n", e.Phase, e.Outcome)
	if e.Critical {
		t.WriteString("on the critical path\n")
	}
	fmt.Fprintf(&t, "ready at   %s\nbegan at   %s\ntook       %s\n", duration(e.ReadyNS), duration(e.StartNS), duration(e.DoneNS-e.StartNS))
	if e.CPUNS > 0 {
		fmt.Fprintf(&t, "CPU time   %s\n", duration(e.CPUNS))
	}
	for _, p := range e.Parts {
		fmt.Fprintf(&t, "  %-8s %s\n", p.Phase, duration(p.DoneNS-p.StartNS))
	}
	return t.String()
}
