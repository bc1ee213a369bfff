package cmd

import (
	"bytes"
	"context"
	"fmt"
	"net/url"
	"strings"

	"github.com/spf13/cobra"

	"github.com/gust-go/gust/internal/config"
	"github.com/gust-go/gust/internal/event"
	"github.com/gust-go/gust/internal/fault"
	"github.com/gust-go/gust/internal/sarif"
	"github.com/gust-go/gust/internal/words"
	"github.com/gust-go/gust/internal/workflow"
	"github.com/gust-go/gust/modgraph"
)

func (a *app) newGraphCheckCmd(flags *graphFlags) *cobra.Command {
	base, sarif := "", ""
	c := &cobra.Command{
		Use:   "check",
		Short: "hold the graph to the rules of gust.toml",
		Long: `Holds the module graph to the rules under [graph] in gust.toml, which stands beside
go.work or go.mod; docs/graph.md lists them. Exits with 4 if one is violated and no
exception covers it. In a GitHub workflow violations become annotations.`,
		Args: usageArgs(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error {
			return a.reported(flags, a.check(c.Context(), flags, base, sarif))
		},
	}
	c.Flags().StringVar(&base, "base", "", "commit to compare with, for deny-new-dependencies")
	c.Flags().StringVar(&sarif, "sarif", "", "also write a SARIF report to this file")
	return c
}

func (a *app) check(ctx context.Context, flags *graphFlags, base, sarif string) error {
	l, err := a.loader(ctx, flags, false)
	if err != nil {
		return err
	}
	rules, err := config.Load(l.Root())
	if err != nil {
		return err
	}
	if rules.Path == "" {
		return fault.New(fault.Usage, "see docs/graph.md", "there is no %s in %q, so there are no rules to check", config.Name, l.Root())
	}
	opts := modgraph.CheckOptions{Rules: rules.Graph, Now: a.clock.Now()}
	var g *modgraph.Graph
	if base != "" {
		opts.Base, g, err = a.twoGraphs(ctx, flags, []string{base})
	} else {
		if rules.Graph.DenyNewDependencies {
			a.notice("deny-new-dependencies was not checked: it needs --base=REF")
		}
		_, g, err = a.graph(ctx, flags)
	}
	if err != nil {
		return err
	}
	found, err := l.Check(ctx, g, opts)
	if err != nil {
		return err
	}
	if sarif != "" {
		data, err := sarifReport(found)
		if err != nil {
			return err
		}
		if err := a.deliver(sarif, data); err != nil {
			return err
		}
	}
	return a.violations(flags, found)
}

func (a *app) violations(flags *graphFlags, found []modgraph.Violation) error {
	var b strings.Builder
	bad, excused := 0, 0
	github := a.term.Getenv("GITHUB_ACTIONS") == "true"
	for _, v := range found {
		if v.Excused != "" {
			excused++
		} else {
			bad++
		}
		switch {
		case flags.json:
			e := event.GraphViolation{Rule: v.Rule, Module: v.Module.String(), Text: v.Text, Advice: v.Advice, File: v.File, Line: v.Line, Excused: v.Excused}
			if err := a.writeEvent(e); err != nil {
				return err
			}
		case v.Excused != "":
			fmt.Fprintf(&b, "excused  %s: %s: %s\n         %s\n", v.Rule, v.Module, v.Text, v.Excused)
		default:
			fmt.Fprintf(&b, "denied   %s: %s: %s\n", v.Rule, v.Module, v.Text)
			if v.Advice != "" {
				fmt.Fprintf(&b, "         %s\n", v.Advice)
			}
			if github {
				b.WriteString(workflow.Annotation{Level: workflow.Error, File: v.File, Line: v.Line, Title: "gust graph: " + v.Rule, Text: v.Module.String() + ": " + v.Text}.String())
			}
		}
	}
	if !flags.json {
		fmt.Fprintf(&b, "%s, %d excused\n", words.Count(bad, "violation"), excused)
		if err := a.deliver("", []byte(b.String())); err != nil {
			return err
		}
	}
	if bad > 0 {
		return fault.New(fault.Capability, "change the graph, or add an exception to "+config.Name, "%s of the rules in %s", words.Count(bad, "violation"), config.Name)
	}
	return nil
}

func sarifReport(found []modgraph.Violation) ([]byte, error) {
	b := sarif.NewBuilder("gust graph", readVersion())
	for _, v := range found {
		r := sarif.Result{
			Kind: "fail", Level: "error", Message: sarif.Text{Text: v.Module.String() + ": " + v.Text},
			Locations: []sarif.Location{{Physical: sarif.Physical{
				Artifact: sarif.Artifact{URI: (&url.URL{Path: v.File}).String()}, Region: &sarif.Region{StartLine: max(v.Line, 1)},
			}}},
			Fingerprints: map[string]string{"ruleAndModule/v1": v.Rule + " " + v.Module.Path},
		}
		if v.Excused != "" {
			r.Suppressions = []sarif.Suppression{{Kind: "external", Justification: v.Excused}}
		}
		b.Add(sarif.Rule{ID: v.Rule}, r)
	}
	var out bytes.Buffer
	err := b.Write(&out)
	return out.Bytes(), err
}
