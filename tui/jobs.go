package tui

import (
	"bytes"
	"errors"
	"fmt"
	"io"
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
	// maxText bounds what is kept of output that is no events.
	maxText = 4 << 20
)

// jobs are the runs of gust that go on, one a pane.
type jobs struct {
	o    Options
	send func(tea.Msg)

	mu  sync.Mutex
	all map[state.Pane]*job
	wg  sync.WaitGroup
}

// A job is one run of gust.
type job struct {
	start state.Start
	proc  *process.Process
	with  bool // it adds to what another run of the pane shows
}

func newJobs(o Options) *jobs { return &jobs{o: o, all: map[state.Pane]*job{}} }

// start starts a run, and stops the one that the pane had.
func (j *jobs) start(s state.Start) error {
	j.stop(s.Pane)
	one, err := j.run(s, false)
	if err != nil {
		return err
	}
	j.mu.Lock()
	j.all[s.Pane] = one
	j.mu.Unlock()
	return nil
}

// join starts a run beside the one that the pane has.
func (j *jobs) join(s state.Start) error {
	_, err := j.run(s, true)
	return err
}

func (j *jobs) run(s state.Start, with bool) (*job, error) {
	args := s.Args
	if !s.Text {
		args = append([]string{args[0], "--json"}, args[1:]...)
		if args[0] == "cache" {
			args = append(append([]string{}, s.Args...), "--json")
		}
	}
	r, w := io.Pipe()
	said := &limited{}
	proc, err := process.Start(process.Spec{
		Path: j.o.Self, Args: args, Dir: j.o.Dir, Env: j.o.Env, Stdout: w, Stderr: said,
		Guard: []string{j.o.Self, process.GuardCommand},
	})
	if err != nil {
		return nil, fmt.Errorf("run gust: %w", err)
	}
	one := &job{start: s, proc: proc, with: with}
	go func() {
		<-proc.Done()
		_ = w.Close()
	}()
	j.wg.Add(1)
	go func() {
		defer j.wg.Done()
		end := endMsg{job: one}
		if s.Text {
			var out limited
			_, _ = io.Copy(&out, r)
			end.text = out.String()
		} else {
			j.pass(one, r)
		}
		end.code = proc.Code()
		if s.Text && end.code != 0 {
			end.trouble = firstLine(said.String())
		}
		j.send(end)
	}()
	return one, nil
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

// current reports whether a run is the one that its pane shows.
func (j *jobs) current(one *job) bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	return one.with || j.all[one.start.Pane] == one
}

// ended forgets a run, and reports whether its pane has to know.
func (j *jobs) ended(one *job) bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.all[one.start.Pane] != one {
		return false
	}
	delete(j.all, one.start.Pane)
	return true
}

// stop asks the run of a pane to end, and does not wait for it.
func (j *jobs) stop(p state.Pane) {
	j.mu.Lock()
	one := j.all[p]
	j.mu.Unlock()
	if one != nil {
		go one.proc.Stop(grace, nil)
	}
}

// stopAll ends all runs. What they still send is for nobody.
func (j *jobs) stopAll() {
	j.mu.Lock()
	all := j.all
	j.all = map[state.Pane]*job{}
	j.mu.Unlock()
	var wg sync.WaitGroup
	for _, one := range all {
		wg.Add(1)
		go func() {
			defer wg.Done()
			one.proc.Stop(grace, nil)
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
