package tui

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/x/exp/teatest"

	"github.com/gust-go/gust/internal/event"
	"github.com/gust-go/gust/internal/process"
	"github.com/gust-go/gust/tui/state"
)

// TestMain makes the test binary gust as well, for what the dashboard runs: it
// writes the events of a small project. gust itself is used in a terminal by
// TestTUI in cmd/gust. What is not started by go test must never run the tests:
// they would start it again.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && !strings.HasPrefix(os.Args[1], "-") {
		if os.Args[1] == process.GuardCommand {
			group, _ := strconv.Atoi(os.Args[2])
			process.Guard(os.Stdin, group)
			os.Exit(0)
		}
		os.Exit(standIn(strings.Join(os.Args[1:], " ")))
	}
	os.Exit(m.Run())
}

func standIn(command string) int {
	switch command {
	case "test --json --timings ./...":
		emit(event.TestStart{Package: "m/a", Test: "TestBad"},
			event.TestCase{Package: "m/a", Test: "TestBad", Outcome: event.TestFailed, Output: "    a_test.go:3: it is 1\n", File: "a_test.go", Line: 3},
			event.TestCase{Package: "m/a", Test: "TestGood", Outcome: event.Passed},
			event.TestPackage{Package: "m/a", Outcome: "fail", Tests: 2, Failed: 1},
			event.TestSummary{Tests: 2, Packages: 1, Failed: 1, ExitCode: 1})
		return 1
	case "test --json --timings -run=^TestBad$ m/a":
		emit(event.TestStart{Package: "m/a", Test: "TestBad"})
		time.Sleep(time.Hour)
	case "build --json --timings ./...":
		emit(event.BuildPackage{ImportPath: "m/a", Outcome: event.Compiled, Root: true, Reasons: []event.Reason{{Subject: "a.go", Text: "changed"}}},
			event.BuildSummary{Compiled: 1})
	case "graph --json":
		fmt.Println(`{"modules": [{"path": "m", "main": true}, {"path": "x.org/x", "version": "v1.0.0", "direct": true}, {"path": "x.org/y", "version": "v1.0.0"}],
			"edges": [{"from": "m", "to": "x.org/x", "version": "v1.0.0"}, {"from": "x.org/x", "to": "x.org/y", "version": "v1.0.0"}]}`)
	case "graph cycles --json":
	case "graph phantom --json":
		emit(event.GraphPhantom{Class: "P1", Name: "graph-only", Module: "x.org/y@v1.0.0"})
	case "graph why x.org/y":
		fmt.Println("1 path leads to it")
	case "doctor --json":
		emit(event.DoctorFinding{ID: "slow", Level: "warning", Text: "the disk is slow"})
	case "cache stats --json":
		emit(event.CacheStats{HoldsBytes: 1 << 20, LimitBytes: 2 << 20, Compiled: 1, Reused: 3})
	default:
		fmt.Fprintln(os.Stderr, "the stand-in for gust does not know:", command)
		return 3
	}
	return 0
}

func emit(events ...event.Event) {
	for _, e := range events {
		line, err := event.Marshal(e)
		if err != nil {
			panic(err)
		}
		fmt.Printf("%s\n", line)
	}
}

func options(t *testing.T) Options {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return Options{
		Self: self, Dir: t.TempDir(), Env: os.Environ(), Out: io.Discard, Now: time.Now,
		State: state.Options{Runs: []state.Run{{ID: "abc123", Command: "test ./...", Outcome: "failed"}}},
		Runs:  func() []state.Run { return nil },
		Replay: func(id string, each func(event.Event)) error {
			if id != "abc123" {
				return fmt.Errorf("no run %q", id)
			}
			each(event.TestCase{Package: "m/old", Test: "TestThen", Outcome: event.TestFailed, Output: "it was so\n"})
			each(event.TestPackage{Package: "m/old", Outcome: "fail", Tests: 1})
			each(event.TestSummary{Tests: 1, Packages: 1, Failed: 1, ExitCode: 1})
			return nil
		},
	}
}

// A session is a dashboard in a terminal that is none.
type session struct {
	*teatest.TestModel
	t    *testing.T
	seen *bytes.Buffer // since a key was pressed
}

func begin(t *testing.T, o Options) session {
	t.Helper()
	m := newModel(t.Context(), o)
	tm := teatest.NewTestModel(t, m, teatest.WithInitialTermSize(100, 30))
	m.jobs.send = tm.GetProgram().Send
	t.Cleanup(m.jobs.stopAll)
	return session{tm, t, &bytes.Buffer{}}
}

// see waits for a text on the screen.
func (s session) see(text string) {
	s.t.Helper()
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(10 * time.Millisecond) {
		if _, err := io.Copy(s.seen, s.Output()); err != nil {
			s.t.Fatal(err)
		}
		if bytes.Contains(s.seen.Bytes(), []byte(text)) {
			return
		}
		if time.Now().After(deadline) {
			s.t.Fatalf("%q is not to be seen; what was is\n%s", text, s.seen)
		}
	}
}

// press presses keys by their names.
func (s session) press(keys ...string) {
	s.seen.Reset()
	for _, k := range keys {
		msg := tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune(k)}
		switch k {
		case "enter":
			msg = tea.KeyMsg{Type: tea.KeyEnter}
		case "esc":
			msg = tea.KeyMsg{Type: tea.KeyEscape}
		}
		s.Send(msg)
	}
}

func (s session) quit() {
	s.t.Helper()
	s.press("q")
	s.WaitFinished(s.t, teatest.WithFinalTimeout(time.Minute))
	out, err := io.ReadAll(s.FinalOutput(s.t))
	if err != nil {
		s.t.Fatal(err)
	}
	for _, mode := range []string{"?1000h", "?1002h", "?1003h"} {
		if bytes.Contains(out, []byte(mode)) {
			s.t.Errorf("the mouse is taken: %s", mode)
		}
	}
}

// TestFlowTests: run all, look into a failure, run it again, stop that, leave.
func TestFlowTests(t *testing.T) {
	s := begin(t, options(t))
	s.see("Last runs")
	s.press("a", "3")
	s.see("2 tests in 1 package, 1 failed")
	s.press("j", "enter")
	s.see("a_test.go:3: it is 1")
	s.press("esc", "r")
	s.see("gust test -run=^TestBad$ m/a for")
	s.see("1 running")
	s.press("x")
	s.see("stopped")
	s.press("g", "enter")
	s.see("TestGood")
	s.quit()
}

// TestFlowReplay: a recorded run, a filter, and a screen that is too small.
func TestFlowReplay(t *testing.T) {
	s := begin(t, options(t))
	s.see("abc123  test ./...")
	s.press("G", "enter")
	s.see("this is run abc123")
	s.press("/", "t", "h", "e", "n")
	s.see("m/old TestThen")
	s.press("enter", "enter")
	s.see("it was so")
	s.Send(tea.WindowSizeMsg{Width: 40, Height: 10})
	s.see("gust: 1 test in 1 package")
	s.Send(tea.WindowSizeMsg{Width: 120, Height: 40})
	s.see("it was so")
	s.press("esc", "esc")
	s.quit()
}

// TestFlowPanes: the panes that are loaded when they are looked at, and a build.
func TestFlowPanes(t *testing.T) {
	s := begin(t, options(t))
	s.press("4")
	s.see("3 modules, 0 cycles, 1 phantom")
	s.press("/")
	s.see("filter: _")
	s.press("/", "y", "enter", "enter")
	s.see("1 path leads to it")
	s.press("esc", "esc", "6")
	s.see("hit rate 75 %: 3 of 4 compiles not needed")
	s.see("the disk is slow")
	s.press("2", "r")
	s.see("1 compiled, 0 reused")
	s.see("a.go changed")
	s.press("5")
	s.see("failed") // the stand-in cannot do that
	s.quit()
}

// TestPanic: whatever goes wrong, the terminal is put back.
func TestPanic(t *testing.T) {
	for name, wrong := range map[string]func(*Options){
		"on the screen": func(o *Options) {
			o.Now = func() time.Time { panic("no time") }
		},
		"beside it": func(o *Options) {
			o.Replay = func(string, func(event.Event)) error { panic("no run") }
			o.ReplayID = "abc123"
		},
	} {
		t.Run(name, func(t *testing.T) {
			o := options(t)
			wrong(&o)
			var out bytes.Buffer
			o.Out, o.In = &out, strings.NewReader("")
			err := Run(t.Context(), o)
			if !errors.Is(err, tea.ErrProgramPanic) {
				t.Errorf("the error is %v", err)
			}
			for _, put := range []string{"\x1b[?1049l", "\x1b[?25h"} {
				if !strings.Contains(out.String(), put) {
					t.Errorf("%q is not said to the terminal", put)
				}
			}
		})
	}
}

// TestPanicOfJob: a panic of a goroutine of ours goes to who restores the terminal.
func TestPanicOfJob(t *testing.T) {
	var got tea.Msg
	j := newJobs(options(t))
	j.send = func(msg tea.Msg) { got = msg }
	func() {
		defer j.recovered()
		panic("lost")
	}()
	if p, ok := got.(panicMsg); !ok || !strings.HasPrefix(fmt.Sprint(p.value), "lost\n") {
		t.Errorf("what is sent is %v", got)
	}
}

// TestCanceled: the end of the context is the end of the dashboard.
func TestCanceled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	o := options(t)
	o.In = strings.NewReader("")
	if err := Run(ctx, o); err != nil {
		t.Error(err)
	}
}

// TestWeigh chooses the largest program.
func TestWeigh(t *testing.T) {
	dir := t.TempDir()
	if _, err := largest(dir); err == nil {
		t.Error("nothing is a program")
	}
	for name, size := range map[string]int{"small": 10, "large": 1000, "middle": 100} {
		if err := os.WriteFile(dir+"/"+name, make([]byte, size), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := largest(dir); err != nil || !strings.HasSuffix(got, "large") {
		t.Errorf("the largest is %q, %v", got, err)
	}
}
