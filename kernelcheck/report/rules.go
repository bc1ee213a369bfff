package report

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/gust-go/gust/kernelcheck"
	"github.com/gust-go/gust/kernelcheck/fact"
	"github.com/gust-go/gust/kernelcheck/kconfig"
	"github.com/gust-go/gust/kernelcheck/probe"
	"github.com/gust-go/gust/kernelcheck/rule"
)

// Rules lists rules, one a line.
func (h Human) Rules(w io.Writer, list []rule.Rule) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n", h.bold(fmt.Sprintf("%-15s %-8s %-10s %s", "rule", "severity", "confidence", "what is the matter")))
	// GOEXPERIMENT is a lint rather than a rule about hosts, and reported like one.
	fmt.Fprintf(&b, "%-15s %-8s %-10s %s\n", "GOEXPERIMENT", rule.Error, rule.High, "experiments that the toolchain does not know, or that are dangerous to leave set")
	for _, r := range list {
		fmt.Fprintf(&b, "%-15s %-8s %-10s %s\n", r.ID, r.Severity, confidence(r), r.Title)
	}
	return h.write(w, &b)
}

func confidence(r rule.Rule) rule.Confidence {
	if r.Confidence == "" {
		return rule.High
	}
	return r.Confidence
}

// Rule explains one rule.
func (h Human) Rule(w io.Writer, r rule.Rule) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s\n\n", h.bold(r.ID), r.Title)
	fmt.Fprintf(&b, "  severity    %s\n  confidence  %s\n  breaks      %s\n  for         %s\n", r.Severity, confidence(r), r.Breaks, strings.Join(r.For, ", "))
	fmt.Fprintf(&b, "  applies to  %s\n  then        %s\n  action      %s\n", r.Condition, r.Consequence, r.Action)
	sources(&b, r.Sources)
	return h.write(w, &b)
}

func sources(b *strings.Builder, list []string) {
	for i, s := range list {
		label := "sources"
		if i > 0 {
			label = ""
		}
		fmt.Fprintf(b, "  %-11s %s\n", label, s)
	}
}

// Probe explains a probe.
func (h Human) Probe(w io.Writer, k probe.Kind) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s\n\n  a probe: it is tried on the running kernel, and no version or option decides it\n", h.bold(k.Name), k.Title)
	for _, row := range [][2]string{
		{"came with", prefixed("Linux ", k.Since)}, {"option", prefixed("CONFIG_", k.Option)}, {"sysctl", k.Sysctl},
		{"capability", k.Capability}, {"only on", strings.Join(k.Arch, ", ")},
	} {
		if row[1] != "" {
			fmt.Fprintf(&b, "  %-11s %s\n", row[0], row[1])
		}
	}
	return h.write(w, &b)
}

func prefixed(prefix, s string) string {
	if s == "" {
		return ""
	}
	return prefix + s
}

// Story tells what is true of a claim.
func (h Human) Story(w io.Writer, s kernelcheck.Story) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s\n\n%s\n\n", h.bold(s.Name), s.Title, s.Text)
	sources(&b, s.Sources)
	return h.write(w, &b)
}

// Difference renders what sets two hosts apart: rules whose verdict changes
// first, then probes, then options as scripts/diffconfig lists them.
func (h Human) Difference(w io.Writer, d kernelcheck.Difference) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n", h.bold("rules whose verdict changes"))
	h.ruleChanges(&b, d.Rules)
	if len(d.Probes) > 0 {
		fmt.Fprintf(&b, "\n%s\n", h.bold("probes that came out differently"))
		for _, c := range d.Probes {
			fmt.Fprintf(&b, "  %-17s %s -> %s\n", c.Name, c.Old.Verdict, c.New.Verdict)
		}
	}
	h.options(&b, d)
	return h.write(w, &b)
}

// ruleChanges lists rules with a certain verdict on both sides; what is known of
// one side only must not bury them.
func (h Human) ruleChanges(b *strings.Builder, list []kernelcheck.RuleChange) {
	var half []string
	for _, c := range list {
		if c.Old == fact.Unknown || c.New == fact.Unknown {
			half = append(half, fmt.Sprintf("%s (%s -> %s)", c.ID, c.Old, c.New))
			continue
		}
		mark := h.mark(c.Severity)
		if c.New == fact.No { // it got better
			mark = h.paint("32", "✓ "+string(c.Severity))
		}
		fmt.Fprintf(b, "  %s %s: %s -> %s: %s\n", mark, c.ID, c.Old, c.New, c.Title)
		for _, e := range c.Evidence {
			fmt.Fprintf(b, "      evidence  %s\n", e)
		}
	}
	if len(list) == len(half) {
		b.WriteString("  none\n")
	}
	if len(half) > 0 {
		fmt.Fprintf(b, "  ? not known of one side: %s\n", strings.Join(half, ", "))
	}
}

func (h Human) options(b *strings.Builder, d kernelcheck.Difference) {
	if d.A.Config == nil || d.B.Config == nil {
		fmt.Fprintf(b, "\nthe kernel config of one side is not known, so options are not compared\n")
		return
	}
	n := make(map[string]int)
	for _, c := range d.Options {
		n[c.Kind]++
	}
	fmt.Fprintf(b, "\n%s: %d removed, %d changed, %d added\n", h.bold("options"), n[kconfig.Removed], n[kconfig.Changed], n[kconfig.Added])
	_ = kconfig.WriteDiff(b, d.Options) // a strings.Builder takes everything
}

// Pairs renders a map as sorted name=value.
func Pairs(m map[string]string) []string {
	var list []string
	for _, k := range slices.Sorted(maps.Keys(m)) {
		list = append(list, k+"="+m[k])
	}
	return list
}
