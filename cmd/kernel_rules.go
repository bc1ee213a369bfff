package cmd

import (
	"cmp"
	"strings"

	"github.com/spf13/cobra"

	"github.com/gust-go/gust/internal/event"
	"github.com/gust-go/gust/internal/fault"
	"github.com/gust-go/gust/kernelcheck"
	"github.com/gust-go/gust/kernelcheck/probe"
	"github.com/gust-go/gust/kernelcheck/rule"
)

func (a *app) newKernelRulesCmd() *cobra.Command {
	var color string
	var json bool
	c := &cobra.Command{
		Use:   "rules",
		Short: "list all rules with severity and confidence",
		Long:  "Lists all rules with their severity and confidence.",
		Args:  usageArgs(cobra.NoArgs),
		RunE:  func(*cobra.Command, []string) error { return a.kernelRules(json, color) },
	}
	ruleFlags(c, &json, &color)
	return c
}

func (a *app) newKernelExplainCmd() *cobra.Command {
	var color string
	var json bool
	c := &cobra.Command{
		Use:   "explain id",
		Short: "explain a rule with its sources, or a probe",
		Long:  "Explains a rule: when it applies, what comes of it, what to do, and where it is\nfrom; or a probe, such as bpf-fentry. fieldtrack tells what is true of a claim that goes around.",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usageError("kernel explain", "name one rule; gust kernel rules lists them")
			}
			return nil
		},
		RunE: func(_ *cobra.Command, args []string) error {
			return a.kernelDone(json, a.explainRule(args[0], json, color))
		},
	}
	ruleFlags(c, &json, &color)
	return c
}

func ruleFlags(c *cobra.Command, json *bool, color *string) {
	c.Flags().BoolVar(json, "json", false, "write events to stdout, one JSON object a line")
	c.Flags().StringVar(color, "color", "auto", "auto, always or never")
}

// kernelRules lists the rules, and for programs the probes as well.
func (a *app) kernelRules(json bool, color string) error {
	human, err := a.human(color)
	if err != nil {
		return err
	}
	if !json {
		return human.Rules(a.term.Out, rule.Table())
	}
	for _, r := range rule.Table() {
		if err := a.emit(ruleEvent(r)); err != nil {
			return err
		}
	}
	return nil
}

// explainRule prints what is known of a rule, a story or a probe.
func (a *app) explainRule(id string, json bool, color string) error {
	human, err := a.human(color)
	if err != nil {
		return err
	}
	if s, ok := kernelcheck.LookupStory(id); ok {
		if json {
			return a.emit(event.KernelStory{Name: s.Name, Title: s.Title, Text: s.Text, Sources: s.Sources})
		}
		return human.Story(a.term.Out, s)
	}
	if r, ok := rule.Lookup(id); ok {
		if json {
			return a.emit(ruleEvent(r))
		}
		return human.Rule(a.term.Out, r)
	}
	if k, ok := probe.Lookup(strings.ToLower(id)); ok {
		if json {
			return a.emit(probeEvent(k))
		}
		return human.Probe(a.term.Out, k)
	}
	return fault.New(fault.Usage, "run: gust kernel rules", "there is no rule or probe %q", id)
}

func ruleEvent(r rule.Rule) event.KernelRule {
	return event.KernelRule{
		ID: r.ID, Title: r.Title, Breaks: r.Breaks, Severity: string(r.Severity), Confidence: string(cmp.Or(r.Confidence, rule.High)),
		For: r.For, Condition: r.Condition, Consequence: r.Consequence, Action: r.Action, Sources: r.Sources,
	}
}

func probeEvent(k probe.Kind) event.KernelProbeKind {
	return event.KernelProbeKind{
		Name: k.Name, Title: k.Title, Since: k.Since, Option: k.Option, Sysctl: k.Sysctl, Capability: k.Capability, Arch: k.Arch,
	}
}
