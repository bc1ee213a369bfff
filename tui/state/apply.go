package state

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/gust-go/gust/internal/event"
)

// Apply takes an event of any run of gust.
func (s *State) Apply(e event.Event) {
	switch e := e.(type) {
	case event.KernelFinding:
		s.found[Kernel] = append(s.found[Kernel], kernelRow(e))
		sortFound(s.found[Kernel])
	case event.KernelSummary:
		s.sums[Kernel] = fmt.Sprintf("Linux %s: %s, %s, %d could not tell", e.Release, count(e.Errors, "error"), count(e.Warnings, "warning"), e.Undecided)
	case event.DoctorFinding:
		s.found[Doctor] = append(s.found[Doctor], doctorRow(e))
		sortFound(s.found[Doctor])
		s.sums[Doctor] = doctorSummary(s.found[Doctor])
	case event.CacheStats:
		s.found[Doctor] = append(s.found[Doctor], cacheRow(e))
	case event.Watch:
		s.watched(e)
	case event.Warning:
		s.Message = e.Text
	case event.Error:
		s.Message = e.Text
	case event.BuildSummary:
		s.build.apply(e)
		s.sums[Build] = buildSummary(e)
	case event.TestSummary:
		s.tests.apply(e)
		s.sums[Tests] = testSummary(e)
	default:
		s.build.apply(e)
		s.tests.apply(e)
	}
	s.touch()
}

// watched follows a run with --watch.
func (s *State) watched(e event.Watch) {
	if e.State == "building" {
		s.tests.reset()
		s.build.reset()
		s.sums[Tests] = "testing"
		if e.Path != "" {
			s.sums[Tests] = e.Path + " changed, testing"
		}
	}
}

// sortFound puts what is worse first.
func sortFound(rows []Row) {
	order := map[Mark]int{Fail: 0, Warning: 1, Unknown: 2, Info: 3, OK: 4}
	slices.SortStableFunc(rows, func(a, b Row) int { return cmp.Compare(order[a.Mark], order[b.Mark]) })
}

func kernelRow(e event.KernelFinding) Row {
	mark := map[string]Mark{"error": Fail, "warning": Warning}[e.Severity]
	if mark == None {
		mark = Info
	}
	if e.Verdict != "yes" {
		mark = Unknown
	}
	return Row{Key: "rule " + e.ID + " " + e.Subject, Mark: mark, Text: e.Title, Note: e.ID,
		Detail: facts(e.Title+" ["+e.ID+"]", e.Evidence, "it means: "+e.Consequence, "do: "+e.Action, "breaks: "+e.Breaks)}
}

func doctorRow(e event.DoctorFinding) Row {
	mark := map[string]Mark{"problem": Fail, "warning": Warning, "unknown": Unknown}[e.Level]
	if mark == None {
		mark = Info
	}
	return Row{Key: "finding " + e.ID + " " + e.Text, Mark: mark, Text: e.Text, Note: e.ID,
		Detail: facts(e.Text+" ["+e.ID+"]", e.Evidence, "it means: "+e.Consequence, "do: "+e.Fix)}
}

// facts is the text behind a finding; what ends in a colon has nothing to say.
func facts(title string, evidence []string, rest ...string) string {
	lines := append([]string{title, ""}, evidence...)
	for _, r := range rest {
		if !strings.HasSuffix(r, ": ") {
			lines = append(lines, "", r)
		}
	}
	return strings.Join(lines, "\n")
}

func cacheRow(e event.CacheStats) Row {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n\n", e.Dir)
	for _, a := range e.Areas {
		fmt.Fprintf(&b, "%+v\n", a)
	}
	return Row{Key: "cache", Mark: Info, Text: fmt.Sprintf("gust's cache holds %d MB; of the compiles in 30 days %d were reused, %d made",
		e.HoldsBytes>>20, e.Reused+e.Relinked, e.Compiled), Note: "saved " + duration(e.SavedNS), Detail: b.String()}
}

func doctorSummary(rows []Row) string {
	n := map[Mark]int{}
	for _, r := range rows {
		n[r.Mark]++
	}
	return fmt.Sprintf("%s, %s, %d could not tell", count(n[Fail], "problem"), count(n[Warning], "warning"), n[Unknown])
}

func buildSummary(e event.BuildSummary) string {
	if e.Current {
		return "nothing to build, " + duration(e.WallNS)
	}
	text := fmt.Sprintf("%d compiled, %d reused, %d linked, %s", e.Compiled, e.Reused+e.Relinked, e.Linked, duration(e.WallNS))
	if e.Failed > 0 {
		text = fmt.Sprintf("%d failed, %s", e.Failed, text)
	}
	if e.SavedNS > 0 {
		text += ", saved " + duration(e.SavedNS)
	}
	return text
}

func testSummary(e event.TestSummary) string {
	text := count(e.Tests, "test") + " in " + count(e.Packages, "package")
	for _, part := range []struct {
		n    int
		word string
	}{{e.Failed, "failed"}, {e.BuildFailed, "not built"}, {e.Flaky, "flaky"}, {e.Skipped, "skipped"}, {e.PackagesCached, "packages cached"}} {
		if part.n > 0 {
			text += fmt.Sprintf(", %d %s", part.n, part.word)
		}
	}
	return text + ", " + duration(e.WallNS)
}

// Status is one line about what runs, or about the pane's last run.
func (s *State) Status(now time.Time) string {
	var parts []string
	for p := range panes {
		job := s.Jobs[p]
		if job == nil {
			continue
		}
		text := "gust " + strings.Join(job.Args, " ") + " for " + duration(now.Sub(job.Began).Truncate(time.Second).Nanoseconds())
		if job.Stopping {
			text += ", stopping"
		}
		if p == Tests {
			text += s.tests.progress()
		}
		parts = append(parts, text)
	}
	if len(parts) > 0 {
		return strings.Join(parts, " · ")
	}
	if sum := s.sums[s.Pane]; sum != "" {
		return sum
	}
	if s.Pane == Overview && s.sums[Tests]+s.sums[Build] != "" {
		return cmp.Or(s.sums[Tests], s.sums[Build])
	}
	if s.Pane == Overview {
		return "nothing runs; a runs all tests, w does so on every save"
	}
	return "nothing here yet; r runs gust " + strings.Join(s.command(s.Pane), " ")
}

func (t *testState) progress() string {
	ended, failed, running := 0, 0, 0
	for _, p := range t.packages {
		failed += p.failed
		running += p.running
		ended += len(p.tests) - p.running
	}
	return fmt.Sprintf(": %s ended, %d failed, %d running", count(ended, "test"), failed, running)
}

// overview is a row for each pane, and the last runs.
func (s *State) overview() []Row {
	var rows []Row
	for p := Build; p < panes; p++ {
		r := Row{Key: "pane " + Names()[p], Text: Names()[p], Note: s.sums[p]}
		switch {
		case s.Jobs[p] != nil:
			r.Mark, r.Note = Running, "running"
		case s.sums[p] == "":
			r.Note = "not looked at yet"
		case s.failed[p], slices.ContainsFunc(s.found[p], func(r Row) bool { return r.Mark == Fail }),
			p == Build && s.build.summary != nil && s.build.summary.ExitCode != 0,
			p == Tests && s.tests.summary != nil && s.tests.summary.ExitCode != 0:
			r.Mark = Fail
		case slices.ContainsFunc(s.found[p], func(r Row) bool { return r.Mark == Warning }):
			r.Mark = Warning
		default:
			r.Mark = OK
		}
		rows = append(rows, r)
	}
	for _, run := range s.opts.Runs {
		mark := map[string]Mark{"ok": OK, "failed": Fail, "running": Running, "killed": Fail}[run.Outcome]
		rows = append(rows, Row{Key: "run " + run.ID, Mark: mark, Text: run.ID + "  " + run.Command, Note: run.Headline + "  " + run.When})
	}
	return rows
}

// graphRows are the lines of gust graph. In each the module is what begins with
// a letter behind the lines of the tree.
func (s *State) graphRows() []Row {
	var rows []Row
	for i, line := range s.text[Graph] {
		if line == "" {
			continue
		}
		module, _, _ := strings.Cut(strings.TrimLeft(line, "│├└─ \u00a0"), " ")
		r := Row{Key: fmt.Sprintf("line %d", i), Text: line}
		switch {
		case strings.Contains(line, "} cycle of"), strings.Contains(line, ", … cycle of"):
			r.Key = fmt.Sprintf("cycle %d", i)
		case i > 0 && strings.Contains(module, "."):
			r.Key = fmt.Sprintf("module %s %d", module, i)
		}
		if strings.Contains(line, "[ghost]") || strings.Contains(line, "cycle") {
			r.Mark = Warning
		}
		rows = append(rows, r)
	}
	return rows
}
