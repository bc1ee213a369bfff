package tui

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"github.com/gust-go/gust/internal/event"
	"github.com/gust-go/gust/internal/process"
	"github.com/gust-go/gust/internal/runlog"
	"github.com/gust-go/gust/tui/state"
)

const (
	// grace is how long a run may take to end when it is asked to.
	grace = 5 * time.Second
	// batch is how long events are gathered before they are shown.
	batch = 50 * time.Millisecond
	// maxText bounds what is kept of output that is no events, such as the graph
	// of modules.
	maxText = 32 << 20
)

// jobs are the runs of gust that go on: one a pane, and others beside it.
type jobs struct {
	o    Options
	send func(tea.Msg)

	mu  sync.Mutex
	all map[*job]bool
}

// A job is one run of gust.
type job struct {
	start state.Start
	proc  *process.Process
	// measures is the folder that the run builds programs in, see weigh.
	measures string
}

func newJobs(o Options) *jobs { return &jobs{o: o, all: map[*job]bool{}} }

// start starts a run. Unless it is With another it stops those of its pane, of
// which nothing is shown any more.
func (j *jobs) start(s state.Start, measures string) error {
	if !s.With {
		j.stop(s.Pane, true)
	}
	r, w := io.Pipe()
	said := &limited{}
	env := j.o.Env
	if measures != "" { // which is for the dashboard only, and no run to look at again
		env = append(slices.Clone(env), "GUST_RUN_LOG=off")
	}
	proc, err := process.Start(process.Spec{
		Path: j.o.Self, Args: arguments(s), Dir: j.o.Dir, Env: env, Stdout: w, Stderr: said,
		Guard: []string{j.o.Self, process.GuardCommand},
	})
	if err != nil {
		return fmt.Errorf("run gust: %w", err)
	}
	one := &job{start: s, proc: proc, measures: measures}
	j.mu.Lock()
	j.all[one] = true
	j.mu.Unlock()
	go func() {
		<-proc.Done()
		_ = w.Close()
	}()
	go func() {
		defer j.recovered()
		end := endMsg{job: one}
		if s.Text {
			var out limited
			_, _ = io.Copy(&out, r)
			end.text = out.String()
		} else {
			j.pass(one, r)
		}
		end.code = proc.Code()
		if (s.Text || s.With) && end.code != 0 {
			end.trouble = firstLine(said.String())
		}
		j.send(end)
	}()
	return nil
}

// recovered hands a panic to who can put the terminal back first.
func (j *jobs) recovered() {
	if value := recover(); value != nil {
		j.send(panicMsg{fmt.Sprintf("%v\n%s", value, debug.Stack())})
	}
}

// arguments are what gust is run with: those that the user sees, and how they
// are to be answered. With --timings a build says what it works on.
func arguments(s state.Start) []string {
	verb, rest := s.Args[0], s.Args[1:]
	switch {
	case s.Text:
		return s.Args
	case verb == "build" || verb == "test":
		return append([]string{verb, "--json", "--timings"}, rest...)
	}
	return append(slices.Clone(s.Args), "--json")
}

// pass sends events on, those of some time together: ten thousand a second must
// not be as many repaints.
func (j *jobs) pass(one *job, r io.Reader) {
	var mu sync.Mutex
	var pending []event.Event
	flush := func() {
		mu.Lock()
		events := pending
		pending = nil
		mu.Unlock()
		if len(events) > 0 {
			j.send(eventsMsg{one, events})
		}
	}
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer j.recovered()
		defer close(stopped)
		tick := time.NewTicker(batch)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				flush()
			case <-stop:
				return
			}
		}
	}()
	in := runlog.NewReader(r)
	for {
		entry, err := in.Next()
		if err != nil {
			if !errors.Is(err, io.EOF) {
				_, _ = io.Copy(io.Discard, r) // or else the run would wait for us
			}
			break
		}
		if entry.Event == nil {
			continue
		}
		mu.Lock()
		pending = append(pending, entry.Event)
		full := len(pending) >= 4096
		mu.Unlock()
		if full {
			flush()
		}
	}
	close(stop)
	<-stopped
	flush()
}

// current reports whether a run is shown.
func (j *jobs) current(one *job) bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.all[one]
}

// ended forgets a run, and reports whether it was shown.
func (j *jobs) ended(one *job) bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	shown := j.all[one]
	delete(j.all, one)
	return shown
}

// stop asks the runs of a pane to end, and does not wait for them. With forget
// nothing is shown of them any more.
func (j *jobs) stop(p state.Pane, forget bool) {
	j.mu.Lock()
	defer j.mu.Unlock()
	for one := range j.all {
		if one.start.Pane != p {
			continue
		}
		if forget {
			j.all[one] = false
		}
		go one.proc.Stop(grace, nil)
	}
}

// stopAll ends all runs. What they still send is for nobody.
func (j *jobs) stopAll() {
	j.mu.Lock()
	all := j.all
	j.all = map[*job]bool{}
	j.mu.Unlock()
	var wg sync.WaitGroup
	for one := range all {
		wg.Add(1)
		go func() {
			defer wg.Done()
			one.proc.Stop(grace, nil)
			if one.measures != "" {
				_ = os.RemoveAll(one.measures)
			}
		}()
	}
	wg.Wait()
}

// limited keeps the beginning of what is written.
type limited struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *limited) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if room := maxText - l.buf.Len(); room > 0 {
		l.buf.Write(p[:min(len(p), room)])
	}
	return len(p), nil
}

func (l *limited) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}

// firstLine is what a command that failed said.
func firstLine(text string) string {
	first, _, _ := strings.Cut(strings.TrimSpace(text), "\n")
	return first
}
