package projectenv

import (
	"fmt"
	"go/format"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"
)

func TestParse(t *testing.T) {
	f, err := Parse("/p/.env.go", []byte(`//go:build ignore

// Package env is read by gust.
package env

const base, more = "-tags=a", ("b" + `+"`c`"+`)

const (
	GOOS string = "linux"
	GOARM       = 7
	CGO_ENABLED = false
	GOFLAGS     = base + "," + more
)

var aliases = map[string][]string{
	"lint-all": []string{"vet", "." + "/..."},
}

var profiles = map[string]map[string]string{
	"release": {
		"GOFLAGS": base,
		"CC":      "musl-gcc",
	},
	"empty": {},
}
`))
	if err != nil {
		t.Fatal(err)
	}
	want := "GOOS=linux:9 GOARM=7:10 CGO_ENABLED=0:11 GOFLAGS=-tags=a,bc:12"
	if got := show(f.Vars); got != want {
		t.Errorf("variables %s, want %s", got, want)
	}
	if got := show(f.Profiles["release"]); got != "GOFLAGS=-tags=a:21 CC=musl-gcc:22" {
		t.Errorf("profile: %s", got)
	}
	if got := slices.Sorted(maps.Keys(f.Profiles)); !slices.Equal(got, []string{"empty", "release"}) {
		t.Errorf("profiles: %s", got)
	}
	if a := f.Aliases["lint-all"]; !slices.Equal(a.Args, []string{"vet", "./..."}) || a.Line != 16 {
		t.Errorf("alias: %+v", a)
	}
	if got := show(f.profile("release")); got != "GOOS=linux:9 GOARM=7:10 CGO_ENABLED=0:11 GOFLAGS=-tags=a:21 CC=musl-gcc:22" {
		t.Errorf("in force: %s", got)
	}
}

func show(settings []Setting) string {
	var all []string
	for _, s := range settings {
		all = append(all, fmt.Sprintf("%s=%s:%d", s.Name, s.Value, s.Line))
	}
	return strings.Join(all, " ")
}

// TestParseErrors: what is not constant is refused, with its line.
func TestParseErrors(t *testing.T) {
	for src, want := range map[string]string{
		"import \"os\"":                                   "2: import declarations are not allowed",
		"import _ \"net/http\"":                           "2: import declarations are not allowed",
		"func init() {}":                                  "2: a function",
		"type T string":                                   "2: type declarations are not allowed",
		"const A = f()":                                   "2: a function call",
		"const A = len(\"x\")":                            "2: a function call",
		"const A = string(\"x\")":                         "2: a function call",
		"const A = iota":                                  "2: iota is not a constant declared above",
		"const (\nA = \"x\"\nB\n)":                        "4: B has no value of its own",
		"const A = b\nconst b = \"x\"":                    "2: b is not a constant declared above",
		"const A = os.Args":                               "2: not a constant",
		"const A = 1.5":                                   "2: 1.5 is neither",
		"const A = 'x'":                                   "2: 'x' is neither",
		"const A = 1 + 2":                                 "2: only strings can be added",
		"const A = \"a\" + 2":                             "2: only strings can be added",
		"const A = 3 * 4":                                 "2: the operator * is not one for strings",
		"const A = -1":                                    "2: not a constant",
		"const A = !true":                                 "2: not a constant",
		"const A float64 = 1":                             "2: a constant is a string, a bool or an int",
		"const A = \"x\"\nconst A = \"y\"":                "3: A is declared twice",
		"const Goos = \"linux\"":                          "2: \"Goos\" is neither a variable",
		"const _ = \"x\"":                                 "2: \"_\" is neither a variable",
		"const GUST_GO = \"/tmp/x\"":                      "2: GUST_GO is read from the process's environment only",
		"const A = \"a\\x00b\"":                           "2: A has a zero byte",
		"var X = \"x\"":                                   "2: the only variables are",
		"var aliases map[string][]string":                 "2: want var profiles",
		"var aliases = load()":                            "2: the only variables are",
		"var aliases = map[string]string{}":               "2: the only variables are",
		"var aliases = map[string][]string{\"a\": {f()}}": "2: a function call",
		"var aliases = map[string][]string{\"a\": {}}":    "2: alias \"a\" stands for nothing",
		"var aliases = map[string][]string{\"a b\": {\"vet\"}}":                            "2: \"a b\" is no name for an alias",
		"var aliases = map[string][]string{\"-x\": {\"vet\"}}":                             "2: \"-x\" is no name for an alias",
		"var aliases = map[string][]string{\"a\": {\"v\"}, \"a\": {\"v\"}}":                "2: alias \"a\" is declared twice",
		"var aliases = map[string][]string{\"a\": {\"x\\x00\"}}":                           "2: an argument has a zero byte",
		"var aliases = map[string][]string{{\"a\"}}":                                       "2: want a key and a value",
		"var aliases = map[string][]string{}\nvar aliases = map[string][]string{}":         "3: aliases is declared twice",
		"var profiles = map[string]map[string]string{\"p\": f()}":                          "2: want a map of strings in braces",
		"var profiles = map[string]map[string]string{\"p\": {\"A\": f()}}":                 "2: a function call",
		"var profiles = map[string]map[string]string{\"p\": {\"a\": \"x\"}}":               "2: \"a\" is no name for a variable",
		"var profiles = map[string]map[string]string{\"P\": {}}":                           "2: \"P\" is no name for a profile",
		"var profiles = map[string]map[string]string{\"p\": {\"A\": \"x\", \"A\": \"y\"}}": "2: A is set twice in profile \"p\"",
		"var profiles = map[string]map[string]string{\"p\": {\"GUST_GO\": \"/tmp/x\"}}":    "2: GUST_GO is read from",
		"var profiles = map[string]map[string]string{\"p\": {}, \"p\": {}}":                "2: profile \"p\" is declared twice",
		"//line /etc/passwd:900\nconst A = f()":                                            "3: a function call",
		"const A = \"x":                                                                    "2: ",
		"const a = \"" + strings.Repeat("x", 30000) + "\"\nconst A = a + a + a":            "3: sums are longer than 64 KB",
	} {
		f, err := Parse("/p/.env.go", []byte("package env\n"+src+"\n"))
		if err == nil {
			t.Errorf("%s: no error, but %s", src, show(f.Vars))
			continue
		}
		if got := err.Error(); !strings.HasPrefix(got, "/p/.env.go:"+want) {
			t.Errorf("%.60s: %s\nwant %s", src, got, want)
		}
	}
	if _, err := Parse("/p/.env.go", nil); err == nil || !strings.HasPrefix(err.Error(), "/p/.env.go:1: ") {
		t.Errorf("an empty file: %v", err)
	}
}

func TestTemplate(t *testing.T) {
	if got, err := format.Source([]byte(Template)); err != nil || string(got) != Template {
		t.Errorf("gofmt changes the template: %v\n%s", err, got)
	}
	f, err := Parse("/p/.env.go", []byte(Template))
	if err != nil || len(f.Vars)+len(f.Profiles)+len(f.Aliases) > 0 {
		t.Errorf("the template sets something: %+v, %v", f, err)
	}
	on := regexp.MustCompile(`(?m)^\t?// ("|[A-Z_]+ +=)`).ReplaceAllString(Template, "\t$1")
	if f, err = Parse("/p/.env.go", []byte(on)); err != nil {
		t.Fatalf("the examples: %v", err)
	}
	if len(f.Vars) != 3 || len(f.Profiles) != 1 || len(f.Aliases) != 1 || len(f.NeedsApproval()) > 0 {
		t.Errorf("the examples say %+v", f)
	}
}

// FuzzParse looks for files that make the parser crash, hang, or let through
// what has no place.
func FuzzParse(f *testing.F) {
	f.Add([]byte(Template))
	f.Add([]byte("package env\nconst A, b = \"x\" + `y`, 7\nvar aliases = map[string][]string{\"a\": {b, \"c\"}}"))
	f.Add([]byte("package env\nvar profiles = map[string]map[string]string{\"p\": map[string]string{\"A\": true}}"))
	f.Add([]byte("package env;const A=((((((\"a\"+\"b\")+\"c\"))))) //line x:1"))
	f.Fuzz(func(t *testing.T, src []byte) {
		file, err := Parse("/p/.env.go", src)
		if err != nil {
			if !regexp.MustCompile(`^/p/\.env\.go:\d+: .`).MatchString(err.Error()) {
				t.Errorf("the error names no line: %q", err)
			}
			return
		}
		all := slices.Clone(file.Vars)
		for _, p := range file.Profiles {
			all = append(all, p...)
		}
		for _, s := range all {
			if !regexp.MustCompile(`^[A-Z_][A-Z0-9_]*$`).MatchString(s.Name) || strings.HasPrefix(s.Name, "GUST_") || strings.ContainsRune(s.Value, 0) {
				t.Errorf("let through: %q", s)
			}
			if s.Line < 1 || s.Line > 1+strings.Count(string(src), "\n") {
				t.Errorf("line %d of a file that has fewer", s.Line)
			}
		}
		// What is read is what a second look reads.
		again, err := Parse("/p/.env.go", src)
		if err != nil || show(again.Vars) != show(file.Vars) {
			t.Errorf("a second look: %v", err)
		}
	})
}
