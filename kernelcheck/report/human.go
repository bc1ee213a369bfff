package report

import (
	"fmt"
	"io"
	"strings"

	"github.com/gust-go/gust/internal/words"
	"github.com/gust-go/gust/kernelcheck"
	"github.com/gust-go/gust/kernelcheck/fact"
	"github.com/gust-go/gust/kernelcheck/probe"
	"github.com/gust-go/gust/kernelcheck/rule"
)

// Human says how to render for people. Symbols always stand beside words, so
// that nothing is said by colour alone.
type Human struct {
	Color bool
	// All lists every probe; otherwise those that came out with yes are
	// summed up.
	All bool
}

// Report renders a check: the host, the programs, findings worst first by what
// breaks, what could not be told, and the probes.
func (h Human) Report(w io.Writer, r *kernelcheck.Report) error {
	var b strings.Builder
	h.host(&b, r)
	h.programs(&b, r)
	h.findings(&b, r.Findings)
	h.undecided(&b, r.Undecided)
	if r.Host.Probed {
		h.probes(&b, r.Host)
	}
	h.total(&b, r)
	return h.write(w, &b)
}

// write writes a text without what could steer the terminal.
func (h Human) write(w io.Writer, b *strings.Builder) error {
	_, err := io.WriteString(w, printable(b.String(), true, h.Color))
	return err
}

func (h Human) host(b *strings.Builder, r *kernelcheck.Report) {
	if r.Host.OS != "linux" {
		fmt.Fprintf(b, "host       %s/%s: not Linux, so nothing is probed and no rule judged;\n           GOEXPERIMENT, binaries and foreign hosts (--kernel, --host) can be\n", r.Host.OS, r.Host.Arch)
		return
	}
	fmt.Fprintf(b, "host       Linux %s, %s", orUnknown(r.Host.Release), orUnknown(r.Host.Arch))
	if r.Host.CPU.Level != "" {
		fmt.Fprintf(b, " %s", r.Host.CPU.Level)
	}
	if r.Host.Emulated() {
		fmt.Fprintf(b, " under qemu-user of version %s", r.Host.QEMU)
	}
	if r.Host.Cgroup != "" {
		fmt.Fprintf(b, ", cgroups %s", r.Host.Cgroup)
	}
	if len(r.Host.LSMs) > 0 {
		fmt.Fprintf(b, ", LSMs %s", strings.Join(r.Host.LSMs, " "))
	}
	b.WriteByte('\n')
	fmt.Fprintf(b, "config     %s", orUnknown(r.Host.ConfigFrom))
	if c := r.Host.Config; c != nil && c.Release() != "" && !strings.HasPrefix(r.Host.Release, c.Release()) {
		// Debian's uname has the ABI where the config has the stable release.
		if k, ok := r.Host.Kernel(); !ok || !strings.HasPrefix(c.Release(), k.Series()+".") {
			fmt.Fprintf(b, ", which is of Linux %s", c.Release())
		}
	}
	b.WriteByte('\n')
}

func (h Human) programs(b *strings.Builder, r *kernelcheck.Report) {
	if t := r.Toolchain; t != nil {
		fmt.Fprintf(b, "toolchain  %s", orUnknown(t.Final))
		if t.Why != "" {
			fmt.Fprintf(b, " (%s switches: %s)", t.Local, t.Why)
		}
		if t.GOEXPERIMENT.Text != "" {
			fmt.Fprintf(b, ", GOEXPERIMENT=%s (%s)", t.GOEXPERIMENT.Text, t.GOEXPERIMENT.Origin)
		}
		b.WriteByte('\n')
		for _, s := range t.Trouble {
			fmt.Fprintf(b, "           %s\n", s)
		}
	}
	for _, p := range r.Programs {
		if p != nil && p.Binary {
			fmt.Fprintf(b, "program    %s\n", Program(p))
		}
	}
}

// Program describes a program in a line.
func Program(p *fact.Program) string {
	parts := []string{Printable(p.Name + ": " + p.Version)}
	if p.OS != "" || p.Arch != "" {
		parts = append(parts, strings.TrimRight(orUnknown(p.OS)+"/"+orUnknown(p.Arch)+" "+p.Level, " "))
	}
	if len(p.Experiments) > 0 {
		parts = append(parts, "experiments "+strings.Join(p.Experiments, " "))
	}
	switch p.Cgo {
	case fact.Yes:
		parts = append(parts, "cgo")
	case fact.No:
		parts = append(parts, "no cgo")
	}
	if p.ABINote != "" {
		parts = append(parts, "ABI note "+p.ABINote)
	}
	if p.Glibc != "" {
		parts = append(parts, "glibc "+p.Glibc)
	}
	if text := debugText(p.Debug); text != "" {
		parts = append(parts, text)
	}
	return strings.Join(parts, ", ")
}

// debugText shows the GODEBUG settings that rules look at and counts the rest.
func debugText(settings map[string]string) string {
	var shown []string
	for _, kv := range Pairs(settings) {
		name, _, _ := strings.Cut(kv, "=")
		switch name {
		case "multipathtcp", "containermaxprocs", "decoratemappings", "disablethp", "asyncpreemptoff":
			shown = append(shown, kv)
		}
	}
	switch rest := len(settings) - len(shown); {
	case len(settings) == 0:
		return ""
	case len(shown) == 0:
		return "GODEBUG with " + words.Count(rest, "setting")
	case rest > 0:
		return fmt.Sprintf("GODEBUG %s and %d more", strings.Join(shown, ","), rest)
	}
	return "GODEBUG " + strings.Join(shown, ",")
}

func (h Human) findings(b *strings.Builder, list []kernelcheck.Finding) {
	for _, group := range groups(list) {
		fmt.Fprintf(b, "\n%s\n", h.bold(group))
		for _, f := range list {
			if f.Breaks == group {
				h.finding(b, f)
			}
		}
	}
}

// groups lists what breaks in the order of findings, which is worst first.
func groups(list []kernelcheck.Finding) []string {
	var names []string
	seen := map[string]bool{}
	for _, f := range list {
		if !seen[f.Breaks] {
			seen[f.Breaks] = true
			names = append(names, f.Breaks)
		}
	}
	return names
}

func (h Human) finding(b *strings.Builder, f kernelcheck.Finding) {
	confidence := ""
	if f.Confidence != rule.High {
		confidence = fmt.Sprintf(" (confidence %s)", f.Confidence)
	}
	fmt.Fprintf(b, "  %s %s: %s%s\n", h.mark(f.Severity), f.ID, f.Title, confidence)
	if f.Subject != "" {
		fmt.Fprintf(b, "      for       %s\n", Printable(f.Subject))
	}
	for _, e := range f.Evidence {
		fmt.Fprintf(b, "      evidence  %s\n", e)
	}
	if f.Consequence != "" {
		fmt.Fprintf(b, "      then      %s\n", f.Consequence)
	}
	if f.Action != "" {
		fmt.Fprintf(b, "      action    %s\n", f.Action)
	}
}

func (h Human) undecided(b *strings.Builder, list []kernelcheck.Finding) {
	if len(list) == 0 {
		return
	}
	fmt.Fprintf(b, "\n%s\n", h.bold("could not tell"))
	for _, f := range list {
		subject := ""
		if f.Subject != "" && !strings.HasPrefix(f.Subject, "what ") {
			subject = Printable(f.Subject) + ": "
		}
		fmt.Fprintf(b, "  ? %s (%s): %s%s\n", f.ID, f.Severity, subject, strings.Join(f.Evidence, "; "))
	}
}

func (h Human) probes(b *strings.Builder, host *fact.Host) {
	fmt.Fprintf(b, "\n%s\n", h.bold("this kernel"))
	if h.All {
		for _, k := range probe.Table() {
			p := host.Probes[k.Name]
			fmt.Fprintf(b, "  %s %-17s %s\n", h.verdict(p.Verdict), k.Name, because(p))
		}
	} else {
		h.probeGroups(b, host)
	}
	if host.Probes["soft-dirty"].Verdict == fact.No {
		for _, s := range kernelcheck.Substitutes(host) {
			fmt.Fprintf(b, "    for soft-dirty %s\n", s)
		}
	}
}

// probeGroups names probes together that came out alike for the same reason;
// those with yes come last, and their details are left out.
func (h Human) probeGroups(b *strings.Builder, host *fact.Host) {
	type outcome struct {
		verdict fact.Verdict
		reason  string
	}
	var order []outcome
	names := make(map[outcome][]string)
	for _, k := range probe.Table() {
		p := host.Probes[k.Name]
		o := outcome{p.Verdict, because(p)}
		if p.Verdict == fact.Yes {
			o.reason = ""
		}
		if names[o] == nil && p.Verdict != fact.Yes {
			order = append(order, o)
		}
		names[o] = append(names[o], k.Name)
	}
	for _, o := range order {
		if list := names[o]; len(list) > 1 {
			fmt.Fprintf(b, "  %s %s\n%19s%s\n", h.verdict(o.verdict), strings.Join(list, ", "), "", o.reason)
		} else {
			fmt.Fprintf(b, "  %s %-17s %s\n", h.verdict(o.verdict), list[0], o.reason)
		}
	}
	if good := names[outcome{fact.Yes, ""}]; len(good) > 0 {
		fmt.Fprintf(b, "  %s %s\n", h.verdict(fact.Yes), strings.Join(good, ", "))
	}
}

func because(p fact.Probe) string {
	switch {
	case p.Cause != "" && p.Detail != "":
		return string(p.Cause) + ": " + p.Detail
	case p.Cause != "":
		return string(p.Cause)
	}
	return p.Detail
}

func (h Human) total(b *strings.Builder, r *kernelcheck.Report) {
	n := Count(r.Findings)
	fmt.Fprintf(b, "\n%s, %s, %s; %s could not be told\n", words.Count(n[rule.Error], "error"), words.Count(n[rule.Warning], "warning"),
		words.Count(n[rule.Info], "note"), words.Count(len(r.Undecided), "rule"))
}

// Count counts findings by severity.
func Count(list []kernelcheck.Finding) map[rule.Severity]int {
	n := make(map[rule.Severity]int)
	for _, f := range list {
		n[f.Severity]++
	}
	return n
}

func orUnknown(s string) string {
	if s == "" {
		return "unknown"
	}
	return s
}

func (h Human) mark(s rule.Severity) string {
	switch s {
	case rule.Error:
		return h.paint("31", "✗ error")
	case rule.Warning:
		return h.paint("33", "! warning")
	}
	return h.paint("2", "· info")
}

func (h Human) verdict(v fact.Verdict) string {
	symbol := map[fact.Verdict]string{fact.Yes: "✓", fact.No: "✗", fact.Denied: "⊘", fact.Unknown: "?"}[v]
	color := map[fact.Verdict]string{fact.Yes: "32", fact.No: "31", fact.Denied: "33", fact.Unknown: "33"}[v]
	return h.paint(color, fmt.Sprintf("%s %-14s", symbol, v))
}

func (h Human) bold(s string) string { return h.paint("1", s) }

func (h Human) paint(code, s string) string {
	if !h.Color || s == "" {
		return s
	}
	return "\x1b[" + code + "m" + s + "\x1b[0m"
}
