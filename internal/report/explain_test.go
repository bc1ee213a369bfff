package report

import (
	"bytes"
	"fmt"
	"slices"
	"testing"

	"github.com/gust-go/gust/internal/event"
)

const module = "github.com/prometheus/prometheus"

var editSummary = event.BuildSummary{Compiled: 3, Reused: 2, Relinked: 1, Linked: 1, WallNS: 3_100_000_000, SavedNS: 14_200_000_000}

// edit is what a build after the edit of one package reports.
func edit() []event.BuildPackage {
	labels := func(text string) []event.Reason {
		return []event.Reason{{Kind: "import", Subject: module + "/model/labels", Text: text}}
	}
	return []event.BuildPackage{
		{ImportPath: module + "/model/labels", Outcome: event.Compiled, Root: true, WallNS: 1_200_000_000, Reasons: []event.Reason{
			{Kind: "file", Subject: "model/labels/regexp.go", Text: "func (*FastRegexMatcher) MatchString: body changed, lines moved"},
			{Kind: "file", Subject: "model/labels/labels.go", Text: "func Compare: signature changed"},
		}},
		{ImportPath: module + "/storage", Outcome: event.Compiled, WallNS: 400_000_000, Reasons: labels("func Compare: signature changed")},
		{ImportPath: module + "/tsdb", Outcome: event.Reused, WallNS: 4_000_000, SavedNS: 5_000_000_000, Reasons: labels("interface unchanged")},
		{ImportPath: module + "/rules", Outcome: event.Reused, WallNS: 4_000_000, SavedNS: 6_000_000_000, Reasons: labels("interface unchanged")},
		{ImportPath: module + "/promql", Outcome: event.Relinked, WallNS: 12_000_000, SavedNS: 3_200_000_000, Reasons: labels("lines moved")},
		{ImportPath: module + "/cmd/prometheus", Outcome: event.Compiled, WallNS: 900_000_000, Reasons: []event.Reason{
			{Kind: "import", Subject: module + "/storage", Text: "interface changed"},
		}},
	}
}

func explained(t *testing.T, x Explain, packages []event.BuildPackage, sum event.BuildSummary) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := x.Build(&b, packages, sum); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestExplainEdit(t *testing.T) {
	x := Explain{Module: module}
	want := explained(t, x, edit(), editSummary)
	golden(t, "edit.txt", want)

	reversed := edit()
	slices.Reverse(reversed)
	if got := explained(t, x, reversed, editSummary); !bytes.Equal(got, want) {
		t.Errorf("the report depends on the order of the events:\n%s", got)
	}
	golden(t, "edit-color.txt", explained(t, Explain{Module: module, Color: true}, edit(), editSummary))
}

func TestExplainNothing(t *testing.T) {
	golden(t, "nothing.txt", explained(t, Explain{}, nil, event.BuildSummary{WallNS: 470_000_000}))
}

func TestExplainFirstBuild(t *testing.T) {
	var packages []event.BuildPackage
	for i := range 40 {
		packages = append(packages, event.BuildPackage{
			ImportPath: fmt.Sprintf("example.com/p%02d", i), Outcome: event.Compiled, Root: true,
			Reasons: []event.Reason{{Kind: "first", Text: "no earlier compile on record"}},
		})
	}
	golden(t, "first.txt", explained(t, Explain{}, packages, event.BuildSummary{WallNS: 90_000_000_000}))
}

func TestExplainManyAndFailed(t *testing.T) {
	packages := []event.BuildPackage{{ImportPath: "example.com/broken", Outcome: event.Failed, Root: true,
		Reasons: []event.Reason{{Kind: "file", Subject: "broken.go", Text: "does not parse"}}}}
	for i := range 30 {
		packages = append(packages,
			event.BuildPackage{ImportPath: fmt.Sprintf("example.com/root%02d", i), Outcome: event.Compiled, Root: true,
				Reasons: []event.Reason{{Kind: "flags", Subject: "-race", Text: "added"}}},
			event.BuildPackage{ImportPath: fmt.Sprintf("example.com/user%02d", i), Outcome: event.Compiled,
				Reasons: []event.Reason{{Kind: "import", Subject: fmt.Sprintf("example.com/root%02d", i), Text: "interface changed"}}})
	}
	golden(t, "many.txt", explained(t, Explain{}, packages, event.BuildSummary{WallNS: 1_000_000, ExitCode: 1}))
}

func TestExplainPackage(t *testing.T) {
	for name, pkg := range map[string]string{
		"package-root.txt":   "labels",
		"package-reused.txt": module + "/tsdb",
	} {
		var b bytes.Buffer
		matched := Match(edit(), pkg)
		if err := (Explain{Module: module}).Package(&b, matched, edit()); err != nil {
			t.Fatal(err)
		}
		golden(t, name, b.Bytes())
	}
}

func TestMatch(t *testing.T) {
	packages := []event.BuildPackage{
		{ImportPath: "x/labels [x/labels.test]"}, {ImportPath: "x/labels"}, {ImportPath: "y/labels"}, {ImportPath: "labels"}, {ImportPath: "z/mylabels"},
	}
	for _, tt := range []struct {
		name string
		want []string
	}{
		{"labels", []string{"labels"}},
		{"x/labels", []string{"x/labels", "x/labels [x/labels.test]"}},
		{"mylabels", []string{"z/mylabels"}},
		{"els", nil},
		{"", nil},
	} {
		var got []string
		for _, p := range Match(packages, tt.name) {
			got = append(got, p.ImportPath)
		}
		if !slices.Equal(got, tt.want) {
			t.Errorf("Match(%q) = %q, want %q", tt.name, got, tt.want)
		}
	}
}
