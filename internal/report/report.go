// Package report turns the events of an engine into what the user sees: a
// status line that is repainted on a terminal, a line every ten seconds
// elsewhere, JSON lines, and the report behind --explain.
//
// stdout is data and stderr is progress. While a status line is up, go's own
// output must go through [Reporter.Stdout] and [Reporter.Stderr], which keep
// the two apart without changing a byte of go's.
package report

import (
	"io"
	"sync"
	"time"

	"github.com/gust-go/gust/internal/event"
)

// Options say what a [Reporter] shows and where. The zero value is a silent
// reporter.
type Options struct {
	// Out receives data, Err progress and warnings; nil discards.
	Out, Err io.Writer
	// JSON writes every event to Out as one line, and no status.
	JSON bool
	// Progress shows signs of life on Err: a status line where Repaint is
	// set, else a line now and then.
	Progress bool
	// Repaint says that Err is a terminal that a line can be repainted on.
	Repaint bool
	// OutTTY says that Out is the same terminal.
	OutTTY bool
	// Width returns the number of columns of the terminal; nil means 80.
	Width func() int
	// ColorErr allows colour in what goes to Err.
	ColorErr bool
	// Clock is the source of time; nil means the machine's.
	Clock Clock
}

const (
	// repaintEvery is how often the status line may change.
	repaintEvery = 100 * time.Millisecond
	// plainEvery is how long a build may be silent where nothing can be
	// repainted.
	plainEvery = 10 * time.Second
)

// A Reporter is an event.Sink for one run of an engine.
type Reporter struct {
	opts  Options
	line  *Line // nil unless repainting
	start time.Time

	stop func()
	done chan struct{}

	mu       sync.Mutex
	counts   counts
	current  string // the package reported last
	packages []event.BuildPackage
	summary  event.BuildSummary
	complete bool // a summary has arrived
	writeErr error
}

// New returns a reporter that is already running. The caller must Close it.
func New(opts Options) *Reporter {
	if opts.Out == nil {
		opts.Out = io.Discard
	}
	if opts.Err == nil {
		opts.Err = io.Discard
	}
	if opts.Clock == nil {
		opts.Clock = SystemClock{}
	}
	if opts.Width == nil {
		opts.Width = func() int { return 80 }
	}
	r := &Reporter{opts: opts, start: opts.Clock.Now(), done: make(chan struct{}), stop: func() {}}
	if !opts.Progress || opts.JSON {
		close(r.done)
		return r
	}
	every := plainEvery
	if opts.Repaint {
		every = repaintEvery
		r.line = &Line{w: opts.Err}
	}
	r.run(every)
	return r
}

// run shows progress at every tick until stop is called.
func (r *Reporter) run(every time.Duration) {
	ticks, stopTicks := r.opts.Clock.Tick(every)
	quit := make(chan struct{})
	r.stop = func() { stopTicks(); close(quit) }
	go func() {
		defer close(r.done)
		for {
			select {
			case <-quit:
				return
			case now := <-ticks:
				r.progress(now)
			}
		}
	}()
}

// Stdout is where go's stdout goes: Out itself unless a status line shares
// its terminal.
func (r *Reporter) Stdout() io.Writer {
	if r.line == nil || !r.opts.OutTTY {
		return r.opts.Out
	}
	return r.line.Writer(r.opts.Out)
}

// Stderr is where go's stderr goes: Err itself unless a status line is up.
func (r *Reporter) Stderr() io.Writer {
	if r.line == nil {
		return r.opts.Err
	}
	return r.line.Writer(r.opts.Err)
}

// Emit takes note of an event and shows it if it is for the user's eyes now.
func (r *Reporter) Emit(e event.Event) {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch e := e.(type) {
	case event.BuildPackage:
		r.counts.add(e)
		r.current = e.ImportPath
		r.packages = append(r.packages, e)
	case event.BuildSummary:
		r.summary, r.complete = e, true
	}
	if r.opts.JSON {
		r.writeJSON(e)
		return
	}
	switch e := e.(type) {
	case event.Warning:
		r.note("warning", e.Text, e.Hint)
	case event.Error:
		r.note("", e.Text, e.Hint)
	case event.BuildSummary:
		if text := Remote(valueOf(e.Remote)); text != "" && r.opts.Progress {
			r.note("", text, "")
		}
	case event.BuildTimings:
		if e.File != "" {
			r.note("", "timings are in "+e.File, "")
		}
	}
}

// valueOf is what p points to, or zero.
func valueOf[T any](p *T) (v T) {
	if p != nil {
		v = *p
	}
	return v
}

// writeJSON writes one event as one line in one Write, and remembers the
// first failure for Close.
func (r *Reporter) writeJSON(e event.Event) {
	data, err := event.Marshal(e)
	if err == nil {
		_, err = r.opts.Out.Write(append(data, '\n'))
	}
	if err != nil && r.writeErr == nil {
		r.writeErr = err
	}
}

// note prints a warning or an error, above the status line if there is one.
func (r *Reporter) note(label, text, hint string) {
	_, _ = io.WriteString(r.Stderr(), Note(r.opts.ColorErr, label, text, hint))
}

// Close removes the status line and returns the first error met in writing
// events.
func (r *Reporter) Close() error {
	r.stop()
	r.stop = func() {}
	<-r.done
	if r.line != nil {
		r.line.Set("")
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.writeErr
}

// Packages returns what was reported about compiles, sorted by import path.
func (r *Reporter) Packages() []event.BuildPackage {
	r.mu.Lock()
	defer r.mu.Unlock()
	return sorted(r.packages)
}

// Summary returns the summary of the build; ok is false if there was none.
func (r *Reporter) Summary() (s event.BuildSummary, ok bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.summary, r.complete
}
