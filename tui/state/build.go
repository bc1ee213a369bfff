package state

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/gust-go/gust/internal/event"
)

// maxOutput bounds what is kept of one output.
const maxOutput = 256 << 10

// buildState is what is known of the last build.
type buildState struct {
	running  map[string]string // tools by import path
	packages map[string]event.BuildPackage
	output   string
	summary  *event.BuildSummary
}

func (b *buildState) reset() {
	*b = buildState{running: map[string]string{}, packages: map[string]event.BuildPackage{}}
}

// stop forgets what was running.
func (b *buildState) stop() { clear(b.running) }

func (b *buildState) apply(e event.Event) {
	switch e := e.(type) {
	case event.BuildStart:
		b.running[e.ImportPath] = e.Tool
	case event.BuildPackage:
		delete(b.running, e.ImportPath)
		b.packages[e.ImportPath] = e
	case event.BuildOutput:
		b.output = tail(b.output + e.Text)
	case event.BuildSummary:
		b.stop()
		b.summary = &e
	}
}

// tail is the end of a text that has grown too long.
func tail(text string) string {
	if len(text) <= maxOutput {
		return text
	}
	return "(cut)\n" + text[len(text)-maxOutput/2:]
}

// headline is the first line that says something: go puts the package in front.
func headline(text string) string {
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "#") {
			return line
		}
	}
	return strings.TrimSpace(text)
}

// rows lists what runs, what failed, what was compiled, and what was not.
func (b *buildState) rows() []Row {
	var rows []Row
	if b.output != "" {
		mark := Info
		if b.summary != nil && b.summary.ExitCode != 0 {
			mark = Fail
		}
		rows = append(rows, Row{Key: "output", Mark: mark, Text: "go says: " + headline(b.output), Detail: b.output})
	}
	for _, path := range slices.Sorted(mapKeys(b.running)) {
		rows = append(rows, Row{Key: path, Mark: Running, Text: path, Note: b.running[path]})
	}
	list := make([]event.BuildPackage, 0, len(b.packages))
	for _, p := range b.packages {
		list = append(list, p)
	}
	slices.SortFunc(list, func(x, y event.BuildPackage) int {
		return cmp.Or(cmp.Compare(rank(x), rank(y)), cmp.Compare(y.WallNS, x.WallNS), cmp.Compare(x.ImportPath, y.ImportPath))
	})
	for _, p := range list {
		rows = append(rows, packageRow(p))
	}
	return rows
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
	}
	return 3
}

func packageRow(p event.BuildPackage) Row {
	r := Row{Key: p.ImportPath, Mark: OK, Text: p.ImportPath, Note: p.Outcome + " " + duration(p.WallNS)}
	if p.Outcome == event.Failed {
		r.Mark = Fail
	}
	var why strings.Builder
	fmt.Fprintf(&why, "%s\n%s in %s\n", p.ImportPath, p.Outcome, duration(p.WallNS))
	if p.SavedNS > 0 {
		fmt.Fprintf(&why, "saved %s\n", duration(p.SavedNS))
	}
	for _, reason := range p.Reasons {
		fmt.Fprintf(&why, "  %s\n", strings.TrimSpace(reason.Subject+" "+reason.Text))
	}
	r.Detail = why.String()
	return r
}

func duration(ns int64) string {
	d := time.Duration(ns)
	switch {
	case d >= 10*time.Second:
		return d.Round(time.Second).String()
	case d >= time.Second:
		return d.Round(100 * time.Millisecond).String()
	}
	return d.Round(time.Millisecond).String()
}
