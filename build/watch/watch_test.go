package watch

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gust-go/gust/internal/event"
	"github.com/gust-go/gust/internal/gocmd"
)

// newModule writes the files of a module and returns its directory.
func newModule(t *testing.T, files map[string]string) string {
	t.Helper()
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range files {
		path := filepath.Join(dir, name)
		write(t, path, text)
		// What was written just before a build is built twice, to be safe.
		old := time.Now().Add(-time.Hour)
		if err := os.Chtimes(path, old, old); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
}

func goIn(t *testing.T, dir string) *gocmd.Go {
	t.Helper()
	g, err := gocmd.Find(nil)
	if err != nil {
		t.Fatal(err)
	}
	g.Dir = dir
	g.Env = append(os.Environ(), "GOWORK=", "GOFLAGS=", "GOPROXY=off")
	return g
}

// TestInputs says of each file whether a change of it is noticed.
func TestInputs(t *testing.T) {
	dir := newModule(t, map[string]string{
		"go.mod":               "module m\n\ngo 1.24\n\nrequire r v1.0.0\n\nreplace r => ./replaced\n",
		"main.go":              "package main\n\nimport (\n\t_ \"m/embeds\"\n\t_ \"m/missing/pkg\"\n\t_ \"r\"\n)\n\nfunc main() {}\n",
		"embeds/e.go":          "package embeds\n\nimport _ \"embed\"\n\n//go:embed a.txt\nvar a string\n\n//go:embed static/*.html\nvar b string\n",
		"embeds/a.txt":         "a",
		"embeds/static/x.html": "x",
		"replaced/go.mod":      "module r\n\ngo 1.24\n",
		"replaced/r.go":        "package r\n",
		"other/o.go":           "package other\n",
	})
	tagged := &lister{goCmd: goIn(t, dir), verb: "build", args: []string{"-tags=x", "."}}
	in, err := tagged.list(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]bool{
		"main.go": true, "new.go": true, "asm.s": true, "main_windows.go": true, "go.mod": true, "go.sum": true,
		"default.pgo": true, "replaced/r.go": true, "replaced/go.mod": true, "embeds/a.txt": true,
		"embeds/static/new.html": true, "missing/pkg/p.go": true, "vendor/modules.txt": true,
		"main_test.go": false, ".main.go.swp": false, "main.go~": false, "4913": false, "#main.go#": false, "_x.go": false,
		"README.md": false, "other/o.go": false, "app.log": false, "embeds/b.txt": false, "embeds/static/x.html~": false,
	} {
		before := in.take(nil, time.Now())
		path := filepath.Join(dir, name)
		old, readErr := os.ReadFile(path)
		write(t, path, string(old)+"// changed")
		after := in.take(before, time.Now())
		if got, n := changed(before, after); (n == 1 && got == path) != want {
			t.Errorf("%s: %d changes, of %q", name, n, got)
		}
		if readErr != nil {
			if err := os.Remove(path); err != nil {
				t.Fatal(err)
			}
			continue
		}
		write(t, path, string(old))
	}
}

func TestPatternWatchesNewPackages(t *testing.T) {
	dir := newModule(t, map[string]string{"go.mod": "module m\n\ngo 1.24\n", "main.go": "package main\n\nfunc main() {}\n", "nested/go.mod": "module n\n"})
	in, err := (&lister{goCmd: goIn(t, dir), verb: "build", args: []string{"./..."}}).list(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]bool{"a/b/c.go": true, "testdata/x.go": false, "_a/x.go": false, ".a/x.go": false, "nested/x.go": false} {
		before := in.take(nil, time.Now())
		write(t, filepath.Join(dir, name), "package x\n")
		if _, n := changed(before, in.take(before, time.Now())); (n > 0) != want {
			t.Errorf("%s: %d changes", name, n)
		}
	}
}

// Two edits of the same size within one tick of the clock.
func TestRacyEdit(t *testing.T) {
	dir := t.TempDir()
	in := newInputs()
	in.addDir(dir, sources)
	path := filepath.Join(dir, "a.go")
	write(t, path, "one")
	stamp := time.Now().Truncate(time.Second)
	set := func() {
		if err := os.Chtimes(path, stamp, stamp); err != nil {
			t.Fatal(err)
		}
	}
	set()
	before := in.take(nil, stamp.Add(time.Millisecond))
	write(t, path, "two")
	set()
	// Long after, when the file is not young any more.
	if _, n := changed(before, in.take(before, stamp.Add(time.Hour))); n != 1 {
		t.Errorf("%d changes", n)
	}
	// Touched only.
	before = in.take(before, stamp.Add(time.Second))
	stamp = stamp.Add(time.Second)
	set()
	if _, n := changed(before, in.take(before, stamp.Add(time.Second))); n != 0 {
		t.Errorf("%d changes after touching", n)
	}
}

// recorder keeps events and hands their states on.
type recorder struct {
	mu     sync.Mutex
	events []event.Watch
	states chan string
}

func (r *recorder) Emit(e event.Event) {
	r.mu.Lock()
	defer r.mu.Unlock()
	w := e.(event.Watch)
	r.events = append(r.events, w)
	r.states <- w.State
}

func (r *recorder) await(t *testing.T, state string) {
	t.Helper()
	deadline := time.After(3 * time.Minute)
	for {
		select {
		case s := <-r.states:
			if s == state {
				return
			}
		case <-deadline:
			t.Fatalf("waited in vain for %s; got %+v", state, r.events)
		}
	}
}

// fullWaker is a notifier on a system that has no watches left.
type fullWaker struct{ waker }

func (fullWaker) arm(map[string]bool) (map[string]bool, error) {
	return nil, errors.New("no space left on device")
}
func (fullWaker) close() {}

// A watch goes on by looking now and then if the system does not notify.
func TestFallsBackToPolling(t *testing.T) {
	for name, notifier := range map[string]func() (waker, error){
		"none": func() (waker, error) { return nil, errors.New("too many open files") },
		"full": func() (waker, error) { return fullWaker{}, nil },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := newModule(t, map[string]string{"go.mod": "module m\n\ngo 1.24\n", "main.go": "package main\n\nfunc main() {}\n"})
			builds := 0
			r := &recorder{states: make(chan string, 100)}
			w := &watcher{sink: r, newNotifier: notifier, Options: Options{
				Verb: "build", Args: []string{"."}, Go: goIn(t, dir),
				Build: func(context.Context, []string) (int, error) { builds++; return 0, nil },
			}}
			ctx, cancel := context.WithCancel(context.Background())
			defer cancel()
			done := make(chan error, 1)
			go func() {
				_, err := w.run(ctx)
				done <- err
			}()
			r.await(t, event.WatchPolling)
			r.await(t, event.WatchWaiting)
			write(t, filepath.Join(dir, "main.go"), "package main\n\nfunc main() { println() }\n")
			r.await(t, event.WatchWaiting)
			cancel()
			if err := <-done; !errors.Is(err, context.Canceled) || builds != 2 {
				t.Errorf("%v after %d builds", err, builds)
			}
		})
	}
}

// hookedWaker calls a function before it is armed.
type hookedWaker struct {
	waker
	before func()
}

func (h hookedWaker) arm(dirs map[string]bool) (map[string]bool, error) {
	h.before()
	return h.waker.arm(dirs)
}

// A directory comes in three steps, and the watch looks at it after the first of
// them. Before it is told of what is in there, the rest has happened.
func TestDirectoryComesWhileArmed(t *testing.T) {
	dir := newModule(t, map[string]string{"go.mod": "module m\n\ngo 1.24\n", "main.go": "package main\n\nimport _ \"m/sub/new\"\n\nfunc main() {}\n"})
	sub := filepath.Join(dir, "sub")
	builds := make(chan int, 9)
	r := &recorder{states: make(chan string, 100)}
	w := &watcher{sink: r, Options: Options{
		Verb: "build", Args: []string{"."}, Go: goIn(t, dir),
		Build: func(context.Context, []string) (int, error) { builds <- 1; return 1, nil },
	}}
	w.newNotifier = func() (waker, error) {
		n, err := newNotifier()
		return hookedWaker{n, func() {
			if _, err := os.Stat(sub); err != nil {
				return
			}
			if _, err := os.Stat(filepath.Join(sub, "new")); err == nil {
				return
			}
			if err := os.Mkdir(filepath.Join(sub, "new"), 0o777); err != nil {
				t.Error(err)
			}
			write(t, filepath.Join(sub, "new", "new.go"), "package new\n")
		}}, err
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() {
		_, err := w.run(ctx)
		done <- err
	}()
	r.await(t, event.WatchWaiting)
	<-builds
	if err := os.Mkdir(sub, 0o777); err != nil {
		t.Fatal(err)
	}
	select {
	case <-builds:
	case <-time.After(30 * time.Second):
		t.Error("the package that has come is not seen")
	}
	cancel()
	<-done
}

// alwaysNew is a notifier to which the same directories are new each time.
type alwaysNew struct{ waker }

func (alwaysNew) arm(dirs map[string]bool) (map[string]bool, error) { return dirs, nil }

func TestSurveyEnds(t *testing.T) {
	dir := newModule(t, map[string]string{"main.go": "package main\n"})
	w := &watcher{waker: alwaysNew{}, inputs: newInputs()}
	w.inputs.addDir(dir, sources)
	if s := w.survey(nil); len(s.files) != 1 {
		t.Errorf("files are %v", s.files)
	}
}

// What changes while a build runs is built after it.
func TestChangeDuringBuild(t *testing.T) {
	dir := newModule(t, map[string]string{"go.mod": "module m\n\ngo 1.24\n", "main.go": "package main\n\nfunc main() {}\n"})
	builds := 0
	r := &recorder{states: make(chan string, 100)}
	commands := make(chan Command)
	w := &watcher{sink: r, newNotifier: newNotifier, Options: Options{
		Verb: "build", Args: []string{"."}, Go: goIn(t, dir), Commands: commands,
		Build: func(context.Context, []string) (int, error) {
			if builds++; builds <= 3 {
				write(t, filepath.Join(dir, "main.go"), fmt.Sprintf("package main\n\nfunc main() { println(%d) }\n", builds))
			}
			return 0, nil
		},
	}}
	go func() {
		r.await(t, event.WatchWaiting)
		commands <- Quit
	}()
	code, err := w.run(context.Background())
	if code != 0 || err != nil || builds != 4 {
		t.Errorf("%d, %v after %d builds", code, err, builds)
	}
}

// A crash of a build unwinds who has the terminal to restore.
func TestBuildPanics(t *testing.T) {
	w := &watcher{sink: &recorder{states: make(chan string, 9)}, newNotifier: newNotifier, Options: Options{
		Verb: "build", Go: goIn(t, t.TempDir()),
		Build: func(context.Context, []string) (int, error) { panic("bug") },
	}}
	defer func() {
		if v := recover(); v != "bug" {
			t.Errorf("recovered %v", v)
		}
		if _, err := os.Stat(w.temp); !os.IsNotExist(err) {
			t.Errorf("directory is left: %v", err)
		}
	}()
	_, _ = w.run(context.Background())
}

func TestHandOverRefuses(t *testing.T) {
	for _, args := range [][]string{nil, {"d"}, {"d", "0"}, {"d", "x", "exe"}, {"d", "1", "exe"}, {"d", "-1", "exe"}, {"d", "0", "/does/not/exist"}} {
		if err := HandOver(args, ""); err == nil {
			t.Errorf("HandOver(%q) gave no error", args)
		}
	}
	dir := t.TempDir()
	for _, text := range []string{"", "{}", "rubbish", `{"Command":["a"],"Exe":1}`, `{"Command":["a"],"Exe":-1}`} {
		write(t, filepath.Join(dir, handoverName), text)
		if _, err := takeOver(dir); err == nil || !strings.Contains(err.Error(), "handed") {
			t.Errorf("takeOver of %q: %v", text, err)
		}
	}
}

// TestJustBefore: what was written a moment before a build has been built, and
// what is written from then on has not.
func TestJustBefore(t *testing.T) {
	w := &watcher{temp: t.TempDir()}
	dir := t.TempDir()
	file := filepath.Join(dir, "a.go")
	write(t, file, "package a\n")
	info, err := os.Stat(file)
	if err != nil {
		t.Fatal(err)
	}
	start := w.fileTime()
	for !start.After(info.ModTime()) { // a tick
		start = w.fileTime()
	}
	in := newInputs()
	in.addDir(dir, sources)
	nothing := newInputs().take(nil, time.Now())
	if path, n := missed(nothing, in.take(nil, time.Now()), start); n != 0 {
		t.Errorf("%d missed, such as %s, though it was written before the build", n, path)
	}
	write(t, file, "package a // later\n")
	if path, n := missed(nothing, in.take(nil, time.Now()), start); n != 1 || path != file {
		t.Errorf("%d missed, such as %q, want %s, written after the build began", n, path, file)
	}
}
