package config

import (
	"reflect"
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

func TestMatrix(t *testing.T) {
	const group = "[[matrix.target]]\ngoos = ['linux']\ngoarch = ['amd64']\n"
	for _, text := range []string{
		group,
		"[matrix]\npackages = ['.', './cmd/...', 'example.com/m/cmd']\noutput = 'out/bin'\nexclude = ['*/386']\n" + group,
		group + "goamd64 = ['v1', 'v4']\ngoexperiment = ['', 'jsonv2,nogreenteagc']\ntoolchain = ['go1.24.13', 'go1.27rc1']\ncgo = false\nkernels = ['4.18.0-513.el8', '5.4']\ncpus = ['v2']\n",
	} {
		if _, err := Parse([]byte(text)); err != nil {
			t.Errorf("%s: %v", text, err)
		}
	}
	for text, want := range map[string]string{
		"[matrix]\npackages = ['-toolexec=x']":                                         `"-toolexec=x" is no package`,
		"[matrix]\npackages = ['golang.org/x/tools/cmd/goyacc@latest']":                "is no package",
		"[matrix]\npackages = ['./../other']":                                          "is not below the folder",
		"[matrix]\npackages = ['/etc']":                                                "is not below the folder",
		"[matrix]\npackages = ['main.go']":                                             "name its package",
		"[matrix]\noutput = '../bin'":                                                  "is no folder below",
		"[matrix]\noutput = 'a/../..'":                                                 "is no folder below",
		"[matrix]\noutput = '/bin'":                                                    "is no folder below",
		"[matrix]\noutput = '.'":                                                       "is no folder below",
		"[matrix]\nexclude = ['[']":                                                    "is no pattern",
		"[matrix]\nflags = ['-toolexec=x']":                                            `there is no key "matrix.flags"`,
		"[[matrix.target]]\ngoos = ['linux']":                                          "goos and goarch have to be there",
		"[[matrix.target]]\ngoos = ['linx']\ngoarch = ['amd64']":                       `did you mean "linux"?`,
		"[[matrix.target]]\ngoos = ['linux']\ngoarch = ['x86_64']":                     `goarch: "x86_64" is none`,
		"[[matrix.target]]\ngoos = ['windows']\ngoarch = ['amd64']\nkernels = ['5.4']": `no "linux" in goos`,
		group + "goamd64 = ['v5']":                                                     "v1 to v4",
		group + "goarm64 = ['v8.0']":                                                   `no "arm64" in goarch`,
		group + "cpus = ['v8.2']":                                                      "a level of arm64, which is not in goarch",
		group + "goexperiment = ['a b']":                                               "names with commas",
		group + "goexperiment = ['../../x']":                                           "names with commas",
		group + "toolchain = ['go1.26.8+auto']":                                        "a release such as",
		group + "toolchain = ['path']":                                                 "a release such as",
		group + "toolchain = ['go1.26.8-custom']":                                      "a release such as",
		group + "toolchain = ['go1.23.4']":                                             "older than gust can drive",
		group + "kernels = ['latest']":                                                 "a version such as 5.4",
		group + "cc = 'sh'":                                                            `there is no key "matrix.target.cc"`,
	} {
		if _, err := Parse([]byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want %q", text, err, want)
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

// TestSettingsOfEveryKey sees that gust env --explain has no key to forget: the
// file sets all there are.
func TestSettingsOfEveryKey(t *testing.T) {
	f, err := Parse([]byte(everyKey))
	if err != nil {
		t.Fatal(err)
	}
	list, err := f.Settings()
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, s := range list {
		got = append(got, s.Key)
		if s.Value == "" {
			t.Errorf("%s has no value", s.Key)
		}
	}
	want := keysOf(reflect.TypeFor[File](), "")
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("Settings() has %q\nwant %q", got, want)
	}
}

// keysOf are the keys of a table; what may be there several times is one.
func keysOf(t reflect.Type, prefix string) (keys []string) {
	for i := range t.NumField() {
		field := t.Field(i)
		name := field.Tag.Get("toml")
		switch {
		case name == "" || name == "-":
		case field.Type.Kind() == reflect.Struct:
			keys = append(keys, keysOf(field.Type, prefix+name+".")...)
		default:
			keys = append(keys, prefix+name)
		}
	}
	return keys
}

const everyKey = `
[graph]
deny-cycles = ["module"]
deny-phantoms = ["P1"]
allow-licenses = ["MIT"]
deny-licenses = ["GPL-3.0-only"]
allow-hosts = ["github.com"]
deny-hosts = ["example.com"]
deny-replace-paths = true
deny-pseudo-versions = true
deny-incompatible = true
deny-retracted = true
deny-deprecated = true
deny-new-dependencies = true
max-age-days = 30
direct-only = true
[[graph.exception]]
module = "example.com/m"
rule = "*"
reason = "r"
expires = 2027-01-31
[hook]
steps = ["build"]
[ci]
steps = ["test"]
[remote-cache]
address = "https://cache.example.com"
mode = "read"
links = "off"
[matrix]
packages = ["./cmd/app"]
output = "dist"
exclude = ["linux/arm64"]
[[matrix.target]]
goos = ["linux"]
goarch = ["amd64", "arm64"]
[sandbox]
mode = "auto"
net-allow = ["127.0.0.1:5432"]
env-allow = ["HOME"]
leaks = "warn"
env = ["A=b"]
seed = 1
clock-offset = "1h"
[sandbox.limits]
memory = "1GiB"
processes = "64"
open-files = "64"
file-size = "1GiB"
disk = "1GiB"
time = "5m"
[[sandbox.package]]
match = "./..."
mode = "off"
`
