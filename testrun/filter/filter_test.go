package filter

import (
	"errors"
	"strings"
	"testing"
	"time"
)

func TestMatch(t *testing.T) {
	tests := []Test{
		{"m", "TestRoot", "pass", time.Millisecond},
		{"m/db", "TestFlush", "fail", 2 * time.Second},
		{"m/db", "TestOpen", "", -1},
		{"m/db/sql", "TestScan", "flaky", 200 * time.Millisecond},
		{"m/dbx", "TestX", "skip", 0},
	}
	for _, tt := range []struct{ expr, want string }{
		{"package=m/db", "TestFlush TestOpen"},
		{"package=m/db/...", "TestFlush TestOpen TestScan"},
		{"package = ./db/...", "TestFlush TestOpen TestScan"},
		{"package=.", "TestRoot"},
		{"package=./...", "TestRoot TestFlush TestOpen TestScan TestX"},
		{"package=m/db...", "TestFlush TestOpen TestScan TestX"},
		{"package!=m/db/...", "TestRoot TestX"},
		{"package~sql$", "TestScan"},
		{"test~^Test(Flush|Open)$", "TestFlush TestOpen"},
		{`test!~"Scan|X"`, "TestRoot TestFlush TestOpen"},
		{"test=TestX", "TestX"},
		{"last=fail or last=flaky", "TestFlush TestScan"},
		{"last=none", "TestOpen"},
		{"last!=pass", "TestFlush TestOpen TestScan TestX"},
		{"duration>100ms", "TestFlush TestScan"},
		{"duration>=2s", "TestFlush"},
		{"duration<1ms", "TestX"},
		{"duration<=1ms", "TestRoot TestX"},
		{"not duration<1h", "TestOpen"},
		{"last=fail or last=pass and package=m", "TestRoot TestFlush"},
		{"(last=fail or last=pass) and package=m", "TestRoot"},
		{"not (last=fail or last=pass)", "TestOpen TestScan TestX"},
		{"not not test=TestX", "TestX"},
		{"(test~(Scan))", "TestScan"},
	} {
		e, err := Parse("m", tt.expr)
		if err != nil {
			t.Errorf("Parse(%q): %v", tt.expr, err)
			continue
		}
		var got []string
		for _, test := range tests {
			if e.Match(test) {
				got = append(got, test.Name)
			}
		}
		if strings.Join(got, " ") != tt.want {
			t.Errorf("%q selects %q, want %q", tt.expr, got, tt.want)
		}
	}
}

func TestParseErrors(t *testing.T) {
	for _, tt := range []struct{ expr, want, caret string }{
		{"", "want a field: package, test, last or duration at character 1 of the filter", "^"},
		{"last=pass or", "want a field: package, test, last or duration at character 13 of the filter", "            ^"},
		{"pkg=x", `unknown field "pkg"; the fields are package, test, last and duration at character 1 of the filter`, "^"},
		{"test TestX", "want an operator: = != ~ !~ < <= > or >= at character 6 of the filter", "     ^"},
		{"test==X", "want an operator: = != ~ !~ < <= > or >= at character 5 of the filter", "    ^"},
		{"test<X", "operator < does not go with text; use = != ~ or !~ at character 5 of the filter", "    ^"},
		{"test~(", "brackets do not match; put the value between quotes at character 6 of the filter", "     ^"},
		{"test~[", `"[" is not a regular expression at character 6 of the filter`, "     ^"},
		{"last=red", `"red" is not a result; the results are pass, fail, flaky, skip and none at character 6 of the filter`, "     ^"},
		{"last>pass", "operator > does not go with results; use = or != at character 5 of the filter", "    ^"},
		{"duration>5", `"5" is not a duration such as 1.5s or 200ms at character 10 of the filter`, "         ^"},
		{"duration=5s", "operator = does not go with durations; use < <= > or >= at character 9 of the filter", "        ^"},
		{"(test=X", "this bracket is not closed at character 1 of the filter", "^"},
		{"test=X)", "want and, or, or the end at character 7 of the filter", "      ^"},
		{`é=1 test="x`, `unknown field "é"; the fields are package, test, last and duration at character 1 of the filter`, "^"},
		{`test="é" test="x`, "want and, or, or the end at character 10 of the filter", "         ^"},
		{`test="x`, "this quote is not closed at character 6 of the filter", "     ^"},
		{"test=", "want a value at character 6 of the filter", "     ^"},
		{"(test= )", "want a value at character 8 of the filter", "       ^"},
	} {
		_, err := Parse("m", tt.expr)
		var syntax *SyntaxError
		if !errors.As(err, &syntax) {
			t.Errorf("Parse(%q): error %v", tt.expr, err)
			continue
		}
		if got := syntax.Error(); got != tt.want {
			t.Errorf("Parse(%q): %s\nwant %s", tt.expr, got, tt.want)
		}
		if _, caret, _ := strings.Cut(syntax.Caret(), "\n"); caret != tt.caret {
			t.Errorf("Parse(%q): caret %q, want %q", tt.expr, caret, tt.caret)
		}
	}
}

func TestDeepNesting(t *testing.T) {
	for _, text := range []string{strings.Repeat("(", 1e6), strings.Repeat("not ", 1e6)} {
		if _, err := Parse("m", text); err == nil {
			t.Error("a million levels gave no error")
		}
	}
}

// FuzzParse also holds what was parsed to the laws of logic.
func FuzzParse(f *testing.F) {
	for _, text := range []string{"package=./a/... and not last=fail", "(test~`x` or duration>1s)", "test=\"a\\x00\"", "not not test!~(a)"} {
		f.Add(text, "m/a", "TestX")
	}
	f.Fuzz(func(t *testing.T, text, pkg, name string) {
		e, err := Parse("m", text)
		if err != nil {
			var syntax *SyntaxError
			if !errors.As(err, &syntax) || syntax.Pos < 0 || syntax.Pos > len(text) {
				t.Fatalf("error %#v", err)
			}
			_ = syntax.Error() + syntax.Caret()
			return
		}
		test := Test{pkg, name, "pass", time.Second}
		negated, err := Parse("m", "not ("+text+")")
		if err != nil {
			t.Fatalf("%q parses, its negation does not: %v", text, err)
		}
		if e.Match(test) == negated.Match(test) {
			t.Errorf("%q and its negation agree", text)
		}
	})
}
