package state

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/gust-go/gust/internal/event"
	"github.com/gust-go/gust/internal/words"
)

// Apply takes an event of any run of gust.
func (s *State) Apply(e event.Event) {
	switch e := e.(type) {
	case event.KernelFinding:
		s.found[Kernel] = append(s.found[Kernel], kernelRow(e))
		sortFound(s.found[Kernel])
	case event.KernelSummary:
		s.sums[Kernel] = fmt.Sprintf("Linux %s: %s, %s, %d could not tell", e.Release, words.Count(e.Errors, "error"), words.Count(e.Warnings, "warning"), e.Undecided)
	case event.DoctorFinding:
		s.found[Doctor] = append(s.found[Doctor], doctorRow(e))
		sortFound(s.found[Doctor])
		s.sums[Doctor] = doctorSummary(s.found[Doctor])
	case event.CacheStats:
		s.cache = &e
	case event.GraphCycle, event.GraphPhantom, event.GraphSize:
		s.graph.apply(e)
	case event.Watch:
		s.watched(e)
	case event.Warning:
		s.Message = e.Text
	case event.Error:
		s.Message = e.Text
	case event.BuildSummary:
		s.build.apply(e, s.now)
		s.sums[Build] = buildSummary(e)
	case event.TestSummary:
		s.tests.apply(e, s.now)
		s.sums[Tests] = testSummary(e)
	default:
		s.build.apply(e, s.now)
		s.tests.apply(e, s.now)
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
func facts(title string, evidence []string, rest ...string) func() string {
	return func() string {
		lines := append([]string{title, ""}, evidence...)
		for _, r := range rest {
			if !strings.HasSuffix(r, ": ") {
				lines = append(lines, "", r)
			}
		}
		return strings.Join(lines, "\n")
	}
}

func doctorSummary(rows []Row) string {
	n := map[Mark]int{}
	for _, r := range rows {
		n[r.Mark]++
	}
	return fmt.Sprintf("%s, %s, %d could not tell", words.Count(n[Fail], "problem"), words.Count(n[Warning], "warning"), n[Unknown])
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
	text := words.Count(e.Tests, "test") + " in " + words.Count(e.Packages, "package")
	for _, part := range []struct {
		n    int
		word string
	}{{e.Failed, "failed"}, {e.BuildFailed, "not built"}, {e.Flaky, "flaky"}, {e.Skipped, "skipped"}} {
		if part.n > 0 {
			text += fmt.Sprintf(", %d %s", part.n, part.word)
		}
	}
	if e.PackagesCached > 0 {
		text += ", " + words.Count(e.PackagesCached, "package") + " cached"
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
			ended, failed, running := s.tests.progress()
			text += fmt.Sprintf(": %s ended, %d failed, %d running", words.Count(ended, "test"), failed, running)
		}
		parts = append(parts, text)
	}
	if len(parts) > 0 {
		return strings.Join(parts, " · ")
	}
	if sum := s.sum(s.Pane); sum != "" {
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

// sum is one line about a pane, empty before it was looked at.
func (s *State) sum(p Pane) string {
	sum := s.sums[p]
	switch {
	case p == Graph && s.graph.modules != nil:
		return s.graph.summary()
	case p == Doctor && s.cache != nil && sum != "":
		return sum + "; cache " + size(s.cache.HoldsBytes) + ", " + rate(s.cache)
	}
	return sum
}

// Mark is what a pane's tab says: what came of its last run.
func (s *State) Mark(p Pane) Mark {
	has := func(m Mark) bool { return slices.ContainsFunc(s.found[p], func(r Row) bool { return r.Mark == m }) }
	switch {
	case s.Jobs[p] != nil:
		return Running
	case p == Overview, s.sum(p) == "":
		return None
	case s.failed[p], has(Fail),
		p == Build && s.build.failed(),
		p == Tests && s.tests.summary != nil && s.tests.summary.ExitCode != 0:
		return Fail
	case has(Warning):
		return Warning
	}
	return OK
}

// about says what a pane is for.
func about(p Pane) func() string {
	return func() string {
		return Names()[p] + "\n\n" + map[Pane]string{
			Build:  "What is compiled now, what failed, what was compiled and why, what was reused, and when each step ran: the critical path says what the build waited for.\n\nr builds.",
			Tests:  "Packages and their tests, what failed first; what tests wrote, how long they took, what they did outside of their sandbox.\n\na runs all, f what failed, w those that a save concerns.",
			Graph:  "The tree of modules, and what of it is not as go.mod suggests. s shows how much of a program each module is.",
			Kernel: "What this machine's kernel and toolchain can do, and what that means for Go programs.",
			Doctor: "Why gust or go would be slow or wrong here; what gust's cache holds, and how often it helped.",
		}[p]
	}
}

// overview is a row for each pane, and the last runs.
func (s *State) overview() []Row {
	var rows []Row
	for p := Build; p < panes; p++ {
		r := Row{Key: "pane " + Names()[p], Mark: s.Mark(p), Text: fmt.Sprintf("%-8s %s", Names()[p], s.sum(p)), Detail: about(p)}
		switch {
		case s.Jobs[p] != nil:
			r.Text, r.Since = fmt.Sprintf("%-8s gust %s", Names()[p], strings.Join(s.Jobs[p].Args, " ")), s.Jobs[p].Began
		case s.sum(p) == "":
			r.Text += "not looked at yet"
		}
		rows = append(rows, r)
	}
	if len(s.opts.Runs) == 0 {
		return rows
	}
	head := Row{Key: "section runs", Text: "Last runs", Note: "enter shows one again"}
	return s.folds.section(rows, head, true, func(rows []Row) []Row {
		for _, run := range s.opts.Runs {
			mark := map[string]Mark{"ok": OK, "failed": Fail, "running": Running, "killed": Fail}[run.Outcome]
			rows = append(rows, Row{Key: "run " + run.ID, Mark: mark, Depth: 1, Text: run.ID + "  " + run.Command, Note: joined(run.Headline, run.When),
				Detail: facts("gust "+run.Command, nil, "outcome: "+run.Outcome, "said: "+run.Headline, "when: "+run.When, "as text: gust report "+run.ID)})
		}
		return rows
	})
}
