package report

import (
	"encoding/json"
	"io"
	"net/url"
	"path/filepath"
	"strings"

	"github.com/gust-go/gust/kernelcheck"
	"github.com/gust-go/gust/kernelcheck/rule"
)

// The parts of SARIF 2.1.0 that are written, named as in its schema.
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
		Name           string      `json:"name"`
		Version        string      `json:"version,omitempty"`
		InformationURI string      `json:"informationUri"`
		Rules          []sarifRule `json:"rules"`
	}
	sarifRule struct {
		ID               string    `json:"id"`
		ShortDescription sarifText `json:"shortDescription"`
		FullDescription  sarifText `json:"fullDescription"`
		Help             sarifText `json:"help"`
		HelpURI          string    `json:"helpUri,omitempty"`
	}
	sarifText struct {
		Text string `json:"text"`
	}
	sarifResult struct {
		RuleID     string            `json:"ruleId"`
		RuleIndex  int               `json:"ruleIndex"`
		Kind       string            `json:"kind"`
		Level      string            `json:"level"`
		Message    sarifText         `json:"message"`
		Locations  []sarifLocation   `json:"locations"`
		Properties map[string]string `json:"properties"`
	}
	sarifLocation struct {
		PhysicalLocation sarifPhysical `json:"physicalLocation"`
	}
	sarifPhysical struct {
		ArtifactLocation sarifArtifact `json:"artifactLocation"`
	}
	sarifArtifact struct {
		URI string `json:"uri"`
	}
)

// SARIF writes a report as SARIF 2.1.0. Rules that could not be told are
// results of kind "open", and a place is needed for each: the program, or the
// go.mod of the module.
func SARIF(w io.Writer, r *kernelcheck.Report, version string) error {
	run := sarifRun{Tool: sarifTool{sarifDriver{Name: "gust kernel", Version: version, InformationURI: "https://github.com/gust-go/gust"}}, Results: []sarifResult{}}
	index := map[string]int{}
	for _, f := range append(append([]kernelcheck.Finding{}, r.Findings...), r.Undecided...) {
		i, ok := index[f.ID]
		if !ok {
			i = len(run.Tool.Driver.Rules)
			index[f.ID] = i
			run.Tool.Driver.Rules = append(run.Tool.Driver.Rules, sarifRuleOf(f))
		}
		run.Results = append(run.Results, sarifResultOf(f, i))
	}
	if run.Tool.Driver.Rules == nil {
		run.Tool.Driver.Rules = []sarifRule{}
	}
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(sarifLog{"https://json.schemastore.org/sarif-2.1.0.json", "2.1.0", []sarifRun{run}})
}

func sarifRuleOf(f kernelcheck.Finding) sarifRule {
	title, full := f.Title, f.Title
	if r, ok := rule.Lookup(f.ID); ok {
		full = r.Condition
	} else if s, ok := kernelcheck.LookupStory(f.ID); ok {
		title, full = s.Title, s.Title
	}
	out := sarifRule{ID: f.ID, ShortDescription: sarifText{title}, FullDescription: sarifText{full}, Help: sarifText{orElse(f.Action, "see the sources: "+strings.Join(f.Sources, ", "))}}
	if len(f.Sources) > 0 && strings.HasPrefix(f.Sources[0], "https://") {
		out.HelpURI = f.Sources[0]
	}
	return out
}

func sarifResultOf(f kernelcheck.Finding, index int) sarifResult {
	out := sarifResult{RuleID: f.ID, RuleIndex: index, Kind: "fail", Message: sarifText{message(f)}, Properties: map[string]string{"confidence": string(f.Confidence), "verdict": string(f.Verdict)}}
	switch {
	case f.Verdict != "yes":
		out.Kind, out.Level = "open", "none" // the schema wants none for all but fail
	case f.Severity == rule.Info:
		out.Level = "note"
	default:
		out.Level = string(f.Severity)
	}
	uri := "go.mod"
	if f.Subject != "" && !strings.Contains(f.Subject, " ") && !strings.Contains(f.Subject, "=") {
		uri = (&url.URL{Path: filepath.ToSlash(f.Subject)}).String()
	}
	out.Locations = []sarifLocation{{sarifPhysical{sarifArtifact{uri}}}}
	return out
}

func orElse(s, fallback string) string {
	if s == "" {
		return fallback
	}
	return s
}

// message says a finding in one line.
func message(f kernelcheck.Finding) string {
	parts := []string{f.Title}
	if f.Verdict != "yes" {
		parts[0] = "could not tell whether this applies: " + f.Title
	}
	if len(f.Evidence) > 0 {
		parts = append(parts, strings.Join(f.Evidence, ", "))
	}
	if f.Consequence != "" {
		parts = append(parts, f.Consequence)
	}
	if f.Action != "" {
		parts = append(parts, f.Action)
	}
	return strings.Join(parts, "; ")
}
