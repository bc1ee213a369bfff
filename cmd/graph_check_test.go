package cmd

import (
	"strings"
	"testing"

	"github.com/gust-go/gust/internal/sarif/sariftest"
	"github.com/gust-go/gust/modgraph"
)

func TestGraphSARIF(t *testing.T) {
	schema := sariftest.Load(t)
	a, b := modgraph.Version{Path: "example.com/a", Version: "v1.0.0"}, modgraph.Version{Path: "example.com/b"}
	for name, found := range map[string][]modgraph.Violation{
		"nothing": nil,
		"some": {
			{Rule: "allow-hosts", Module: a, Text: "it comes from example.com", File: "a b/go.mod", Line: 3},
			{Rule: "allow-hosts", Module: b, Text: "too", Excused: "known", File: "go.mod"},
		},
	} {
		out, err := sarifReport(found)
		if err != nil {
			t.Fatal(err)
		}
		if problems := schema.Problems(t, out); len(problems) > 0 {
			t.Errorf("%s: %s\n%s", name, strings.Join(problems, "\n"), out)
		}
	}
}
