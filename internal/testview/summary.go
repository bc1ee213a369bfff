package testview

import (
	"fmt"
	"strings"
	"time"

	"gotest.tools/gotestsum/testjson"

	"github.com/gust-go/gust/internal/event"
	"github.com/gust-go/gust/internal/report"
	"github.com/gust-go/gust/internal/words"
)

// summary is the end of a run: what failed, where, and how to run it again.
func (g *Gust) summary(sum event.TestSummary) string {
	var b strings.Builder
	b.WriteString("\n")
	if g.opts.Shown.Includes(testjson.SummarizeSkipped) && g.opts.Verbose {
		for _, c := range g.skipped {
			g.row(&b, dim, "skip", c.Package+" "+c.Test, "")
		}
	}
	if g.opts.Shown.Includes(testjson.SummarizeErrors) {
		for _, p := range g.Packages {
			if p.Outcome == event.BuildFailed {
				g.row(&b, red, "build", p.Package, "")
			}
		}
	}
	if g.opts.Shown.Includes(testjson.SummarizeFailed) {
		g.failures(&b)
	}
	b.WriteString(g.verdict(sum) + "\n")
	return b.String()
}

// maxRows is how many failed tests the summary names.
const maxRows = 50

func (g *Gust) failures(b *strings.Builder) {
	for _, p := range g.Packages {
		if p.Outcome != event.BuildFailed {
			g.row(b, red, "fail", p.Package, "outside of its tests")
		}
	}
	failures := g.Innermost()
	for i, c := range failures {
		if i == maxRows {
			g.row(b, red, "fail", fmt.Sprintf("and %d more", len(failures)-maxRows), "")
			break
		}
		where := ""
		if c.File != "" {
			where = fmt.Sprintf("%s:%d", c.File, c.Line)
		}
		g.row(b, red, "fail", c.Package+" "+c.Test, where)
	}
	for _, f := range g.Flaky {
		g.row(b, yellow, "flaky", f.Package+" "+f.Test, fmt.Sprintf("failed %d of %d runs", f.Failed, f.Runs))
	}
	if len(failures) > 0 && g.opts.Repro != nil {
		fmt.Fprintf(b, "%s %s\n", g.paint(dim, "again:"), g.opts.Repro(failures[0].Package, failures[0].Test))
	}
}

func (g *Gust) row(b *strings.Builder, p paint, label, what, where string) {
	text := fmt.Sprintf("  %s%s  %s", g.paint(p, label), strings.Repeat(" ", max(0, 5-len(label))), what)
	if where != "" {
		text += "  " + where
	}
	b.WriteString(text + "\n")
}

// verdict is the last line.
func (g *Gust) verdict(sum event.TestSummary) string {
	word := g.paint(green, "ok")
	if sum.ExitCode != 0 {
		word = g.paint(red, "FAIL")
	}
	return word + "  " + Verdict(sum)
}

// Verdict says in one line what a run came to.
func Verdict(sum event.TestSummary) string {
	text := fmt.Sprintf("%s in %s", words.Count(sum.Tests, "test"), words.Count(sum.Packages, "package"))
	if sum.PackagesCached > 0 {
		text += fmt.Sprintf(" (%d cached)", sum.PackagesCached)
	}
	for _, part := range []struct {
		n    int
		text string
	}{
		{sum.Failed, "%d failed"}, {sum.Flaky, "%d flaky"}, {sum.Skipped, "%d skipped"}, {sum.BuildFailed, "%d not built"},
	} {
		if part.n > 0 {
			text += ", " + fmt.Sprintf(part.text, part.n)
		}
	}
	if sum.Runs > 1 {
		text += fmt.Sprintf(", %d runs", sum.Runs)
	}
	text += ", " + report.Duration(time.Duration(sum.WallNS))
	if sum.RerunAborted != "" {
		text += "\nnothing was run again: " + sum.RerunAborted
	}
	return text
}
