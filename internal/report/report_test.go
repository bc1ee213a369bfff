package report

import (
	"bytes"
	"errors"
	"flag"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gust-go/gust/internal/event"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// golden compares got with a file in testdata.
func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(file, got, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s differs; got:\n%s\nwant:\n%s", file, got, want)
	}
}

// fakeClock ticks when told to.
type fakeClock struct {
	now   time.Time
	every time.Duration
	c     chan time.Time
}

func newClock() *fakeClock {
	return &fakeClock{now: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), c: make(chan time.Time)}
}

func (f *fakeClock) Now() time.Time { return f.now }

func (f *fakeClock) Tick(d time.Duration) (<-chan time.Time, func()) {
	f.every = d
	return f.c, func() {}
}

// advance moves time on and waits until the reporter has taken note: the
// second send is received only after the first has been dealt with.
func (f *fakeClock) advance(d time.Duration) {
	f.now = f.now.Add(d)
	f.c <- f.now
	f.c <- f.now
}

func TestStatusLine(t *testing.T) {
	var terminal bytes.Buffer
	clock := newClock()
	r := New(Options{Err: &terminal, Progress: true, Repaint: true, Clock: clock, Width: func() int { return 50 }})
	clock.advance(200 * time.Millisecond)
	if terminal.Len() > 0 {
		t.Errorf("before the first compile the terminal shows %q", terminal.String())
	}
	clock.advance(time.Second)
	if got, want := screen(terminal.String()), "[0 compiled, 0 reused] 1.2s"; got != want {
		t.Errorf("the terminal shows %q, want %q", got, want)
	}
	r.Emit(event.BuildPackage{ImportPath: "example.com/a", Outcome: event.Compiled})
	r.Emit(event.BuildPackage{ImportPath: "example.com/b", Outcome: event.Relinked})
	clock.advance(3 * time.Second)
	want := "[1 compiled, 1 reused] 4.2s  example.com/b"
	if got := screen(terminal.String()); got != want {
		t.Errorf("the terminal shows %q, want %q", got, want)
	}
	r.Emit(event.Warning{Text: "cache is read-only", Hint: "run: gust cache"})
	r.Emit(event.BuildPackage{ImportPath: "example.com/" + strings.Repeat("long/", 20), Outcome: event.Failed})
	clock.advance(time.Minute)
	lines := strings.Split(screen(terminal.String()), "\n")
	if len(lines) != 3 || lines[0] != "gust: warning: cache is read-only" || lines[1] != "hint: run: gust cache" {
		t.Errorf("the terminal shows %q", lines)
	}
	if last := lines[len(lines)-1]; len(last) != 49 || !strings.HasPrefix(last, "[1 compiled, 1 reused, 1 failed] 1m04s  exam") {
		t.Errorf("the status line is %q, of %d columns", last, len(last))
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	if got := screen(terminal.String()); !strings.HasSuffix(got, "gust cache\n") {
		t.Errorf("after Close the terminal shows %q", got)
	}
}

func TestPlainProgress(t *testing.T) {
	var log bytes.Buffer
	clock := newClock()
	r := New(Options{Err: &log, Progress: true, Clock: clock})
	if clock.every != 10*time.Second {
		t.Errorf("a line every %v, want every 10s", clock.every)
	}
	if r.Stderr() != &log {
		t.Error("go's stderr takes a detour though there is no status line")
	}
	r.Emit(event.BuildPackage{ImportPath: "a", Outcome: event.Compiled})
	if log.Len() > 0 {
		t.Errorf("before ten seconds the log has %q", log.String())
	}
	clock.now = clock.now.Add(10 * time.Second)
	clock.c <- clock.now
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	if got, want := log.String(), "gust: 1 compiled, 0 reused, 10.0s\n"; got != want {
		t.Errorf("the log has %q, want %q", got, want)
	}
}

func TestJSON(t *testing.T) {
	var out, errs bytes.Buffer
	r := New(Options{Out: &out, Err: &errs, JSON: true, Progress: true, Repaint: true, Clock: newClock()})
	for _, p := range edit() {
		r.Emit(p)
	}
	r.Emit(event.Warning{Text: "w"})
	r.Emit(editSummary)
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	if errs.Len() > 0 {
		t.Errorf("stderr has %q", errs.String())
	}
	golden(t, "edit.json", out.Bytes())
}

func TestJSONReportsAClosedPipe(t *testing.T) {
	r := New(Options{Out: fullDisk{}, JSON: true})
	r.Emit(event.BuildSummary{})
	if err := r.Close(); !errors.Is(err, io.ErrShortWrite) {
		t.Errorf("Close = %v, want the error of the writer", err)
	}
}

func TestDuration(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0:                         "0ms",
		12300 * time.Microsecond:  "12ms",
		999999 * time.Microsecond: "999ms",
		time.Second:               "1.0s",
		59990 * time.Millisecond:  "59.9s",
		60 * time.Second:          "1m00s",
		125900 * time.Millisecond: "2m05s",
		time.Hour:                 "60m00s",
	} {
		if got := Duration(d); got != want {
			t.Errorf("Duration(%v) = %q, want %q", d, got, want)
		}
	}
}
