// Package sarif writes findings as SARIF 2.1.0, which code hosts show beside the
// lines they are about: https://docs.oasis-open.org/sarif/sarif/v2.1.0/. It has
// the parts of the format that gust's commands fill in, named as in its schema.
package sarif

import (
	"encoding/json"
	"fmt"
	"io"
)

// A Run is what one tool found.
type Run struct {
	Tool    Tool     `json:"tool"`
	Results []Result `json:"results"`
}

// A Tool names itself and its rules.
type Tool struct {
	Driver Driver `json:"driver"`
}

// A Driver is the tool proper.
type Driver struct {
	Name           string `json:"name"`
	Version        string `json:"version,omitempty"`
	InformationURI string `json:"informationUri"`
	Rules          []Rule `json:"rules"`
}

// A Rule describes what results with its ID are about.
type Rule struct {
	ID               string `json:"id"`
	ShortDescription *Text  `json:"shortDescription,omitempty"`
	FullDescription  *Text  `json:"fullDescription,omitempty"`
	Help             *Text  `json:"help,omitempty"`
	HelpURI          string `json:"helpUri,omitempty"`
}

// A Text is a message.
type Text struct {
	Text string `json:"text"`
}

// A Result is one finding.
type Result struct {
	RuleID    string `json:"ruleId"`
	RuleIndex int    `json:"ruleIndex"`
	// Kind is fail, or open for what could not be told; Level is none for all
	// kinds but fail.
	Kind      string     `json:"kind"`
	Level     string     `json:"level"`
	Message   Text       `json:"message"`
	Locations []Location `json:"locations"`
	// Fingerprints recognise a result in a later report.
	Fingerprints map[string]string `json:"partialFingerprints,omitempty"`
	Suppressions []Suppression     `json:"suppressions,omitempty"`
	Properties   map[string]string `json:"properties,omitempty"`
}

// A Location is a place in a file.
type Location struct {
	Physical Physical `json:"physicalLocation"`
}

// A Physical location is a file, and a region of it.
type Physical struct {
	Artifact Artifact `json:"artifactLocation"`
	Region   *Region  `json:"region,omitempty"`
}

// An Artifact is a file by its URI, relative to the repository.
type Artifact struct {
	URI string `json:"uri"`
}

// A Region is a line, counted from 1.
type Region struct {
	StartLine int `json:"startLine"`
}

// A Suppression is why a result does not count.
type Suppression struct {
	Kind          string `json:"kind"`
	Justification string `json:"justification"`
}

// A Builder collects the results of one tool.
type Builder struct {
	run   Run
	index map[string]int
}

// NewBuilder returns a builder for a part of gust. release may be empty.
func NewBuilder(name, release string) *Builder {
	return &Builder{
		run: Run{
			Tool:    Tool{Driver{Name: name, Version: release, InformationURI: "https://github.com/gust-go/gust", Rules: []Rule{}}},
			Results: []Result{},
		},
		index: make(map[string]int),
	}
}

// Add appends a result, and its rule if it is the first of it.
func (b *Builder) Add(rule Rule, r Result) {
	i, ok := b.index[rule.ID]
	if !ok {
		i = len(b.run.Tool.Driver.Rules)
		b.index[rule.ID] = i
		b.run.Tool.Driver.Rules = append(b.run.Tool.Driver.Rules, rule)
	}
	r.RuleID, r.RuleIndex = rule.ID, i
	b.run.Results = append(b.run.Results, r)
}

// Write writes the report.
func (b *Builder) Write(w io.Writer) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	report := struct {
		Schema  string `json:"$schema"`
		Version string `json:"version"`
		Runs    []Run  `json:"runs"`
	}{schema, version, []Run{b.run}}
	if err := e.Encode(report); err != nil {
		return fmt.Errorf("write SARIF: %w", err)
	}
	return nil
}
