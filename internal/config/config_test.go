package config

import (
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
