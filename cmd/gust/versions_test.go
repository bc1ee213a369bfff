package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/gust-go/gust/internal/buildid"
	"github.com/gust-go/gust/internal/testcache"
)

// testedGo are the releases that gust is tested with besides the one that runs
// the tests: the last patch of each that it supports.
var testedGo = []string{"go1.24.13", "go1.25.12", "go1.27.0"}

// TestVersions makes the basic edits with other releases of go, which come from
// the module proxy or the module cache. Each compiles the standard library
// once, as far as a program without imports needs it.
func TestVersions(t *testing.T) {
	if testing.Short() {
		t.Skip("compiles the standard library of several releases")
	}
	for _, version := range testedGo {
		t.Run(version, func(t *testing.T) {
			t.Parallel()
			v := &versioned{t: t, dir: t.TempDir()}
			v.setup(version)
			for _, step := range versionSteps {
				v.step(step.name, step.old, step.new, step.args, step.want...)
			}
		})
	}
}

var versionSteps = []struct {
	name, old, new string
	args           []string
	want           []string
}{
	{"new", "", "", nil, []string{"m/lib:compiled", "m/mid:compiled", "m:compiled"}},
	{"unchanged", "", "", nil, nil},
	{"body", "x + 1\n", "x + 2\n", nil, []string{"m/lib:compiled", "m/mid:reused"}},
	{"lines not inlined", "// Below", "//\n// Below", nil, []string{"m/lib:compiled", "m/mid:relinked", "m:reused"}},
	{"lines inlined", "// Inlined", "//\n// Inlined", nil, []string{"m/lib:compiled", "m/mid:compiled", "m:reused"}},
	{"inlined body", "x + 10", "x + 11", nil, []string{"m/lib:compiled", "m/mid:compiled", "m:reused"}},
	{"generic lines", "// Max", "//\n// Max", nil, []string{"m/lib:compiled", "m/mid:compiled", "m:reused"}},
	{"generic body", "a > b", "a < b", nil, []string{"m/lib:compiled", "m/mid:compiled", "m:reused"}},
	{"constant", "K = 3", "K = 4", nil, []string{"m/lib:compiled", "m/mid:compiled", "m:reused"}},
	{"field", "A, B int", "A, C, B int", nil, []string{"m/lib:compiled", "m/mid:compiled", "m:reused"}},
	{"new function", "// Below", "func New() {}\n\n// Below", nil, []string{"m/lib:compiled", "m/mid:compiled", "m:reused"}},
	{"relaxed", "// Inlined", "//\n// Inlined", []string{"--lines=relaxed"}, []string{"*"}},
	{"exact again", "", "", nil, []string{"*"}},
}

// versioned is a module and the caches of one release.
type versioned struct {
	t   *testing.T
	dir string
	env []string
}

func (v *versioned) setup(version string) {
	t := v.t
	v.env = append(os.Environ(), "GOTOOLCHAIN="+version, "GOFLAGS=", "GOWORK=off", "GOENV=off",
		"GOCACHE="+filepath.Join(v.dir, "gocache"), "GUST_CACHE="+filepath.Join(v.dir, "gustcache"))
	for name, text := range versionFiles {
		file := filepath.Join(v.dir, "m", name)
		if err := os.MkdirAll(filepath.Dir(file), 0o777); err != nil {
			t.Fatal(err)
		}
		write(t, file, text)
	}
	out, err := v.command("go", "env", "GOVERSION").Output()
	if got := strings.TrimSpace(string(out)); err != nil || got != version {
		text := fmt.Sprintf("cannot get %s (go env GOVERSION: %q, %v)", version, got, err)
		if os.Getenv("CI") != "" {
			t.Fatal(text)
		}
		t.Skip(text)
	}
	// Both sides start with the same standard library.
	cmd := v.command("go", "build", "-o", os.DevNull, "./empty")
	cmd.Env = append(cmd.Env, "GOCACHE="+filepath.Join(v.dir, "cache"))
	v.run(cmd)
	if err := testcache.Link(filepath.Join(v.dir, "cache"), filepath.Join(v.dir, "gocache")); err != nil {
		t.Fatal(err)
	}
}

func (v *versioned) command(program string, args ...string) *exec.Cmd {
	path, err := exec.LookPath(program)
	if err != nil {
		v.t.Fatal(err)
	}
	cmd := exec.Command(path, args...)
	cmd.Dir, cmd.Env = filepath.Join(v.dir, "m"), v.env
	return cmd
}

// run returns what a command that must succeed writes to stdout.
func (v *versioned) run(cmd *exec.Cmd) []byte {
	v.t.Helper()
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		v.t.Fatalf("%q: %v\n%s%s", cmd.Args, err, out, stderr.Bytes())
	}
	return out
}

// step edits lib/lib.go, builds with gust, and compares outcomes and, unless
// args relax it, the program with what go makes afterwards.
func (v *versioned) step(name, old, new string, args []string, want ...string) {
	v.t.Helper()
	file := filepath.Join(v.dir, "m", "lib", "lib.go")
	text, err := os.ReadFile(file)
	if err != nil {
		v.t.Fatal(err)
	}
	if old != "" {
		if strings.Count(string(text), old) != 1 {
			v.t.Fatalf("%s: %q must stand once in\n%s", name, old, text)
		}
		write(v.t, file, strings.Replace(string(text), old, new, 1))
	}
	exe := ""
	if runtime.GOOS == "windows" {
		exe = ".exe"
	}
	cmd := v.command("gust", append(append([]string{"build", "--json"}, args...), "-o", "app"+exe, ".")...)
	if len(args) == 0 {
		cmd.Env = append(cmd.Env, "GUST_VERIFY=1")
	}
	got := packages(v.t, name, v.run(cmd))
	slices.Sort(want)
	if !slices.Equal(got, want) && !slices.Equal(want, []string{"*"}) {
		v.t.Errorf("%s: outcomes %q, want %q", name, got, want)
	}
	// With a cache of its own, or gust would find there what go has made.
	plain := v.command("go", "build", "-o", "want"+exe, ".")
	plain.Env = append(plain.Env, "GOCACHE="+filepath.Join(v.dir, "cache"))
	v.run(plain)
	if len(args) > 0 {
		return
	}
	a, err := buildid.Blank(filepath.Join(v.dir, "m", "app"+exe))
	if err != nil {
		v.t.Fatal(err)
	}
	b, err := buildid.Blank(filepath.Join(v.dir, "m", "want"+exe))
	if err != nil {
		v.t.Fatal(err)
	}
	if !bytes.Equal(a, b) {
		v.t.Errorf("%s: the program differs from go's", name)
	}
}

// packages are the outcomes of the module's packages. A warning is an error.
func packages(t *testing.T, step string, stdout []byte) (list []string) {
	t.Helper()
	for line := range bytes.Lines(stdout) {
		var e struct {
			Type, Text, Outcome string
			ImportPath          string `json:"import_path"`
		}
		if err := json.Unmarshal(line, &e); err != nil {
			t.Fatalf("%s: %v in %s", step, err, stdout)
		}
		switch {
		case e.Type == "warning":
			t.Errorf("%s: gust warns: %s", step, e.Text)
		case e.Type == "build.package" && (e.ImportPath == "m" || strings.HasPrefix(e.ImportPath, "m/")):
			list = append(list, e.ImportPath+":"+e.Outcome)
		}
	}
	slices.Sort(list)
	return list
}

var versionFiles = map[string]string{
	"go.mod":         "module m\n\ngo 1.24\n",
	"empty/empty.go": "package main\n\nfunc main() {}\n",
	"main.go": `package main

import "m/mid"

func main() { println(mid.Plain(len(text)), mid.Inlined(len(text)), mid.Max(1, 2), mid.K(), mid.Field()) }

var text = "abc"
`,
	"mid/mid.go": `package mid

import "m/lib"

//go:noinline
func Plain(x int) int { return lib.Plain(x) }

//go:noinline
func Inlined(x int) int { return lib.Inlined(x) }

//go:noinline
func Max(x, y int) int { return lib.Max(x, y) }

//go:noinline
func K() int { return lib.K }

//go:noinline
func Field() int { return new(lib.S).B }
`,
	"lib/lib.go": `package lib

const K = 3

type S struct{ A, B int }

// Plain is not inlined.
//
//go:noinline
func Plain(x int) int {
	return x + 1
}

// Inlined is.
func Inlined(x int) int {
	return x + 10
}

// Max is generic.
func Max[T int | string](a, b T) T {
	if a > b {
		return a
	}
	return b
}

// Below is not inlined.
//
//go:noinline
func Below() {
}
`,
}
