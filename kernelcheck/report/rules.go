package report

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/gust-go/gust/kernelcheck"
	"github.com/gust-go/gust/kernelcheck/kconfig"
	"github.com/gust-go/gust/kernelcheck/rule"
)

// Rules lists rules, one a line.
func (h Human) Rules(w io.Writer, list []rule.Rule) error {
	var b strings.Builder
	for _, r := range list {
		fmt.Fprintf(&b, "%-15s %-8s %-7s %s\n", r.ID, r.Severity, confidence(r), r.Title)
	}
	_, err := io.WriteString(w, b.String())
	return err
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
	_, err := io.WriteString(w, b.String())
	return err
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

// Story tells what is true of a claim.
func (h Human) Story(w io.Writer, s kernelcheck.Story) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s\n\n%s\n\n", h.bold(s.Name), s.Title, s.Text)
	sources(&b, s.Sources)
	_, err := io.WriteString(w, b.String())
	return err
}

// Difference renders what sets two hosts apart: rules whose verdict changes
// first, then probes, then options as scripts/diffconfig lists them.
func (h Human) Difference(w io.Writer, d kernelcheck.Difference) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n", h.bold("rules whose verdict changes"))
	for _, c := range d.Rules {
		fmt.Fprintf(&b, "  %s %s: %s -> %s: %s\n", h.mark(c.Severity), c.ID, c.Old, c.New, c.Title)
		for _, e := range c.Evidence {
			fmt.Fprintf(&b, "      evidence  %s\n", e)
		}
	}
	if len(d.Rules) == 0 {
		b.WriteString("  none\n")
	}
	if len(d.Probes) > 0 {
		fmt.Fprintf(&b, "\n%s\n", h.bold("probes that came out differently"))
		for _, c := range d.Probes {
			fmt.Fprintf(&b, "  %-17s %s -> %s\n", c.Name, c.Old.Verdict, c.New.Verdict)
		}
	}
	h.options(&b, d)
	_, err := io.WriteString(w, b.String())
	return err
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
