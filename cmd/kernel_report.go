package cmd

import (
	"errors"
	"fmt"
	"regexp"

	"github.com/gust-go/gust/internal/event"
	"github.com/gust-go/gust/internal/term"
	"github.com/gust-go/gust/kernelcheck"
	"github.com/gust-go/gust/kernelcheck/fact"
	"github.com/gust-go/gust/kernelcheck/probe"
	"github.com/gust-go/gust/kernelcheck/report"
	"github.com/gust-go/gust/kernelcheck/rule"
)

// levelForm is a GOAMD64 or GOARM64 level.
var levelForm = regexp.MustCompile(`^(v[1-4]|v8\.[0-9]|v9\.[0-5])$`)

// arches are the GOARCHes of Linux.
func arches() []string {
	return []string{"386", "amd64", "arm", "arm64", "loong64", "mips", "mips64", "mips64le", "mipsle", "ppc64", "ppc64le", "riscv64", "s390x"}
}

// kernelReport renders a report and ends with its exit status.
func (a *app) kernelReport(r *kernelcheck.Report, flags *kernelFlags) error {
	status := kernelStatusOf(r, rule.Severity(flags.failOn))
	events := kernelEvents(r, status)
	for _, e := range events {
		a.rec.Emit(e)
	}
	var err error
	switch {
	case flags.json:
		err = a.emitAll(events)
	case flags.sarif:
		err = report.SARIF(a.term.Out, r, readVersion())
	default:
		var human report.Human
		if human, err = a.human(flags.color); err != nil {
			return err
		}
		human.All = flags.all
		err = human.Report(a.term.Out, r)
		if err == nil && (flags.github || a.term.Getenv("GITHUB_ACTIONS") == "true") {
			err = report.GitHub(a.term.Out, r.Findings)
		}
	}
	if err != nil {
		return fmt.Errorf("write the report: %w", err)
	}
	if status == exitOK {
		return nil
	}
	return verdict(status)
}

func readVersion() string {
	if info := readBuildInfo(); info != nil {
		return info.Main.Version
	}
	return ""
}

func (a *app) human(color string) (report.Human, error) {
	mode, err := term.ParseColor(color)
	if err != nil {
		return report.Human{}, usageError("kernel", "--color: %w", err)
	}
	return report.Human{Color: a.term.Color(mode, a.term.OutTTY)}, nil
}

// kernelStatusOf is 1 where a finding, 2 where only an undecided rule is as bad
// as failOn.
func kernelStatusOf(r *kernelcheck.Report, failOn rule.Severity) int {
	switch {
	case atLeast(r.Findings, failOn):
		return verdictFindings
	case atLeast(r.Undecided, failOn):
		return verdictUndecided
	}
	return exitOK
}

func atLeast(list []kernelcheck.Finding, s rule.Severity) bool {
	worst := kernelcheck.Worst(list)
	return worst != "" && worst.Rank() <= s.Rank()
}

// kernelEvents is a report as events.
func kernelEvents(r *kernelcheck.Report, status int) []event.Event {
	var list []event.Event
	for _, p := range r.Programs {
		if p != nil {
			list = append(list, programEvent(p))
		}
	}
	if r.Host.Probed {
		for _, k := range probe.Table() {
			p := r.Host.Probes[k.Name]
			list = append(list, event.KernelProbe{Name: k.Name, Verdict: string(p.Verdict), Cause: string(p.Cause), Detail: p.Detail})
		}
	}
	for _, f := range r.Findings {
		list = append(list, findingEvent(f))
	}
	for _, f := range r.Undecided {
		list = append(list, findingEvent(f))
	}
	n := report.Count(r.Findings)
	return append(list, event.KernelSummary{Release: r.Host.Release, Arch: r.Host.Arch, Errors: n[rule.Error], Warnings: n[rule.Warning],
		Infos: n[rule.Info], Undecided: len(r.Undecided), ExitCode: status})
}

// emitAll writes events to stdout.
func (a *app) emitAll(list []event.Event) error {
	for _, e := range list {
		if err := a.emit(e); err != nil {
			return err
		}
	}
	return nil
}

func findingEvent(f kernelcheck.Finding) event.KernelFinding {
	return event.KernelFinding{
		ID: f.ID, Title: f.Title, Breaks: f.Breaks, Verdict: string(f.Verdict), Severity: string(f.Severity), Confidence: string(f.Confidence),
		Subject: f.Subject, Evidence: f.Evidence, Consequence: f.Consequence, Action: f.Action, Sources: f.Sources,
	}
}

func programEvent(p *fact.Program) event.KernelProgram {
	return event.KernelProgram{
		Name: p.Name, Go: p.Version, Experiments: p.Experiments, OS: p.OS, Arch: p.Arch, Level: p.Level,
		Cgo: string(p.Cgo), ABINote: p.ABINote, Godebug: report.Pairs(p.Debug),
	}
}

// kernelDone adds the error as an event for who reads stdout.
func (a *app) kernelDone(json bool, err error) error {
	var v verdict
	if json && !errors.As(err, &v) {
		a.emitError(err)
	}
	return err
}
