package kernelcheck

import (
	"cmp"
	"github.com/gust-go/gust/kernelcheck/fact"
	"github.com/gust-go/gust/kernelcheck/kconfig"
	"github.com/gust-go/gust/kernelcheck/probe"
	"github.com/gust-go/gust/kernelcheck/rule"
)

// A RuleChange is a rule whose verdict differs between two hosts.
type RuleChange struct {
	Finding
	Old fact.Verdict `json:"old"`
	New fact.Verdict `json:"new"`
	// OldEvidence is what stood behind Old.
	OldEvidence []string `json:"old_evidence,omitempty"`
}

// A ProbeChange is a probe that came out differently.
type ProbeChange struct {
	Name     string
	Old, New fact.Probe
}

// A Difference is what sets two hosts apart.
type Difference struct {
	A, B   *fact.Host
	Rules  []RuleChange
	Probes []ProbeChange
	// Options is nil where one of the configs is not known.
	Options []kconfig.Change
}

// Diff compares two hosts for a program, which may be nil.
func Diff(a, b *fact.Host, p *fact.Program, purposes []string) Difference {
	d := Difference{A: a, B: b}
	for _, r := range rule.Table() {
		if !wanted(r.For, purposes) {
			continue
		}
		old, now := r.Judge(rule.Input{Host: a, Program: p}), r.Judge(rule.Input{Host: b, Program: p})
		if old.Verdict == now.Verdict {
			continue
		}
		d.Rules = append(d.Rules, RuleChange{
			Finding: Finding{ID: r.ID, Title: r.Title, Breaks: r.Breaks, Verdict: now.Verdict, Severity: r.Severity, Confidence: now.Doubt,
				Evidence: unique(now.Evidence), Consequence: r.Consequence, Action: cmp.Or(now.Action, r.Action), Sources: r.Sources},
			Old: old.Verdict, New: now.Verdict, OldEvidence: unique(old.Evidence),
		})
	}
	if a.Probed && b.Probed {
		for _, k := range probe.Table() {
			if x, y := a.Probes[k.Name], b.Probes[k.Name]; x.Verdict != y.Verdict {
				d.Probes = append(d.Probes, ProbeChange{k.Name, x, y})
			}
		}
	}
	if a.Config != nil && b.Config != nil {
		d.Options = kconfig.Diff(a.Config, b.Config)
	}
	return d
}
