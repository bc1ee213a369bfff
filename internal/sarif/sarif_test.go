package sarif_test

import (
	"strings"
	"testing"

	"github.com/gust-go/gust/internal/sarif"
	"github.com/gust-go/gust/internal/sarif/sariftest"
)

// TestReport writes all parts that there are.
func TestReport(t *testing.T) {
	schema := sariftest.Load(t)
	at := []sarif.Location{{Physical: sarif.Physical{Artifact: sarif.Artifact{URI: "go.mod"}, Region: &sarif.Region{StartLine: 1}}}}
	b := sarif.NewBuilder("gust x", "v1")
	full := sarif.Rule{ID: "A", ShortDescription: &sarif.Text{Text: "a"}, FullDescription: &sarif.Text{Text: "a"}, Help: &sarif.Text{Text: "a"}, HelpURI: "https://go.dev"}
	b.Add(full, sarif.Result{Kind: "fail", Level: "error", Message: sarif.Text{Text: "<m>"}, Locations: at, Fingerprints: map[string]string{"f/v1": "x"}})
	b.Add(sarif.Rule{ID: "B"}, sarif.Result{Kind: "open", Level: "none", Message: sarif.Text{Text: "m"}, Locations: at})
	b.Add(full, sarif.Result{Kind: "fail", Level: "note", Message: sarif.Text{Text: "m"}, Locations: at, Suppressions: []sarif.Suppression{{Kind: "external", Justification: "j"}}})
	var out strings.Builder
	if err := b.Write(&out); err != nil {
		t.Fatal(err)
	}
	if v := schema.Problems(t, []byte(out.String())); len(v) > 0 {
		t.Errorf("%s\n%s", strings.Join(v, "\n"), out.String())
	}
	for text, n := range map[string]int{`"id": "A"`: 1, `"ruleId": "A"`: 2, `"ruleIndex": 1`: 1} {
		if got := strings.Count(out.String(), text); got != n {
			t.Errorf("%s is there %d times, want %d:\n%s", text, got, n, out.String())
		}
	}
}

// TestSchema: what holds reports to the schema must find what is wrong.
func TestSchema(t *testing.T) {
	schema := sariftest.Load(t)
	for _, bad := range []string{
		`{}`, `{"version":"2.0","runs":[]}`, `{"version":"2.1.0","runs":[{"tool":{}}]}`,
		`{"version":"2.1.0","runs":[{"tool":{"driver":{"name":"x"}},"results":[{"level":"bad","message":{"text":"x"}}]}]}`,
		`{"version":"2.1.0","runs":[{"tool":{"driver":{"name":"x"}},"extra":1}]}`,
	} {
		if len(schema.Problems(t, []byte(bad))) == 0 {
			t.Errorf("the validator takes %s", bad)
		}
	}
}
