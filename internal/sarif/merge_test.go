package sarif

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/gust-go/gust/internal/sarif/sariftest"
)

func TestMerge(t *testing.T) {
	log := func(category, rule string) Log {
		b := NewBuilder("gust graph check", "v1")
		b.Add(Rule{ID: rule}, Result{Kind: "fail", Level: "error", Message: Text{Text: "no"}, Locations: []Location{}})
		var out bytes.Buffer
		if err := b.Write(&out); err != nil {
			t.Fatal(err)
		}
		return Log{Category: category, Data: out.Bytes()}
	}
	data, err := Merge([]Log{log("graph", "a"), log("graph/sub", "b")})
	if err != nil {
		t.Fatal(err)
	}
	if problems := sariftest.Load(t).Problems(t, data); len(problems) > 0 {
		t.Errorf("not of the schema: %v", problems)
	}
	var got struct {
		Runs []struct {
			AutomationDetails struct{ ID string }
			Results           []struct{ RuleID string }
		}
	}
	if err := json.Unmarshal(data, &got); err != nil {
		t.Fatal(err)
	}
	if len(got.Runs) != 2 || got.Runs[0].AutomationDetails.ID != "graph/" || got.Runs[1].AutomationDetails.ID != "graph/sub/" ||
		got.Runs[1].Results[0].RuleID != "b" {
		t.Errorf("runs are %+v", got.Runs)
	}
	if data, err := Merge(nil); err != nil || !strings.Contains(string(data), `"runs": []`) {
		t.Errorf("no logs make %s, %v", data, err)
	}
	for _, bad := range []string{"", "{}", `{"version":"1.0.0"}`} {
		if _, err := Merge([]Log{{"graph", []byte(bad)}}); err == nil {
			t.Errorf("merged %q", bad)
		}
	}
}
