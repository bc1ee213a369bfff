package state

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/gust-go/gust/internal/event"
	"github.com/gust-go/gust/internal/words"
)

// buildState is what is known of the last build.
type buildState struct {
	running  map[string]runningTool // by import path
	packages map[string]event.BuildPackage
	output   string
	summary  *event.BuildSummary
	ofTests  bool // whose failure is none of the build's
	unbuilt  bool // a package of theirs could not be built
	timings  timingState
	folds    folds
}

type runningTool struct {
	name  string
	since time.Time
}

func (b *buildState) reset() {
	f := b.folds
	if f == nil {
		f = folds{}
	}
	*b = buildState{running: map[string]runningTool{}, packages: map[string]event.BuildPackage{}, folds: f}
}

// failed reports whether the build, not the tests that it was for, has failed.
func (b *buildState) failed() bool {
	return b.unbuilt || b.summary != nil && (b.summary.Failed > 0 || b.summary.ExitCode != 0 && !b.ofTests)
}

// stop forgets what was running.
func (b *buildState) stop() { clear(b.running) }

func (b *buildState) apply(e event.Event, now time.Time) {
	switch e := e.(type) {
	case event.BuildStart:
		// Nothing tells the end of other tools; those before a compile end with it.
		if e.ImportPath != "" && slices.Contains([]string{"compile", "asm", "cgo", "link"}, e.Tool) {
			b.running[e.ImportPath] = runningTool{e.Tool, now}
		}
	case event.BuildPackage:
		delete(b.running, e.ImportPath)
		b.packages[e.ImportPath] = e
	case event.TestStart:
		delete(b.running, e.Package+".test") // which has been linked
	case event.TestPackage:
		b.ofTests, b.unbuilt = true, b.unbuilt || e.Outcome == event.BuildFailed
		delete(b.running, e.Package+".test")
	case event.BuildOutput:
		b.output = tail(b.output+e.Text, maxOutput)
	case event.BuildSummary:
		b.stop()
		b.summary = &e
	case event.BuildAction, event.BuildTimings:
		b.stop() // they come at the end
		b.timings.apply(e)
	}
}

// rows lists what runs, what failed, where the time went, what was compiled, and
// what was not.
func (b *buildState) rows() []Row {
	var rows []Row
	if b.output != "" {
		mark := Info
		if b.failed() {
			mark = Fail
		}
		output := b.output
		rows = append(rows, Row{Key: "output", Mark: mark, Text: "go says: " + headline(output), Detail: func() string { return output }})
	}
	for _, path := range slices.Sorted(maps.Keys(b.running)) {
		tool := b.running[path]
		rows = append(rows, Row{Key: "package " + path, Mark: Running, Text: path, Note: tool.name, Since: tool.since})
	}
	by := map[int][]event.BuildPackage{}
	for _, p := range b.packages {
		by[rank(p)] = append(by[rank(p)], p)
	}
	rows = b.timings.critical(rows, b.folds)
	for i, title := range []string{"Failed", "Compiled: changed", "Compiled: an import changed", "Relinked: lines of an import moved", "Reused"} {
		if list := by[i]; len(list) > 0 {
			rows = b.section(rows, title, list, i < 3)
		}
	}
	rows = b.timings.linked(rows, b.folds)
	if n := b.timings.cached; n > 0 {
		rows = append(rows, Row{Key: "cached", Head: true, Text: "Found in go's cache", Note: words.Count(n, "package"), Detail: func() string {
			return words.Count(n, "package") + " were in the build cache as they are, so that nothing had to be asked of gust."
		}})
	}
	return rows
}

// section lists the packages with an outcome, what took longest first.
func (b *buildState) section(rows []Row, title string, list []event.BuildPackage, open bool) []Row {
	var wall, saved int64
	for _, p := range list {
		wall, saved = wall+p.WallNS, saved+p.SavedNS
	}
	note := words.Count(len(list), "package") + ", " + duration(wall)
	if saved > 0 {
		note += ", saved " + duration(saved)
	}
	return b.folds.section(rows, Row{Key: "section " + title, Text: title, Note: note}, open, func(rows []Row) []Row {
		slices.SortFunc(list, func(x, y event.BuildPackage) int {
			return cmp.Or(cmp.Compare(y.WallNS, x.WallNS), cmp.Compare(x.ImportPath, y.ImportPath))
		})
		for _, p := range list {
			rows = append(rows, b.packageRow(p))
		}
		return rows
	})
}

// rank sorts outcomes: what needs attention comes first.
func rank(p event.BuildPackage) int {
	switch {
	case p.Outcome == event.Failed:
		return 0
	case p.Outcome == event.Compiled && p.Root:
		return 1
	case p.Outcome == event.Compiled:
		return 2
	case p.Outcome == event.Relinked:
		return 3
	}
	return 4
}

func (b *buildState) packageRow(p event.BuildPackage) Row {
	r := Row{Key: "package " + p.ImportPath, Mark: OK, Depth: 1, Text: p.ImportPath, Package: p.ImportPath}
	if p.Outcome == event.Failed {
		r.Mark = Fail
	}
	if len(p.Reasons) > 0 {
		r.Aside = strings.TrimSpace(p.Reasons[0].Subject + " " + p.Reasons[0].Text)
	}
	r.Note = duration(p.WallNS)
	step, timed := b.timings.steps[p.ImportPath]
	if timed {
		r.From, r.To = b.timings.span(step)
	}
	r.Detail = func() string {
		var t strings.Builder
		fmt.Fprintf(&t, "%s\n%s in %s\n", p.ImportPath, p.Outcome, duration(p.WallNS))
		if p.SavedNS > 0 {
			fmt.Fprintf(&t, "saved %s\n", duration(p.SavedNS))
		}
		if len(p.Reasons) > 0 {
			t.WriteString("\nwhy:\n")
		}
		for _, reason := range p.Reasons {
			fmt.Fprintf(&t, "  %s\n", strings.TrimSpace(reason.Subject+" "+reason.Text))
		}
		if timed {
			t.WriteString("\n" + stepText(step))
		}
		return t.String()
	}
	return r
}
