package report

import (
	"cmp"
	"io"
	"net/url"
	"path/filepath"
	"slices"
	"strings"

	"github.com/gust-go/gust/internal/sarif"
	"github.com/gust-go/gust/kernelcheck"
	"github.com/gust-go/gust/kernelcheck/rule"
)

// SARIF writes a report as SARIF 2.1.0. Rules that could not be told are
// results of kind "open", and a place is needed for each: the program, or the
// go.mod of the module.
func SARIF(w io.Writer, r *kernelcheck.Report, version string) error {
	b := sarif.NewBuilder("gust kernel", version)
	for _, f := range slices.Concat(r.Findings, r.Undecided) {
		b.Add(sarifRule(f), sarifResult(f))
	}
	return b.Write(w)
}

func sarifRule(f kernelcheck.Finding) sarif.Rule {
	title, full := f.Title, f.Title
	if r, ok := rule.Lookup(f.ID); ok {
		full = r.Condition
	} else if s, ok := kernelcheck.LookupStory(f.ID); ok {
		title, full = s.Title, s.Title
	}
	out := sarif.Rule{
		ID: f.ID, ShortDescription: &sarif.Text{Text: title}, FullDescription: &sarif.Text{Text: full},
		Help: &sarif.Text{Text: cmp.Or(f.Action, "see the sources: "+strings.Join(f.Sources, ", "))},
	}
	if len(f.Sources) > 0 && strings.HasPrefix(f.Sources[0], "https://") {
		out.HelpURI = f.Sources[0]
	}
	return out
}

func sarifResult(f kernelcheck.Finding) sarif.Result {
	out := sarif.Result{Kind: "fail", Message: sarif.Text{Text: message(f)}, Properties: map[string]string{"confidence": string(f.Confidence), "verdict": string(f.Verdict)}}
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
	out.Locations = []sarif.Location{{Physical: sarif.Physical{Artifact: sarif.Artifact{URI: uri}}}}
	return out
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
