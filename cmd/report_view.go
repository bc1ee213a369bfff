package cmd

import (
	"fmt"
	"strings"
	"time"

	"gotest.tools/gotestsum/testjson"

	"github.com/gust-go/gust/build/cache"
	"github.com/gust-go/gust/internal/doctor"
	"github.com/gust-go/gust/internal/event"
	"github.com/gust-go/gust/internal/report"
	"github.com/gust-go/gust/internal/runlog"
	"github.com/gust-go/gust/internal/testview"
	"github.com/gust-go/gust/internal/words"
	"github.com/gust-go/gust/testrun"
)

// A runView shows a recorded run on stdout.
type runView struct {
	a     *app
	run   *runlog.Run
	color bool
	tests *testview.Gust

	packages []event.BuildPackage
	targets  []event.MatrixTarget
	built    event.BuildSummary
	isBuilt  bool
	tested   bool
	err      error
}

func newRunView(a *app, run *runlog.Run, color bool) *runView {
	v := &runView{a: a, run: run, color: color}
	v.tests = testview.New(testview.Options{
		Out: a.term.Out, Err: a.term.Out, Color: color, Clock: a.clock, Width: a.term.Width, Shown: testjson.SummarizeAll,
		Repro: func(pkg, test string) string { return testrun.Repro(run.Args, pkg, test) },
	})
	v.headline()
	return v
}

// headline says what is shown, and when it was.
func (v *runView) headline() {
	if v.run.ID == "" {
		return // a file that --json wrote
	}
	command := printable(strings.Join(append([]string{"gust", v.run.Command}, v.run.Args...), " "))
	when := v.run.Time.Local().Format("2006-01-02 15:04:05")
	v.print("%s  %s\n%s in %s, %s\n\n", v.run.ID, command, when, printable(v.run.Dir), v.run.Outcome())
}

func (v *runView) print(format string, args ...any) {
	if v.err == nil {
		v.err = v.a.print(format, args...)
	}
}

// Emit shows an event.
func (v *runView) Emit(e event.Event) {
	switch e := e.(type) {
	case event.BuildPackage:
		v.packages = append(v.packages, e)
	case event.BuildSummary:
		v.endBuild(e)
	case event.MatrixTarget:
		v.targets = append(v.targets, e)
	case event.MatrixSummary:
		view := matrixView{color: v.color, colorErr: v.color}
		v.print("%s%s", view.output(v.targets), view.table(v.targets, e))
	case event.BuildOutput:
		v.print("%s", e.Text)
	case event.BuildTimings:
		v.print("critical path %s of %s\n", report.Duration(time.Duration(e.CriticalNS)), report.Duration(time.Duration(e.WallNS)))
	case event.Warning:
		v.print("%s", report.Note(v.color, "warning", e.Text, e.Hint))
	case event.Error:
		v.print("%s", report.Note(v.color, "", e.Text, e.Hint))
	case event.DoctorFinding:
		v.print("%s", v.a.findingText(doctor.Finding{
			ID: e.ID, Level: e.Level, Text: e.Text, Evidence: e.Evidence, Consequence: e.Consequence, Fix: e.Fix}, false))
	case event.KernelFinding:
		v.kernel(e)
	case event.KernelSummary:
		v.print("%s %s: %s, %s, %s, %d could not tell\n", e.Release, e.Arch, words.Count(e.Errors, "error"), words.Count(e.Warnings, "warning"), words.Count(e.Infos, "info"), e.Undecided)
	case event.CacheStats:
		v.print("%s\n%s, freeing %s\n", printable(e.Dir), words.Counts(len(e.Areas), "area", "areas"), cache.FormatSize(e.FreesBytes))
	case event.CacheSummary:
		v.print("removed %s, freed %s\n", words.Counts(e.Removed, "file", "files"), cache.FormatSize(e.FreedBytes))
	case event.RunEnd:
		if e.Dropped > 0 {
			v.print("%s left out of the record, which had grown too large\n", words.Counts(e.Dropped, "event was", "events were"))
		}
	case event.TestSummary:
		v.tested = true
		v.tests.Emit(e)
	default:
		v.tests.Emit(e)
	}
}

// endBuild reports on a build. One that belongs to tests is told by them.
func (v *runView) endBuild(sum event.BuildSummary) {
	packages := v.packages
	v.packages, v.built, v.isBuilt = nil, sum, true
	if v.run.Command == "test" {
		return
	}
	if err := (report.Explain{Color: v.color}).Build(v.a.term.Out, packages, sum); err != nil && v.err == nil {
		v.err = err
	}
}

func (v *runView) kernel(f event.KernelFinding) {
	severity := f.Severity
	switch severity {
	case "error":
		severity = report.Red(v.color, severity)
	case "warning":
		severity = report.Yellow(v.color, severity)
	}
	if f.Verdict != "yes" {
		severity += " (" + f.Verdict + ")"
	}
	v.print("%s: %s [%s]\n", severity, printable(f.Title), f.ID)
	for _, line := range f.Evidence {
		v.print("    %s\n", printable(line))
	}
	if f.Action != "" {
		v.print("  do:     %s\n", printable(f.Action))
	}
}

// close ends the view. Of a run that was cut off there is no summary to show,
// but what was left half told.
func (v *runView) close() error {
	v.tests.Close()
	if v.run.State != runlog.Ended {
		for _, p := range v.packages {
			v.print("%-8s %s\n", p.Outcome, p.ImportPath)
		}
		if v.run.Command == "test" && !v.tested {
			d := v.tests.Gathered()
			for _, c := range d.Innermost() {
				v.print("--- FAIL: %s  %s\n%s", printable(c.Test), printable(c.Package), fmt.Sprintln(c.Output))
			}
			v.print("the run did not end; %s until then\n", words.Counts(len(d.Failures), "test failed", "tests failed"))
		}
	}
	return v.err
}
