package quarantine

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"gotest.tools/gotestsum/testjson"
)

func TestParse(t *testing.T) {
	list, err := Parse(strings.NewReader(`
# flaky since the move
m/db TestFlush expires=2026-12-31 reason="loses a \"race\"" issue=https://example.com/12

m/db TestOther/sub_test expires=2027-01-01 reason=slow`))
	if err != nil {
		t.Fatal(err)
	}
	want := List{
		{"m/db", "TestFlush", date("2026-12-31"), `loses a "race"`, "https://example.com/12", 3},
		{"m/db", "TestOther/sub_test", date("2027-01-01"), "slow", "", 5},
	}
	if !slices.Equal(list, want) {
		t.Errorf("got %+v, want %+v", list, want)
	}
}

func date(s string) time.Time {
	d, err := time.Parse(time.DateOnly, s)
	if err != nil {
		panic(err)
	}
	return d
}

func TestParseErrors(t *testing.T) {
	for _, tt := range []struct{ line, want string }{
		{"m/db", `line 1: want: PACKAGE TEST expires=YYYY-MM-DD reason="..."`},
		{"m/db expires=2026-12-31 reason=x", `line 1: want: PACKAGE TEST expires=YYYY-MM-DD reason="..."`},
		{"m/db TestA", `line 1: an entry needs expires=YYYY-MM-DD and reason="..."`},
		{"m/db TestA expires=2026-12-31 reason=  ", `line 1: an entry needs expires=YYYY-MM-DD and reason="..."`},
		{"m/db TestA expires=2026-12-31 reason=two words", `line 1: "words" is not key=value; put quotes around values with spaces`},
		{"m/db TestA until=2026-12-31 reason=x", `line 1: unknown key "until"; the keys are expires, reason and issue`},
		{"m/db TestA expires=31.12.2026 reason=x", `line 1: expires=31.12.2026: want a date such as 2026-12-31`},
		{`m/db TestA expires=2026-12-31 reason="x`, `line 1: the quotes in "x do not match`},
		{"m/db TestA expires=2026-12-31 reason=x\n\nm/db TestA expires=2026-12-31 reason=y", `line 3: m/db TestA is quarantined by line 1 already`},
	} {
		_, err := Parse(strings.NewReader(tt.line))
		var syntax *SyntaxError
		if !errors.As(err, &syntax) || err.Error() != tt.want {
			t.Errorf("%q: error %v, want %s", tt.line, err, tt.want)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add("m/db TestFlush expires=2026-12-31 reason=\"a b\" issue=x\n# c\n")
	f.Add("a b expires=\"2026-12-31\" reason=\"\\u00e9\"x")
	f.Fuzz(func(t *testing.T, text string) {
		list, err := Parse(strings.NewReader(text))
		if err != nil {
			return
		}
		for _, e := range list {
			if e.Package == "" || e.Reason == "" || e.Expires.IsZero() || e.Line < 1 {
				t.Errorf("incomplete entry %+v", e)
			}
			if _, ok := list.Find(e.Package, e.Test); !ok {
				t.Errorf("entry %+v is not found", e)
			}
		}
	})
}

func TestExpired(t *testing.T) {
	list := List{{Package: "p", Test: "T", Expires: date("2026-12-31")}}
	if got := list.Expired(date("2026-12-31").Add(23 * time.Hour)); len(got) != 0 {
		t.Errorf("expired on its last day: %v", got)
	}
	if got := list.Expired(date("2027-01-01")); len(got) != 1 {
		t.Error("not expired on the day after its last")
	}
}

// TestExcuse applies lists to recorded streams, see testdata.
func TestExcuse(t *testing.T) {
	const bad, excuses = "example.com/rec/bad", "example.com/rec/excuses"
	for _, tt := range []struct {
		name, stream string
		tests        []string // package and test
		excused      []string
	}{
		{"covered", "excuses.json", []string{excuses, "TestFlaky", excuses, "TestParent/flaky", excuses, "TestLoud"}, []string{excuses}},
		{"a parent that spoke", "excuses.json", []string{excuses, "TestFlaky", excuses, "TestParent/flaky", excuses, "TestLoud/flaky"}, nil},
		{"one failure more", "excuses.json", []string{excuses, "TestFlaky"}, nil},
		{"another package", "excuses.json", []string{"example.com/other", "TestFlaky"}, nil},
		{"a TestMain that found more", "leak.json", []string{excuses, "TestFlaky", excuses, "TestParent", excuses, "TestLoud"}, nil},
		{"panic", "../../junit/testdata/mixed-go1.26.8.json", []string{bad, "TestColour", bad, "TestTable", bad, "TestPanic"}, nil},
		{"timeout", "timeout.json", []string{excuses, "TestHangs"}, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f, err := os.Open(filepath.Join("testdata", tt.stream))
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			exec, err := testjson.ScanTestOutput(testjson.ScanConfig{Stdout: f})
			if err != nil {
				t.Fatal(err)
			}
			var list List
			for pair := range slices.Chunk(tt.tests, 2) {
				list = append(list, Entry{Package: pair[0], Test: pair[1]})
			}
			v := list.Excuse(exec)
			if !slices.Equal(v.Excused, tt.excused) {
				t.Errorf("excused %q of %q, want %q", v.Excused, v.Failed, tt.excused)
			}
			if len(v.Excused)+len(v.Failed) == 0 {
				t.Error("the stream has no failed package")
			}
		})
	}
}
