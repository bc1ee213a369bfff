package cmd

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/gust-go/gust/internal/config"
	"github.com/gust-go/gust/internal/event"
	"github.com/gust-go/gust/internal/fault"
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
		Args: graphArgs(cobra.NoArgs),
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
				fmt.Fprintf(&b, "::error file=%s,line=%d,title=%s::%s\n", githubEscape(v.File, true), max(v.Line, 1), githubEscape("gust graph: "+v.Rule, true), githubEscape(v.Module.String()+": "+v.Text, false))
			}
		}
	}
	if !flags.json {
		fmt.Fprintf(&b, "%s, %d excused\n", countOf(strconv.Itoa(bad), "violation"), excused)
		if err := a.deliver("", []byte(b.String())); err != nil {
			return err
		}
	}
	if bad > 0 {
		return fault.New(fault.Capability, "change the graph, or add an exception to "+config.Name, "%s of the rules in %s", countOf(strconv.Itoa(bad), "violation"), config.Name)
	}
	return nil
}

// githubEscape escapes text of a workflow command, or of a property of one.
func githubEscape(s string, property bool) string {
	s = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A").Replace(s)
	if property {
		s = strings.NewReplacer(":", "%3A", ",", "%2C").Replace(s)
	}
	return s
}

// SARIF 2.1.0, as far as it is needed.
type (
	sarifLog struct {
		Schema  string     `json:"$schema"`
		Version string     `json:"version"`
		Runs    []sarifRun `json:"runs"`
	}
	sarifRun struct {
		Tool    sarifTool     `json:"tool"`
		Results []sarifResult `json:"results"`
	}
	sarifTool struct {
		Driver sarifDriver `json:"driver"`
	}
	sarifDriver struct {
		Name  string      `json:"name"`
		Rules []sarifRule `json:"rules"`
	}
	sarifRule struct {
		ID string `json:"id"`
	}
	sarifText struct {
		Text string `json:"text"`
	}
	sarifResult struct {
		RuleID       string             `json:"ruleId"`
		Level        string             `json:"level"`
		Message      sarifText          `json:"message"`
		Locations    []sarifLocation    `json:"locations"`
		Fingerprints map[string]string  `json:"partialFingerprints"`
		Suppressions []sarifSuppression `json:"suppressions,omitempty"`
	}
	sarifLocation struct {
		Physical struct {
			Artifact struct {
				URI string `json:"uri"`
			} `json:"artifactLocation"`
			Region struct {
				StartLine int `json:"startLine"`
			} `json:"region"`
		} `json:"physicalLocation"`
	}
	sarifSuppression struct {
		Kind          string `json:"kind"`
		Justification string `json:"justification"`
	}
)

func sarifReport(found []modgraph.Violation) ([]byte, error) {
	run := sarifRun{Tool: sarifTool{sarifDriver{Name: "gust graph", Rules: []sarifRule{}}}, Results: []sarifResult{}}
	last := ""
	for _, v := range found {
		if v.Rule != last {
			run.Tool.Driver.Rules = append(run.Tool.Driver.Rules, sarifRule{v.Rule})
			last = v.Rule
		}
		r := sarifResult{RuleID: v.Rule, Level: "error", Message: sarifText{v.Module.String() + ": " + v.Text},
			Fingerprints: map[string]string{"ruleAndModule/v1": v.Rule + " " + v.Module.Path}}
		var at sarifLocation
		at.Physical.Artifact.URI, at.Physical.Region.StartLine = v.File, max(v.Line, 1)
		r.Locations = []sarifLocation{at}
		if v.Excused != "" {
			r.Suppressions = []sarifSuppression{{"external", v.Excused}}
		}
		run.Results = append(run.Results, r)
	}
	data, err := json.MarshalIndent(sarifLog{"https://json.schemastore.org/sarif-2.1.0.json", "2.1.0", []sarifRun{run}}, "", " ")
	if err != nil {
		return nil, fmt.Errorf("write SARIF: %w", err)
	}
	return append(data, '\n'), nil
}
