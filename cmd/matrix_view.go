package cmd

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/gust-go/gust/internal/event"
	"github.com/gust-go/gust/internal/report"
	"github.com/gust-go/gust/internal/words"
	"github.com/gust-go/gust/kernelcheck/fact"
)

// A matrixView renders results.
type matrixView struct{ color, colorErr bool }

// output is what go had to say about the targets.
func (v matrixView) output(list []event.MatrixTarget) string {
	var b strings.Builder
	for _, e := range list {
		if e.Error != "" {
			b.WriteString(report.Note(v.colorErr, "", e.Name+": "+e.Error, ""))
		}
		if e.Output != "" {
			fmt.Fprintf(&b, "== %s\n%s", e.Name, e.Output)
			if !strings.HasSuffix(e.Output, "\n") {
				b.WriteString("\n")
			}
		}
	}
	return b.String()
}

// table is a row for each program, and below it why some would not run.
func (v matrixView) table(list []event.MatrixTarget, sum event.MatrixSummary) string {
	rows := [][]string{{"TARGET", "BUILD", "TIME", "KERNEL", "CPU", "RUNS", "PROGRAM"}}
	var why strings.Builder
	for _, e := range list {
		took := report.Duration(time.Duration(e.WallNS))
		row := []string{e.Name, buildState(e), took, "-", "-", "-", "-"}
		if len(e.Programs) == 0 {
			rows = append(rows, row)
			continue
		}
		for _, p := range e.Programs {
			runs := targetVerdict(event.MatrixTarget{Programs: []event.MatrixProgram{p}})
			rows = append(rows, []string{e.Name, buildState(e), took, orDash(p.MinKernel), orDash(p.Level), orDash(runs), printable(p.File)})
			v.reasons(&why, p)
		}
	}
	return v.align(rows) + why.String() + v.footer(sum)
}

func buildState(e event.MatrixTarget) string {
	switch {
	case e.Error != "" || e.Code != 0:
		return "failed"
	case e.Current:
		return "current"
	}
	return "built"
}

func orDash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}

// reasons says where a program would not run, and why. Hosts of which the same
// is to be said are told together.
func (v matrixView) reasons(b *strings.Builder, p event.MatrixProgram) {
	type reason struct {
		verdict string
		f       event.KernelFinding
		hosts   []string
	}
	var list []*reason
	for _, h := range p.Hosts {
		for _, f := range h.Findings {
			same := func(r *reason) bool {
				return r.verdict == h.Verdict && r.f.ID == f.ID && slices.Equal(r.f.Evidence, f.Evidence)
			}
			i := slices.IndexFunc(list, same)
			if i < 0 {
				i = len(list)
				list = append(list, &reason{verdict: h.Verdict, f: f})
			}
			list[i].hosts = append(list[i].hosts, hostText(h))
		}
	}
	for _, r := range list {
		fmt.Fprintf(b, "\n%s: %s: %s [%s]\n", printable(p.File), v.verdict(r.verdict), r.f.Title, r.f.ID)
		for _, line := range r.f.Evidence {
			fmt.Fprintf(b, "    %s\n", printable(line))
		}
		fmt.Fprintf(b, "    declared: %s\n", strings.Join(r.hosts, "; "))
		if r.verdict == string(fact.No) && r.f.Action != "" {
			fmt.Fprintf(b, "  do: %s\n", r.f.Action)
		}
	}
}

// hostText describes a declared host.
func hostText(h event.MatrixHost) string {
	var parts []string
	if h.Kernel != "" {
		parts = append(parts, "Linux "+h.Kernel)
	}
	if h.CPU != "" {
		parts = append(parts, "CPU "+h.CPU)
	}
	return strings.Join(parts, ", ")
}

func (v matrixView) verdict(s string) string {
	if s == string(fact.No) {
		return report.Red(v.color, s)
	}
	return report.Yellow(v.color, s)
}

// align lines up columns and colours what is bad.
func (v matrixView) align(rows [][]string) string {
	widths := make([]int, len(rows[0]))
	for _, row := range rows {
		for i, cell := range row {
			widths[i] = max(widths[i], len(cell))
		}
	}
	var b strings.Builder
	for _, row := range rows {
		var line strings.Builder
		for i, cell := range row {
			text := cell
			switch cell {
			case "failed", string(fact.No):
				text = report.Red(v.color, cell)
			case string(fact.Unknown):
				text = report.Yellow(v.color, cell)
			}
			line.WriteString(text + strings.Repeat(" ", widths[i]-len(cell)+2))
		}
		b.WriteString(strings.TrimRight(line.String(), " ") + "\n")
	}
	return b.String()
}

// footer counts.
func (v matrixView) footer(sum event.MatrixSummary) string {
	text := fmt.Sprintf("\n%s in %s", words.Counts(sum.Targets, "target", "targets"), report.Duration(time.Duration(sum.WallNS)))
	for _, part := range []struct {
		n    int
		text string
	}{{sum.Failed, "failed"}, {sum.Unfit, "would not run"}, {sum.Undecided, "could not tell"}} {
		if part.n > 0 {
			text += fmt.Sprintf(", %d %s", part.n, part.text)
		}
	}
	return text + "\n"
}
