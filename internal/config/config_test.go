package config

import (
	"slices"
	"strings"
	"testing"
)

func TestParse(t *testing.T) {
	f, err := Parse([]byte(`
[graph]
deny-cycles = ["self"]
allow-licenses = ["MIT"]
max-age-days = 900
[[graph.exception]]
module = "example.com/a/..."
rule = "allow-licenses"
reason = "ours"
expires = 2030-01-31
`))
	if err != nil {
		t.Fatal(err)
	}
	if len(f.Graph.DenyCycles) != 1 || f.Graph.MaxAgeDays != 900 || len(f.Graph.Exceptions) != 1 || f.Graph.Exceptions[0].Expires.Year != 2030 {
		t.Errorf("got %+v", f)
	}
}

func TestParseErrors(t *testing.T) {
	exception := "[[graph.exception]]\n"
	for text, want := range map[string]string{
		"[graph]\ndeny-cycle = []":                                 `line 2: there is no key "graph.deny-cycle"; did you mean "deny-cycles"?`,
		"[grahp]\n":                                                `did you mean "graph"?`,
		"[graph\n":                                                 "line 1",
		"[graph]\ndeny-cycles = 3":                                 "line 2",
		"[graph]\nmax-age-days = -1":                               "negative",
		exception + `module = "a"`:                                 "no rule",
		exception + `rule = "deny-hosts"`:                          "no module",
		exception + "module = \"a\"\nrule = \"deny-host\"":         `did you mean "deny-hosts"?`,
		exception + "module = \"a\"\nrule = \"*\"":                 "no reason",
		exception + "module = \"a\"\nrule = \"*\"\nreason = \"x\"": "no expiry",
		exception + "module = \"a\"\nrule = \"*\"\nreason = \"x\"\nexpires = \"2030-01-01 10\"": "line 5",
	} {
		if _, err := Parse([]byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: error %v, want %q", text, err, want)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte("[graph]\ndeny-cycles=[\"self\"]\n[[graph.exception]]\nmodule=\"a\"\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		if file, err := Parse(data); err == nil && file == nil {
			t.Error("neither a file nor an error")
		}
	})
}

func TestSettings(t *testing.T) {
	f, err := Parse([]byte("[graph]\nmax-age-days = 30\ndeny-licenses = ['GPL-3.0-only', 'AGPL-3.0-only']\ndeny-retracted = true\n" +
		"[[graph.exception]]\nmodule = 'm'\nrule = '*'\nreason = 'r'\nexpires = 2027-01-31\n"))
	if err != nil {
		t.Fatal(err)
	}
	got, err := f.Settings()
	want := []Setting{{"graph.deny-licenses", "['GPL-3.0-only', 'AGPL-3.0-only']"}, {"graph.deny-retracted", "true"}, {"graph.exception", "1 of them"}, {"graph.max-age-days", "30"}}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("Settings() = %q, %v; want %q", got, err, want)
	}
}
