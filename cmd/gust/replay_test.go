package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gust-go/gust/build/astcache"
)

// TestReplay changes what tests can depend on while gust tells their results
// without go, and compares with a go that has caches of its own: what was told
// again must be what go says. For other releases, whose caches may look
// different inside:
//
//	GUST_SANDBOX_VERSIONS=1 go test -run TestReplay ./cmd/gust
func TestReplay(t *testing.T) {
	if !astcache.Supported {
		t.Skip("gust does not tell results again on this system")
	}
	t.Run("local", func(t *testing.T) {
		t.Parallel()
		r := newReplayer(t, warm(t), warm(t), "GOTOOLCHAIN=local")
		for _, c := range replayChanges {
			r.change(c)
		}
	})
	for _, version := range testedGo {
		t.Run(version, func(t *testing.T) {
			if os.Getenv("GUST_SANDBOX_VERSIONS") == "" {
				t.Skip("compiles package testing for several releases; GUST_SANDBOX_VERSIONS=1 runs it")
			}
			r := newReplayer(t, t.TempDir(), t.TempDir(), "GOTOOLCHAIN="+version)
			for _, c := range replayChanges[:4] {
				r.change(c)
			}
		})
	}
}

// A replayChange is made to the files (an empty text removes one), or to the
// environment and the arguments of one run. stale says that go has to do
// something about it.
type replayChange struct {
	name  string
	files map[string]string
	env   []string
	args  []string
	goCmd []string
	stale bool
}

var replayChanges = []replayChange{
	{name: "nothing"},
	{name: "a variable that a test reads", env: []string{"REPLAY_READ=1"}, stale: true},
	{name: "a variable that none reads", env: []string{"REPLAY_OTHER=1"}},
	{name: "a file that is read", files: map[string]string{"a/testdata/in": "2"}, stale: true},
	{name: "a file beside it", files: map[string]string{"a/testdata/other": "1"}},
	{name: "a name in a directory that is read", files: map[string]string{"b/testdata/new": "1"}, stale: true},
	{name: "a file that was looked for", files: map[string]string{"b/flag": "1"}, stale: true},
	{name: "it goes again", files: map[string]string{"b/flag": ""}, stale: true},
	{name: "an embedded file", files: map[string]string{"a/embedded": "2"}, stale: true},
	{name: "a file that a test embeds", files: map[string]string{"b/intest": "2"}, stale: true},
	{name: "the code under test", files: map[string]string{"lib/lib.go": "package lib\n\nfunc F() int { return 1 + 0 }\n"}, stale: true},
	{name: "a file for another system", files: map[string]string{"lib/lib_plan9.go": "package lib\n"}, stale: true},
	{name: "a new package", files: map[string]string{"c/c.go": "package c\n"}, stale: true},
	{name: "with tests", files: map[string]string{"c/c_test.go": "package c\n\nimport \"testing\"\n\nfunc TestC(t *testing.T) {}\n"}, stale: true},
	{name: "that fail", files: map[string]string{"c/c_test.go": "package c\n\nimport \"testing\"\n\nfunc TestC(t *testing.T) { t.Error() }\n"}, stale: true},
	{name: "that vet objects to", files: map[string]string{"c/c_test.go": "package c\n\nimport \"testing\"\n\nfunc TestC(t *testing.T) { t.Logf(\"%d\", \"\") }\n"}, stale: true},
	{name: "that do not compile", files: map[string]string{"c/c_test.go": "package c\n\nfunc x() { y() }\n"}, stale: true},
	{name: "the package goes", files: map[string]string{"c/c_test.go": "", "c/c.go": ""}, stale: true},
	{name: "other tests", args: []string{"-run=TestIn"}, stale: true},
	{name: "each time", args: []string{"-count=1"}, stale: true},
	{name: "the module file", files: map[string]string{"go.mod": "module m\n\ngo 1.23\n"}, stale: true},
	{name: "results expire", goCmd: []string{"clean", "-testcache"}, stale: true},
}

// replayer has two sides with one module.
type replayer struct {
	t         *testing.T
	dir       string
	gust, go_ []string
	age       time.Duration
}

func newReplayer(t *testing.T, gustCache, goCache string, env ...string) *replayer {
	env = append(append(os.Environ(), "GOFLAGS=", "GOWORK=off", "GOENV=off", "GUST_REMOTE_CACHE=", "GUST_TEST_HISTORY=off"), env...)
	r := &replayer{t: t, dir: t.TempDir()}
	r.gust = append(slices.Clone(env), "GOCACHE="+gustCache, "GUST_CACHE="+t.TempDir())
	r.go_ = append(slices.Clone(env), "GOCACHE="+goCache)
	r.write(replayFiles)
	return r
}

// write makes files that are older than what go trusts, each time another age.
func (r *replayer) write(files map[string]string) {
	r.t.Helper()
	for _, name := range slices.Sorted(maps.Keys(files)) {
		file := filepath.Join(r.dir, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o777); err != nil {
			r.t.Fatal(err)
		}
		if files[name] == "" {
			if err := os.Remove(file); err != nil {
				r.t.Fatal(err)
			}
			continue
		}
		write(r.t, file, files[name])
		r.age += time.Minute
		then := time.Now().Add(-24 * time.Hour).Add(r.age)
		if err := os.Chtimes(file, then, then); err != nil {
			r.t.Fatal(err)
		}
	}
}

// change makes a change while gust tells results again, and compares.
func (r *replayer) change(c replayChange) {
	r.t.Helper()
	before := []string{"./..."}
	r.run(r.go_, nil, "go", before)
	for i := 1; ; i++ {
		if _, current, _ := r.run(r.gust, nil, "gust", before); current {
			break
		}
		if i == 4 {
			r.t.Fatalf("before %q: gust still asks go in run %d", c.name, i)
		}
	}
	r.write(c.files)
	if c.goCmd != nil {
		for _, env := range [][]string{r.gust, r.go_} {
			cmd := exec.Command("go", c.goCmd...)
			cmd.Env, cmd.Dir = env, r.dir
			if out, err := cmd.CombinedOutput(); err != nil {
				r.t.Fatalf("%s: %v\n%s", c.goCmd, err, out)
			}
		}
	}
	args := append(slices.Clone(c.args), "./...")
	want, _, wantCode := r.run(r.go_, c.env, "go", args)
	got, current, code := r.run(r.gust, c.env, "gust", args)
	if current == c.stale {
		r.t.Errorf("%s: told again: %t", c.name, current)
	}
	if got != want || code != wantCode {
		r.t.Errorf("%s: exit code %d, go %d\ngust:\n%s\ngo:\n%s", c.name, code, wantCode, got, want)
	}
	if code != 0 { // the next change repairs it
		r.fix(c)
	}
}

// fix takes back what a change did to files.
func (r *replayer) fix(c replayChange) {
	r.t.Helper()
	for name := range c.files {
		r.write(map[string]string{name: "package c\n\nimport \"testing\"\n\nfunc TestFixed(t *testing.T) {}\n"})
	}
}

var elapsed = regexp.MustCompile(`\d+\.\d+s`)

// run returns what the tests of each package said, whether gust did without go,
// and the exit code.
func (r *replayer) run(env, more []string, program string, args []string) (said string, current bool, code int) {
	r.t.Helper()
	flags, events := []string{"test", "-json"}, filepath.Join(r.t.TempDir(), "events")
	if program == "gust" {
		flags = []string{"test", "--json", "--jsonfile=" + events}
	}
	cmd := exec.Command(program, append(flags, args...)...)
	cmd.Env, cmd.Dir = append(slices.Clone(env), more...), r.dir
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if _, isExit := err.(*exec.ExitError); err != nil && !isExit {
		r.t.Fatal(err)
	}
	if program == "gust" {
		file, err := os.ReadFile(events)
		if err != nil {
			r.t.Fatal(err)
		}
		out = append(out, file...)
	}
	packages := make(map[string][]string)
	for line := range bytes.Lines(out) {
		var e struct {
			Type, Action, Package, Test, Output string
			Current                             bool
		}
		if err := json.Unmarshal(line, &e); err != nil {
			r.t.Fatalf("%s %q: %v in %s%s", program, args, err, out, stderr.Bytes())
		}
		current = current || e.Type == "build.summary" && e.Current
		if e.Action == "output" && e.Package != "" {
			packages[e.Package] = append(packages[e.Package], elapsed.ReplaceAllString(fmt.Sprintf("%s: %q", e.Test, e.Output), "N"))
		}
	}
	var text strings.Builder
	for _, pkg := range slices.Sorted(maps.Keys(packages)) {
		fmt.Fprintf(&text, "%s\n\t%s\n", pkg, strings.Join(packages[pkg], "\n\t"))
	}
	return text.String(), current, cmd.ProcessState.ExitCode()
}

var replayFiles = map[string]string{
	"go.mod":           "module m\n\ngo 1.24\n",
	"lib/lib.go":       "package lib\n\nfunc F() int { return 1 }\n",
	"a/embedded":       "1",
	"a/testdata/in":    "1",
	"b/testdata/first": "1",
	"b/intest":         "1",
	"a/a.go": `package a

import _ "embed"

//go:embed embedded
var Text string
`,
	"a/a_test.go": `package a

import (
	"os"
	"testing"

	"m/lib"
)

func TestIn(t *testing.T) {
	in, err := os.ReadFile("testdata/in")
	t.Log(string(in), err, os.Getenv("REPLAY_READ"), os.Getenv("GOPATH") != "", Text, lib.F())
}
`,
	"b/b_test.go": `package b_test

import (
	_ "embed"
	"os"
	"testing"
)

//go:embed intest
var text string

func TestDir(t *testing.T) {
	names, err := os.ReadDir("testdata")
	t.Log(names, err, text)
	_, err = os.Stat("flag")
	t.Log(err)
	t.Run("sub", func(t *testing.T) { t.Skip("because") })
}
`,
}
