package runlog

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gust-go/gust/internal/event"
)

// clock is a time that each look moves on by a second.
func clock(start time.Time) func() time.Time {
	return func() time.Time {
		start = start.Add(time.Second)
		return start
	}
}

var day = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

// record writes a run with these events.
func record(t *testing.T, l Log, at time.Time, command string, code int, events ...event.Event) *Recorder {
	t.Helper()
	r := l.New(event.RunBegin{Command: command, Args: []string{"./..."}, Dir: "/src", Root: "/src"}, clock(at))
	for _, e := range events {
		r.Emit(e)
	}
	if err := r.End(code); err != nil {
		t.Fatal(err)
	}
	return r
}

func entries(t *testing.T, path string) (all []Entry) {
	t.Helper()
	if err := ReadFile(path, func(e Entry) bool { all = append(all, e); return true }); err != nil {
		t.Fatal(err)
	}
	return all
}

func TestRecordAndFind(t *testing.T) {
	l := Log{Dir: filepath.Join(t.TempDir(), "runs")}
	fail := event.TestCase{Package: "p", Test: "TestX", Outcome: event.TestFailed, Output: "no\n"}
	record(t, l, day, "test", 1, fail, event.TestSummary{Tests: 3, Failed: 1})
	second := record(t, l, day.Add(time.Hour), "build", 0, event.BuildSummary{Compiled: 2})
	record(t, l, day.Add(2*time.Hour), "kernel", 0) // has nothing to report

	runs, err := l.List(nil, 0)
	if err != nil || len(runs) != 2 {
		t.Fatalf("%d runs, %v, want 2", len(runs), err)
	}
	if got := runs[0]; got.Command != "build" || got.Outcome() != "ok" || got.Headline() != "2 compiled, 3s" {
		t.Errorf("last run is %+v: %s, %q", got, got.Outcome(), got.Headline())
	}
	if got := runs[1]; got.Command != "test" || got.Outcome() != "failed" || !strings.HasPrefix(got.Headline(), "3 tests, 1 failed, ") {
		t.Errorf("first run is %+v: %s, %q", got, got.Outcome(), got.Headline())
	}
	for name, want := range map[string]string{
		"last": "build", "last~0": "build", "last~1": "test", "test": "test", second.ID(): "build", second.ID()[:5]: "build", runs[1].Path: "test",
	} {
		if r, err := l.Find(name, nil); err != nil || r.Command != want {
			t.Errorf("Find(%q) = %+v, %v, want the %s", name, r, err, want)
		}
	}
	for _, name := range []string{"", "last~2", "last~", "vet", "nosuch", "../x"} {
		if r, err := l.Find(name, nil); !errors.Is(err, ErrNotFound) {
			t.Errorf("Find(%q) = %+v, %v, want ErrNotFound", name, r, err)
		}
	}
	got := entries(t, runs[1].Path)
	if len(got) != 4 || got[1].Event != event.Event(fail) || got[1].At <= 0 || got[2].At <= got[1].At {
		t.Errorf("entries are %+v", got)
	}
	if _, ok := got[3].Event.(event.RunEnd); !ok {
		t.Errorf("the last entry is %+v", got[3])
	}
	if info, err := os.Stat(runs[0].Path); err != nil || info.Mode().Perm()&0o077 != 0 {
		t.Errorf("others may read it: %v, %v", info.Mode(), err)
	}
}

// TestBounds: texts, runs and the log have their limits, and what matters most
// is kept.
func TestBounds(t *testing.T) {
	l := Log{Dir: t.TempDir(), MaxBytes: 40 << 20}
	long := strings.Repeat("x", 100<<10)
	begin := func(i int) *Recorder {
		return l.New(event.RunBegin{Command: "test"}, clock(day.Add(time.Duration(i)*time.Hour)))
	}
	r := begin(0)
	for i := range 1000 {
		r.Emit(event.TestOutput{Package: "p", Text: long})
		if i == 900 {
			r.Emit(event.TestCase{Package: "p", Test: "TestPassed", Outcome: event.Passed})
			r.Emit(event.TestCase{Package: "p", Test: "TestLate", Outcome: event.TestFailed, Output: long})
		}
	}
	if err := r.End(1); err != nil {
		t.Fatal(err)
	}
	run, err := l.Find("last", nil)
	if err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(run.Path)
	if err != nil || info.Size() > maxRunBytes+2*maxText {
		t.Errorf("the run has %d bytes, %v", info.Size(), err)
	}
	var late, passed bool
	for _, e := range entries(t, run.Path) {
		if c, ok := e.Event.(event.TestCase); ok {
			late = late || c.Test == "TestLate" && len(c.Output) < maxText+100
			passed = passed || c.Test == "TestPassed"
		}
	}
	if !late || passed || run.End.Dropped < 500 {
		t.Errorf("failed test kept: %t, passed one: %t, %d dropped", late, passed, run.End.Dropped)
	}

	// Five such runs are more than the log may hold.
	for i := 1; i < 6; i++ {
		r := begin(i)
		for range 400 {
			r.Emit(event.TestOutput{Package: "p", Text: long})
		}
		if err := r.End(0); err != nil {
			t.Fatal(err)
		}
	}
	if runs, err := l.List(nil, 0); err != nil || len(runs) != 3 || runs[0].Time.Before(day.Add(5*time.Hour)) {
		t.Errorf("%d runs are left, %v, want the last 3", len(runs), err)
	}
}

// TestMany: the number of runs is bounded, and what is no run is let be.
func TestMany(t *testing.T) {
	l := Log{Dir: t.TempDir()}
	other := filepath.Join(l.Dir, "notes.jsonl")
	if err := os.WriteFile(other, []byte("{}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for i := range defaultMaxRuns + 5 {
		record(t, l, day.Add(time.Duration(i)*time.Minute), "build", 0, event.BuildSummary{Compiled: i})
	}
	runs, err := l.List(nil, 0)
	if err != nil || len(runs) != defaultMaxRuns {
		t.Fatalf("%d runs, %v", len(runs), err)
	}
	if s, ok := runs[len(runs)-1].Gist.(event.BuildSummary); !ok || s.Compiled != 5 {
		t.Errorf("the oldest is %+v", runs[len(runs)-1].Gist)
	}
	if _, err := os.Stat(other); err != nil {
		t.Error(err)
	}
}

// The test binary is a command that is killed in the middle if this names a
// log.
const victim = "GUST_RUNLOG_VICTIM"

func TestMain(m *testing.M) {
	if dir := os.Getenv(victim); dir != "" {
		r := Log{Dir: dir}.New(event.RunBegin{Command: "test"}, time.Now)
		for i := 0; ; i++ {
			r.Emit(event.TestCase{Package: "p", Test: fmt.Sprint("Test", i), Outcome: event.Passed})
			if i == 10_000 {
				fmt.Println("written")
			}
		}
	}
	os.Exit(m.Run())
}

// TestKilled: a run that goes on and one that was killed can be read.
func TestKilled(t *testing.T) {
	l := Log{Dir: t.TempDir()}
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), victim+"="+l.Dir)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line := make([]byte, len("written\n"))
	_, readErr := io.ReadFull(out, line)
	run, err := l.Find("last", nil)
	_ = cmd.Process.Kill()
	_ = cmd.Wait()
	if readErr != nil || err != nil {
		t.Fatal(readErr, err)
	}
	if run.Outcome() != "running" {
		t.Errorf("it is %s while it writes", run.Outcome())
	}
	if run, err = l.Find("last", nil); err != nil || run.Outcome() != "killed" {
		t.Fatalf("%+v, %v after it was killed", run, err)
	}
	// A torn line, as a crash of the machine leaves, does not hide the others.
	f, err := os.OpenFile(run.Path, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteString(`{"v":1,"at_ns":5,"type":"test.ca`); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	if n := len(entries(t, run.Path)); n < 1000 {
		t.Errorf("%d entries of 10000 are left", n)
	}
}

// TestAtOnce: several processes' worth of recorders use a log.
func TestAtOnce(t *testing.T) {
	l := Log{Dir: t.TempDir(), MaxBytes: 1}
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for j := range 20 {
				r := l.New(event.RunBegin{Command: "build"}, clock(day.Add(time.Duration(i*100+j)*time.Second)))
				r.Emit(event.BuildSummary{})
				if err := r.End(0); err != nil {
					t.Error(err)
				}
			}
		}()
	}
	wg.Wait()
	if runs, err := l.List(nil, 0); err != nil || len(runs) == 0 || len(runs) > 8 {
		t.Errorf("%d runs, %v", len(runs), err)
	}
}

// TestLongLine: a line of any length is read in bounded memory, up to where it
// is cut.
func TestLongLine(t *testing.T) {
	line, err := event.Marshal(event.TestCase{Package: "p", Test: "T", Outcome: event.TestFailed, Output: strings.Repeat(`a"\é`+"\x01", 1<<20)})
	if err != nil {
		t.Fatal(err)
	}
	in := io.MultiReader(bytes.NewReader(line), strings.NewReader("\nplain text\n{\"v\":1,\"type\":\"warning\",\"text\":\"w\"}"))
	r := NewReader(in)
	e, err := r.Next()
	if c, ok := e.Event.(event.TestCase); err != nil || !ok || c.Test != "T" || len(c.Output) < MaxLine/8 {
		t.Errorf("%T, %v", e.Event, err)
	}
	if e, err := r.Next(); err != nil || e.Text != "plain text" {
		t.Errorf("%+v, %v", e, err)
	}
	if e, err := r.Next(); err != nil || e.Event != event.Event(event.Warning{Text: "w"}) {
		t.Errorf("%+v, %v", e, err)
	}
	if _, err := r.Next(); !errors.Is(err, io.EOF) {
		t.Error(err)
	}
}

// TestNoRecorder: a command that is not recorded has a nil one.
func TestNoRecorder(t *testing.T) {
	var r *Recorder
	r.Emit(event.Warning{})
	if err := r.End(1); err != nil || r.ID() != "" {
		t.Error(err)
	}
	// One that cannot write says so once, and does not fail before.
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	r = Log{Dir: filepath.Join(file, "runs")}.New(event.RunBegin{Command: "build"}, time.Now)
	r.Emit(event.Warning{})
	r.Emit(event.Warning{})
	if err := r.End(0); err == nil || !strings.HasPrefix(err.Error(), "record the run: ") {
		t.Errorf("error is %v", err)
	}
}

// FuzzReader holds mend to what it promises: any cut line is read or skipped.
func FuzzReader(f *testing.F) {
	f.Add([]byte(`{"v":1,"type":"warning","text":"a\u00e9"}`), 30)
	f.Fuzz(func(t *testing.T, data []byte, at int) {
		if at < 0 || at > len(data) {
			return
		}
		_ = mend(data[:at])
		r := NewReader(bytes.NewReader(data))
		for range len(data) + 2 {
			if _, err := r.Next(); err != nil {
				return
			}
		}
		t.Error("there is no end")
	})
}
