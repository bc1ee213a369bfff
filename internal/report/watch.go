package report

import (
	"fmt"
	"io"
	"path/filepath"
	"time"

	"github.com/gust-go/gust/internal/event"
)

// WatchOptions say what a [Watch] shows and where.
type WatchOptions struct {
	// Err receives status lines, Out events if JSON is set.
	Out, Err io.Writer
	JSON     bool
	// Repaint says that Err is a terminal that a line can be repainted on.
	Repaint bool
	// Program says that a program runs and shares the terminal. Then each
	// status is a line of its own, which nothing is repainted under.
	Program bool
	// Tests says that tests run, and show themselves.
	Tests bool
	// Keys says that there are keys to press.
	Keys bool
	// Width returns the number of columns of the terminal.
	Width func() int
	// Color allows colour in what goes to Err.
	Color bool
	// Dir is what paths are shown relative to.
	Dir string
}

// A Watch is an event.Sink that shows what a watch is doing.
type Watch struct {
	opts  WatchOptions
	line  *Line // nil unless repainting
	built string
	pid   int
}

// NewWatch returns a sink; it must be closed.
func NewWatch(opts WatchOptions) *Watch {
	w := &Watch{opts: opts}
	if opts.Repaint && !opts.Program {
		w.line = &Line{w: opts.Err}
	}
	return w
}

// Close removes the status line.
func (w *Watch) Close() {
	if w.line != nil {
		w.line.Set("")
	}
}

// Emit shows an event.
func (w *Watch) Emit(e event.Event) {
	if w.opts.JSON {
		if data, err := event.Marshal(e); err == nil {
			_, _ = w.opts.Out.Write(append(data, '\n'))
		}
		return
	}
	if e, ok := e.(event.Watch); ok {
		w.watch(e)
	}
}

func (w *Watch) watch(e event.Watch) {
	p := palette(w.opts.Color)
	took := Duration(time.Duration(e.WallNS))
	switch e.State {
	case event.WatchBuilding:
		w.building(e)
	case event.WatchBuilt:
		w.built = p.green(w.word("built", "passed")) + " in " + took
	case event.WatchFailed:
		w.built = p.red(w.word("build failed", "failed")) + " after " + took
		if w.opts.Program {
			if w.pid > 0 {
				w.say(w.built + "; the program goes on" + w.keys())
			} else {
				w.say(w.built + "; waiting for a change" + w.keys())
			}
		}
	case event.WatchStarted:
		w.pid = e.PID
		w.say(fmt.Sprintf("%s, running as process %d%s", w.built, e.PID, w.keys()))
	case event.WatchUnchanged:
		w.say(w.built + ", same program, still running" + w.keys())
	case event.WatchExited:
		w.pid = 0
		w.say("the program has ended: " + e.Text + "; waiting for a change" + w.keys())
	case event.WatchStopping:
		w.say("waiting up to " + time.Duration(e.WallNS).String() + " for the program to end; ^C again kills it")
	case event.WatchPolling:
		w.say(e.Text)
	case event.WatchWaiting:
		if !w.opts.Program {
			w.status(fmt.Sprintf("%s; watching %s%s", w.built, packages(e.Packages), w.keys()))
		}
	}
}

func packages(n int) string {
	if n == 1 {
		return "1 package"
	}
	return fmt.Sprintf("%d packages", n)
}

// building says why, where that is news; on a terminal the build shows itself.
func (w *Watch) building(e event.Watch) {
	if w.line != nil {
		w.line.Set("")
		return
	}
	if e.Path == "" {
		return
	}
	name := e.Path
	if rel, err := filepath.Rel(w.opts.Dir, e.Path); err == nil && filepath.IsLocal(rel) {
		name = rel
	}
	if e.Changes > 1 {
		name = fmt.Sprintf("%s and %d more", name, e.Changes-1)
	}
	w.say(name + " changed, " + w.word("building", "testing"))
}

// word picks what to call it.
func (w *Watch) word(build, test string) string {
	if w.opts.Tests {
		return test
	}
	return build
}

func (w *Watch) keys() string {
	if !w.opts.Keys {
		return ""
	}
	return palette(w.opts.Color).dim(w.word(" · r: build again, q: quit", " · r: test again, f: what failed, t: what runs, q: quit"))
}

// status shows what stays true until something happens.
func (w *Watch) status(text string) {
	if w.line == nil {
		w.say(text)
		return
	}
	width := 80
	if w.opts.Width != nil {
		width = w.opts.Width()
	}
	if !w.opts.Color {
		text = truncate(text, width-1-len("gust: "))
	}
	w.line.Set("gust: " + text)
}

// say shows something in a line of its own.
func (w *Watch) say(text string) {
	out := w.opts.Err
	if w.line != nil {
		out = w.line.Writer(out)
	}
	_, _ = io.WriteString(out, "gust: "+text+"\n")
}
