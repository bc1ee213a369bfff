package matrix

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gust-go/gust/internal/config"
	"github.com/gust-go/gust/internal/event"
)

func expandText(t *testing.T, text string) ([]Target, error) {
	t.Helper()
	f, err := config.Parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return Expand(f.Matrix)
}

func names(list []Target) (names []string) {
	for _, t := range list {
		names = append(names, t.Name())
	}
	return names
}

const sample = `
[matrix]
exclude = ["darwin/amd64", "*/*/go1.26.8/v3"]
[[matrix.target]]
goos = ["linux", "darwin"]
goarch = ["amd64", "arm64"]
goamd64 = ["v1", "v3"]
toolchain = ["go1.26.8", "go1.27.0"]
kernels = ["5.4"]
cpus = ["v2", "v8.0"]
[[matrix.target]]
goos = ["windows"]
goarch = ["386"]
goexperiment = ["", "jsonv2,nogreenteagc"]
cgo = false
`

func TestExpand(t *testing.T) {
	list, err := expandText(t, sample)
	want := []string{
		"linux/amd64/v1/go1.26.8", "linux/amd64/v1/go1.27.0", "linux/amd64/v3/go1.27.0",
		"linux/arm64/go1.26.8", "linux/arm64/go1.27.0", "darwin/arm64/go1.26.8", "darwin/arm64/go1.27.0",
		"windows/386", "windows/386/jsonv2+nogreenteagc",
	}
	if err != nil || !slices.Equal(names(list), want) {
		t.Fatalf("got %q, %v; want %q", names(list), err, want)
	}
	for i, want := range map[int]string{
		0: "GOOS=linux GOARCH=amd64 GOAMD64=v1 GOTOOLCHAIN=go1.26.8",
		5: "GOOS=darwin GOARCH=arm64 GOTOOLCHAIN=go1.26.8",
		7: "GOOS=windows GOARCH=386 GOEXPERIMENT= CGO_ENABLED=0",
		8: "GOOS=windows GOARCH=386 GOEXPERIMENT=jsonv2,nogreenteagc CGO_ENABLED=0",
	} {
		if got := strings.Join(list[i].Vars(), " "); got != want {
			t.Errorf("%s: %s, want %s", list[i].Name(), got, want)
		}
	}
	if !slices.Equal(list[0].CPUs, []string{"v2"}) || !slices.Equal(list[3].CPUs, []string{"v8.0"}) || len(list[5].Kernels) != 0 {
		t.Errorf("what is declared: %v %v %v", list[0].CPUs, list[3].CPUs, list[5].Kernels)
	}
	if list[8].Folder() != "windows-386-jsonv2+nogreenteagc" {
		t.Errorf("folder %q", list[8].Folder())
	}
}

func TestExpandErrors(t *testing.T) {
	const one = "[[matrix.target]]\ngoos = ['linux']\ngoarch = ['amd64']\n"
	many := "goexperiment = [" + strings.Repeat("'a',", 300) + "]\n"
	for text, want := range map[string]string{
		one + one:                               "linux/amd64 is in matrix.target 1 as well",
		one + "goamd64 = ['v1','v1']\n":         "is in it twice",
		"[matrix]\nexclude = ['*/386']\n" + one: `"*/386" matches no target`,
		one + many:                              "more than 200 targets",
	} {
		if _, err := expandText(t, text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", text, err, want)
		}
	}
}

func TestSelect(t *testing.T) {
	all, err := expandText(t, sample)
	if err != nil {
		t.Fatal(err)
	}
	for patterns, want := range map[string]string{
		"*":                       strings.Join(names(all), " "),
		"windows":                 "windows/386 windows/386/jsonv2+nogreenteagc",
		"linux/*/go1.27.*":        "linux/amd64/v1/go1.27.0 linux/amd64/v3/go1.27.0 linux/arm64/go1.27.0",
		"*/amd64/go1.27.0/v3":     "linux/amd64/v3/go1.27.0",
		"windows/*/jsonv2*,*/386": "windows/386 windows/386/jsonv2+nogreenteagc",
	} {
		got, err := Select(all, patterns)
		if err != nil || strings.Join(names(got), " ") != want {
			t.Errorf("%s: %q, %v; want %s", patterns, names(got), err, want)
		}
	}
	for _, patterns := range []string{"plan9", "linux/*,plan9", "", "linux/", "linux/amd64/v2", "[", "linux/*/*/*/*/*/["} {
		if got, err := Select(all, patterns); err == nil {
			t.Errorf("%q selects %q", patterns, names(got))
		}
	}
}

// run runs a matrix with a function in place of go.
func run(t *testing.T, root, out string, jobs int, targets []Target, build func(dir string) (int, error)) []Result {
	t.Helper()
	var done []string
	results, err := Run(t.Context(), Options{
		Targets: targets, Root: root, Output: out, Jobs: jobs, Now: time.Now,
		Build: func(_ context.Context, _ Target, dir string, said *bytes.Buffer, sink event.Sink) (int, error) {
			said.WriteString("hello")
			sink.Emit(event.BuildSummary{Compiled: 1})
			return build(dir)
		},
		Heard: func(Target, event.Event) {},
		Done:  func(r Result) { done = append(done, r.Name()) },
	})
	if err != nil || len(done) != len(targets) {
		t.Fatalf("Run: %v; done are %q", err, done)
	}
	return results
}

func put(dir, name string) error {
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, name), nil, 0o666)
}

func TestRunGoesOnAfterFailures(t *testing.T) {
	targets := []Target{{GOOS: "a", GOARCH: "x"}, {GOOS: "b", GOARCH: "x"}, {GOOS: "c", GOARCH: "x"}}
	root := t.TempDir()
	if err := put(filepath.Join(root, "out", "c-x"), "stale"); err != nil {
		t.Fatal(err)
	}
	results := run(t, root, "out", 2, targets, func(dir string) (int, error) {
		switch filepath.Base(dir) {
		case "a-x":
			return 1, nil
		case "b-x":
			return 0, errors.New("no go")
		}
		return 0, put(dir, "app")
	})
	if r := results[0]; r.Code != 1 || !r.Failed() || string(r.Output) != "hello" {
		t.Errorf("a: %+v", r)
	}
	if r := results[1]; r.Err == nil || !r.Failed() {
		t.Errorf("b: %+v", r)
	}
	if r := results[2]; r.Failed() || !slices.Equal(r.Files, []string{"app"}) || r.Summary.Compiled != 1 {
		t.Errorf("c: %+v", r)
	}
}

func TestRunSeveralAtOnce(t *testing.T) {
	var targets []Target
	for _, name := range []string{"a", "b", "c", "d", "e"} {
		targets = append(targets, Target{GOOS: name, GOARCH: "x"})
	}
	var running, most atomic.Int32
	var both sync.WaitGroup
	both.Add(2)
	var first atomic.Int32
	run(t, t.TempDir(), "out", 2, targets, func(string) (int, error) {
		if n := running.Add(1); n > most.Load() {
			most.Store(n)
		}
		if first.Add(1) <= 2 { // comes back only if two are under way
			both.Done()
			both.Wait()
		}
		running.Add(-1)
		return 0, nil
	})
	if most.Load() != 2 {
		t.Errorf("%d at once, want 2", most.Load())
	}
}

func TestRunStops(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	built := 0
	_, err := Run(ctx, Options{
		Targets: []Target{{GOOS: "a"}, {GOOS: "b"}, {GOOS: "c"}}, Root: t.TempDir(), Output: "out", Now: time.Now,
		Build: func(context.Context, Target, string, *bytes.Buffer, event.Sink) (int, error) {
			built++
			cancel()
			return 0, ctx.Err()
		},
		Heard: func(Target, event.Event) {}, Done: func(Result) {},
	})
	if !errors.Is(err, context.Canceled) || built == 3 {
		t.Errorf("%v after %d builds", err, built)
	}
}

// TestLinksInTheCheckout has a checkout that wants programs written elsewhere.
func TestLinksInTheCheckout(t *testing.T) {
	elsewhere := t.TempDir()
	target := Target{GOOS: "linux", GOARCH: "amd64"}
	for name, prepare := range map[string]func(root string) error{
		"output folder": func(root string) error { return os.Symlink(elsewhere, filepath.Join(root, "out")) },
		"folder above":  func(root string) error { return os.Symlink(elsewhere, filepath.Join(root, "deep")) },
		"target folder": func(root string) error {
			return errors.Join(os.MkdirAll(filepath.Join(root, "out"), 0o777), os.Symlink(elsewhere, filepath.Join(root, "out", "linux-amd64")))
		},
		"program": func(root string) error {
			dir := filepath.Join(root, "out", "linux-amd64")
			return errors.Join(os.MkdirAll(dir, 0o777), os.Symlink(filepath.Join(elsewhere, "x"), filepath.Join(dir, "app")))
		},
		"file": func(root string) error { return os.WriteFile(filepath.Join(root, "out"), nil, 0o666) },
	} {
		t.Run(name, func(t *testing.T) {
			root := t.TempDir()
			if err := prepare(root); err != nil {
				t.Fatal(err)
			}
			out := "out"
			if name == "folder above" {
				out = "deep/out"
			}
			r := run(t, root, out, 1, []Target{target}, func(string) (int, error) {
				t.Error("go was run")
				return 0, nil
			})
			if r[0].Err == nil {
				t.Error("no error")
			}
		})
	}
	// What the user named may be a link.
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(elsewhere, link); err != nil {
		t.Fatal(err)
	}
	r := run(t, link, "", 1, []Target{target}, func(dir string) (int, error) { return 0, put(dir, "app") })
	if r[0].Err != nil || len(r[0].Files) != 1 {
		t.Errorf("-o with a link: %+v", r[0])
	}
}
