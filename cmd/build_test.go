package cmd

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gust-go/gust/build"
	"github.com/gust-go/gust/internal/event"
	"github.com/gust-go/gust/internal/fault"
	"github.com/gust-go/gust/internal/gocmd"
	"github.com/gust-go/gust/internal/report"
	"github.com/gust-go/gust/internal/term"
)

// fakeBuild stands for the engine: it notes its options and plays events.
type fakeBuild struct {
	opts   *build.Options // nil if the engine was not called
	events []event.Event
	code   int
	err    error
}

func (f *fakeBuild) run(_ context.Context, opts build.Options, sink event.Sink) (build.Result, error) {
	if opts.Probe {
		return build.Result{}, errors.New("there is no go to probe")
	}
	f.opts = &opts
	for _, e := range f.events {
		sink.Emit(e)
	}
	return build.Result{ExitCode: f.code}, f.err
}

// gust runs a command line with a fake engine.
func gust(t *testing.T, f *fakeBuild, env []string, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	a := &app{
		term:  &term.Term{In: strings.NewReader(""), Out: &out, Err: &errs, Environ: append(os.Environ(), env...)},
		build: f.run,
		clock: report.SystemClock{},
	}
	code = a.main(t.Context(), args)
	return code, out.String(), errs.String()
}

func TestBuildOptions(t *testing.T) {
	for _, tt := range []struct {
		name string
		env  []string
		args []string
		want build.Options
	}{
		{"defaults", nil, []string{"build"}, build.Options{Verb: "build", Lines: build.LinesExact}},
		{"flags", []string{"GUST_TEST_SANDBOX=off"}, []string{"test", "--lines=relaxed", "-run", "--explain", "./...", "--no-reuse", "-v"},
			build.Options{Verb: "test", Lines: build.LinesRelaxed, NoReuse: true, Args: []string{"-json", "-run", "--explain", "./...", "-v"}}},
		{"variables", []string{"GUST_LINES=relaxed", "GUST_NO_REUSE=1"}, []string{"install"},
			build.Options{Verb: "install", Lines: build.LinesRelaxed, NoReuse: true}},
		{"flags beat variables", []string{"GUST_LINES=bogus", "GUST_NO_REUSE=bogus"}, []string{"run", "--lines=exact", "--no-reuse=false", ".", "--lines=x"},
			build.Options{Verb: "run", Lines: build.LinesExact, Args: []string{".", "--lines=x"}}},
		{"explain", nil, []string{"build", "--explain", "."}, build.Options{Verb: "build", Lines: build.LinesExact, Explain: true, Args: []string{"."}}},
		{"the last one counts", nil, []string{"build", "--lines=relaxed", "--lines=exact"}, build.Options{Verb: "build", Lines: build.LinesExact}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var f fakeBuild
			if code, _, stderr := gust(t, &f, tt.env, tt.args...); code != 0 || f.opts == nil {
				t.Fatalf("exit code %d, stderr %q", code, stderr)
			}
			got := f.opts
			if got.Go == nil || !filepath.IsAbs(got.Self) || (got.Stdin == nil) != (got.Verb == "test") || got.Stdout == nil || got.Stderr == nil {
				t.Errorf("options lack something: %+v", got)
			}
			if got.Verb != tt.want.Verb || got.Lines != tt.want.Lines || got.NoReuse != tt.want.NoReuse ||
				got.Explain != tt.want.Explain || !slices.Equal(got.Args, tt.want.Args) {
				t.Errorf("options are %+v, want %+v", got, tt.want)
			}
		})
	}
}

func TestBuildPassesTheExitCodeOn(t *testing.T) {
	f := &fakeBuild{code: 7}
	if code, stdout, stderr := gust(t, f, nil, "build"); code != 7 || stdout+stderr != "" {
		t.Errorf("exit code %d, stdout %q, stderr %q; want 7 and silence", code, stdout, stderr)
	}
}

func TestExitCodes(t *testing.T) {
	for _, tt := range []struct {
		err  error
		want int
	}{
		{nil, 0},
		{goStatus(42), 42},
		{fmt.Errorf("wrapped: %w", goStatus(1)), 1},
		{fault.New(fault.Usage, "", "x"), 2},
		{errors.New("x"), 3},
		{fault.New(fault.Internal, "", "x"), 3},
		{fmt.Errorf("wrapped: %w", fault.New(fault.Capability, "", "x")), 4},
		{fault.New(fault.NotFound, "", "x"), 5},
		{context.DeadlineExceeded, 124},
		{fmt.Errorf("wrapped: %w", context.Canceled), 130},
	} {
		if got := exitCode(tt.err); got != tt.want {
			t.Errorf("exitCode(%v) = %d, want %d", tt.err, got, tt.want)
		}
	}
}

// events are those of a build that compiled one package and reused another.
func events() []event.Event {
	return []event.Event{
		event.BuildPackage{ImportPath: "example.com/m/a", Outcome: event.Compiled, Root: true, WallNS: 1e9,
			Reasons: []event.Reason{{Kind: "file", Subject: "a/a.go", Text: "func F: body changed"}}},
		event.BuildPackage{ImportPath: "example.com/m/b", Outcome: event.Reused, WallNS: 1e6, SavedNS: 2e9},
		event.BuildSummary{Compiled: 1, Reused: 1, WallNS: 2e9, SavedNS: 2e9},
	}
}

func TestExplainGoesToStdout(t *testing.T) {
	code, stdout, stderr := gust(t, &fakeBuild{events: events()}, nil, "build", "--explain")
	if code != 0 || stderr != "" || !strings.HasPrefix(stdout, "1 of 2 packages compiled in 2.0s, 1 reused (saved 2.0s)\n  root  ") {
		t.Errorf("exit code %d, stdout %q, stderr %q", code, stdout, stderr)
	}
	code, stdout, stderr = gust(t, &fakeBuild{events: events()}, nil, "test", "--explain")
	if code != 0 || strings.Contains(stdout, "compiled") || !strings.HasPrefix(stderr, "1 of 2 packages") {
		t.Errorf("test: exit code %d, stdout %q, stderr %q; stdout belongs to the tests", code, stdout, stderr)
	}
}

func TestExplainOnePackage(t *testing.T) {
	code, stdout, _ := gust(t, &fakeBuild{events: events()}, nil, "build", "--explain=a")
	if want := "example.com/m/a: compiled (root) in 1.0s\n  file    a/a.go: func F: body changed\n"; code != 0 || stdout != want {
		t.Errorf("exit code %d, stdout %q, want %q", code, stdout, want)
	}
}

func TestJSONEvents(t *testing.T) {
	code, stdout, stderr := gust(t, &fakeBuild{events: events()}, nil, "build", "--json", "--explain")
	lines := strings.Split(strings.TrimSpace(stdout), "\n")
	if code != 0 || stderr != "" || len(lines) != 3 || !strings.HasPrefix(lines[2], `{"v":1,"type":"build.summary",`) {
		t.Errorf("exit code %d, stdout %q, stderr %q", code, stdout, stderr)
	}
	code, stdout, stderr = gust(t, &fakeBuild{err: errors.New("boom")}, nil, "build", "--json")
	if code != 3 || stdout != `{"v":1,"type":"error","text":"boom","exit_code":3}`+"\n" || stderr != "gust: boom\n" {
		t.Errorf("exit code %d, stdout %q, stderr %q", code, stdout, stderr)
	}
}

func TestColorFlag(t *testing.T) {
	_, stdout, _ := gust(t, &fakeBuild{events: events()}, nil, "build", "--color=always", "--explain")
	if !strings.Contains(stdout, "\x1b[") {
		t.Errorf("--color=always gave %q", stdout)
	}
	_, stdout, _ = gust(t, &fakeBuild{events: events()}, []string{"CLICOLOR_FORCE=1"}, "build", "--color=never", "--explain")
	if strings.Contains(stdout, "\x1b[") {
		t.Errorf("--color=never gave %q", stdout)
	}
}

// TestHelpListsEveryFlag holds the help, cobra's flags and those that
// gocmd.SplitArgs takes for gust's to each other.
func TestHelpListsEveryFlag(t *testing.T) {
	for _, verb := range []string{"build", "install", "run", "test"} {
		code, stdout, _ := gust(t, &fakeBuild{}, nil, verb, "--help")
		if code != 0 {
			t.Fatalf("gust %s --help exits with %d", verb, code)
		}
		c := (&app{}).newBuildCmd(verb)
		if verb == "test" {
			c = (&app{}).newTestCmd()
		}
		for _, name := range gocmd.OwnFlags(verb) {
			if !strings.Contains(stdout, "\n  --"+name) {
				t.Errorf("gust %s --help does not mention --%s", verb, name)
			}
			if c.Flags().Lookup(name) == nil {
				t.Errorf("gust %s does not know --%s", verb, name)
			}
		}
	}
}

// TestScreenNamesOnlyCommands holds the screen to the commands there are.
func TestScreenNamesOnlyCommands(t *testing.T) {
	root := (&app{term: &term.Term{}}).root()
	for _, line := range strings.Split(screen, "\n") {
		rest, ok := strings.CutPrefix(line, "  gust ")
		name, _, _ := strings.Cut(rest, " ")
		if ok && !isOwn(root, name) && name != "mod" {
			t.Errorf("the screen names %q, which does not exist", name)
		}
	}
	for _, c := range root.Commands() {
		if !c.Hidden && !strings.Contains(screen, "  gust "+c.Name()) {
			t.Errorf("the screen does not name %q", c.Name())
		}
	}
}

func TestCompletion(t *testing.T) {
	// Completion downloads nothing, so that what it reads has to be there.
	if out, err := exec.Command("go", "mod", "graph").Output(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	for line, want := range map[string]string{
		"build --li":                  "--lines\n",
		"build --lines=":              "exact\nrelaxed\n",
		"test --lines r":              "relaxed\n",
		"test --format=dots":          "dots\ndots-v2\n",
		"test --hide-summary=output,": "output,skipped\noutput,failed\noutput,errors\noutput,all\n",
		"test -ra":                    "-race\n",
		"test -run=TestCompleti":      "TestCompletion\n",
		"test . -run TestCompleti":    "TestCompletion\n",
		"test ./fastpath/h":           "./fastpath/handover\n",
		"run ./gust ./":               ":0\n", // the program's own
		"vet ./fastpath/h":            "./fastpath/handover\n",
		"mod ti":                      "tidy\n",
		"ge":                          "generate\nget\n",
		"graph ./":                    "",
		"graph --packages ./gus":      "./gust\n",
		"graph why golang.org/x/mo":   "golang.org/x/mod\n",
		"graph --format=p":            "png\npdf\n",
		"graph sbom --format ":        "cyclonedx\nspdx\n",
		"kernel --for build,cr":       "build,criu\n",
		"kernel explain fi":           "fieldtrack\n",
		"doctor explain go-sh":        "go-shadow\n",
		"ci --steps build,v":          "build,vet\n",
		"env --shell fi":              "fish\n",
		"env GOAM":                    "GOAMD64\n",
		"env GOOS GOAM":               "GOAMD64\n",
		"tags s":                      "sort\n",
		"tags add js":                 "json\n",
		"help exit":                   "exit-codes\n",
		"tool cov":                    "cover\n",
	} {
		args := append([]string{"__completeNoDesc"}, strings.Split(line, " ")...)
		code, stdout, _ := gust(t, &fakeBuild{}, nil, args...)
		// No directive stands for files, 4 for none, 36 for none and unsorted.
		stdout = strings.TrimSuffix(strings.TrimSuffix(stdout, ":36\n"), ":4\n")
		if code != 0 || stdout != want {
			t.Errorf("%s: exit code %d, completions %q, want %q", line, code, stdout, want)
		}
	}
}

func TestRoute(t *testing.T) {
	root := (&app{term: &term.Term{}}).root()
	for line, want := range map[string]destination{
		"":                toGust,
		"build -x":        toGust,
		"help":            toGust,
		"help build":      toGo,
		"help completion": toGust,
		"vet build":       toGo,
		"-x build":        toGo,
		"--help":          toGust,
		"mod tidy":        toGo,
		"/go/bin/x":       toGo,
	} {
		if got := route(root, strings.Fields(line)); got != want {
			t.Errorf("route(%q) = %d, want %d", line, got, want)
		}
	}
}

func TestToolexecByMistake(t *testing.T) {
	code, _, stderr := gust(t, &fakeBuild{}, nil, "/usr/local/go/pkg/tool/linux_amd64/compile", "-V=full")
	if code != 2 || !strings.Contains(stderr, `instead of "gust build"`) {
		t.Errorf("exit code %d, stderr %q", code, stderr)
	}
}

func TestNearest(t *testing.T) {
	known := []string{"example.com/near/greet", "example.com/near/great/deal", "fmt", "x/greet [x/greet.test]"}
	for name, want := range map[string]string{
		"greet":       "example.com/near/greet",
		"grete":       "example.com/near/greet",
		"great/meal":  "example.com/near/great/deal",
		"fnt":         "fmt",
		"unlike":      "",
		"near/greets": "example.com/near/greet",
	} {
		if got := nearest(name, known); got != want {
			t.Errorf("nearest(%q) = %q, want %q", name, got, want)
		}
	}
	if got := nearest("x", nil); got != "" {
		t.Errorf("nearest among none = %q", got)
	}
}
