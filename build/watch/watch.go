package watch

import (
	"context"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"time"

	"github.com/gust-go/gust/internal/event"
	"github.com/gust-go/gust/internal/gocmd"
	"github.com/gust-go/gust/internal/process"
)

// Command is what a user asks of a watch.
type Command int

// The commands.
const (
	// Rebuild builds, and starts the program again even if it is the same.
	Rebuild Command = iota
	// Quit ends the watch.
	Quit
)

// Options says what to watch. Verb, Args, Go and Build are needed, and for run
// Self as well.
type Options struct {
	// Verb is build, run or test, Args are go's arguments.
	Verb string
	Args []string
	// Go runs the go command.
	Go *gocmd.Go
	// Build runs the verb with the given arguments and returns go's exit code.
	Build func(ctx context.Context, args []string) (int, error)
	// Commands are the user's; nil means none.
	Commands <-chan Command
	// Poll is the interval to look for changes at; zero means to be notified,
	// and to poll only where that is impossible.
	Poll time.Duration

	// Self is the absolute path of the gust executable.
	Self string
	// Env, Stdin, Stdout and Stderr are the program's.
	Env            []string
	Stdin          io.Reader
	Stdout, Stderr io.Writer
	// Exec is the program with its arguments that go run would run the
	// executable with; empty for none.
	Exec []string
	// Grace is how long the program may take to end after SIGTERM. Closing
	// Hurry cuts it short.
	Grace time.Duration
	Hurry <-chan struct{}
}

const (
	// settle is how long nothing must change for a change to be complete.
	settle = 100 * time.Millisecond
	// settleMax is when to build nevertheless.
	settleMax = 10 * time.Second
	// patience is how long a program may take to end before that is reported.
	patience = time.Second
	// pollDefault is the interval where the system does not notify.
	pollDefault = time.Second
)

// goUsage is go's exit code for flags it refuses, which no change of a file
// makes right.
const goUsage = 2

// Run builds and watches until ctx ends, which is its error then, or the user
// quits. The exit code is not zero only if go refused its flags. The program is
// stopped in any case. The sink receives [event.Watch] and warnings.
func Run(ctx context.Context, o Options, sink event.Sink) (exitCode int, err error) {
	w := &watcher{Options: o, sink: sink, newNotifier: newNotifier}
	return w.run(ctx)
}

// watcher is one Run. Everything but builds happens on one goroutine.
type watcher struct {
	Options
	sink        event.Sink
	newNotifier func() (waker, error)
	waker       waker
	polling     bool

	inputs *inputs
	last   *snapshot // of inputs, when the last build was current

	temp       string // directory of the programs
	current    *program
	currentDir string
	proc       *process.Process // nil if none was started or it was stopped
	exitTold   bool             // it has ended, and that was reported
}

func (w *watcher) run(ctx context.Context) (int, error) {
	var err error
	if w.temp, err = os.MkdirTemp("", "gust-watch-*"); err != nil {
		return 0, fmt.Errorf("make a directory for the program: %w", err)
	}
	defer os.RemoveAll(w.temp)
	defer func() {
		w.stop()
		if w.waker != nil {
			w.waker.close()
		}
	}()
	w.openWaker()
	lister := &lister{goCmd: w.Go, verb: w.Verb, args: w.Args}
	w.inputs = newInputs()
	why := event.Watch{State: event.WatchBuilding}
	for force := true; ; {
		code, quit, err := w.round(ctx, lister, why, force)
		if quit || err != nil {
			return code, err
		}
		if why, force, quit, err = w.wait(ctx); quit || err != nil {
			return 0, err
		}
	}
}

// round builds until what was built is what is there.
func (w *watcher) round(ctx context.Context, l *lister, why event.Watch, force bool) (code int, quit bool, err error) {
	for {
		start := w.fileTime()
		before := w.inputs.take(w.last, time.Now())
		w.sink.Emit(why)
		code, quit, again, err := w.build(ctx, force)
		if quit || err != nil {
			return 0, quit, err
		}
		if code == goUsage && w.last == nil {
			return code, true, nil
		}
		w.refresh(ctx, l, before)
		path, n := missed(before, w.last, start)
		if n == 0 && !again {
			return 0, false, ctx.Err()
		}
		force = again
		why = event.Watch{State: event.WatchBuilding, Path: path, Changes: n}
		if n > 0 {
			if err := w.settle(ctx); err != nil {
				return 0, false, err
			}
		}
	}
}

// refresh asks go what the inputs are now and looks at them. If go cannot tell,
// as with a broken go.mod, they are what they were.
func (w *watcher) refresh(ctx context.Context, l *lister, before *snapshot) {
	in, err := l.list(ctx)
	switch {
	case err == nil:
		w.inputs = in
	case w.last == nil:
		w.inputs = l.fallback()
	}
	w.last = w.survey(before)
}

// build runs one build and deals with its program. The user may quit meanwhile
// or ask for another build.
func (w *watcher) build(ctx context.Context, force bool) (code int, quit, again bool, err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	args, dir := w.Args, ""
	if w.Verb == "run" {
		var flag string
		if dir, flag, err = w.handover(); err != nil {
			return 0, false, false, err
		}
		args = gocmd.WithFlag("run", args, flag)
	}
	start := time.Now()
	done := w.goBuild(ctx, args)
	for {
		select {
		case r := <-done:
			if r.crash != nil {
				panic(r.crash)
			}
			if quit || r.err != nil {
				return 0, quit, false, r.err
			}
			return r.code, false, again, w.built(r.code, dir, force, time.Since(start))
		case c, ok := <-w.Commands:
			switch {
			case !ok:
				w.Commands = nil
			case c == Rebuild:
				again = true
			default:
				quit = true
				cancel()
			}
		case <-w.exited():
			w.tellExit()
		}
	}
}

// result is what became of a build.
type result struct {
	code  int
	err   error
	crash any
}

// goBuild builds on another goroutine. A panic there is handed over, so that it
// unwinds the one that has a program to stop and a terminal to restore.
func (w *watcher) goBuild(ctx context.Context, args []string) <-chan result {
	done := make(chan result, 1)
	go func() {
		var r result
		defer func() {
			r.crash = recover()
			done <- r
		}()
		r.code, r.err = w.Build(ctx, args)
	}()
	return done
}

// built reports a build and, if it succeeded, starts its program.
func (w *watcher) built(code int, dir string, force bool, took time.Duration) error {
	if code != 0 {
		w.sink.Emit(event.Watch{State: event.WatchFailed, WallNS: took.Nanoseconds()})
		if dir != "" {
			_ = os.RemoveAll(dir) // goes with the rest in the end
		}
		return nil
	}
	w.sink.Emit(event.Watch{State: event.WatchBuilt, WallNS: took.Nanoseconds()})
	if dir == "" {
		return nil
	}
	return w.replace(dir, force)
}

// wait returns when there is a reason to build.
func (w *watcher) wait(ctx context.Context) (why event.Watch, force, quit bool, err error) {
	w.sink.Emit(event.Watch{State: event.WatchWaiting, Packages: w.inputs.packages})
	for {
		select {
		case <-ctx.Done():
			return why, false, false, ctx.Err()
		case c, ok := <-w.Commands:
			if !ok {
				w.Commands = nil
				continue
			}
			return event.Watch{State: event.WatchBuilding}, c == Rebuild, c == Quit, nil
		case <-w.exited():
			w.tellExit()
		case <-w.waker.wakes():
			path, n := w.look()
			if n == 0 {
				continue
			}
			if err := w.settle(ctx); err != nil {
				return why, false, false, err
			}
			return event.Watch{State: event.WatchBuilding, Path: path, Changes: n}, false, false, nil
		}
	}
}

// look compares the inputs with the last snapshot.
func (w *watcher) look() (path string, n int) {
	return changed(w.last, w.survey(w.last))
}

// survey takes a snapshot and is notified of all that changes after it. Directories
// may be new even if nothing in them counts yet, and those that are not there are
// waited for in the nearest one above, which is another one when that has come: so
// inputs are looked at again until there is nothing new to be notified of. A
// directory that goes on being new, as one may that has two names, does not count.
func (w *watcher) survey(was *snapshot) *snapshot {
	cur := w.inputs.take(was, time.Now())
	added := w.arm(cur.dirs)
	for len(added) > 0 {
		cur = w.inputs.take(was, time.Now())
		next := w.arm(cur.dirs)
		if maps.Equal(next, added) {
			break
		}
		added = next
	}
	return cur
}

// settle waits until nothing changes any more and git is not at work.
func (w *watcher) settle(ctx context.Context) error {
	expired := time.After(settleMax)
	was := w.inputs.take(w.last, time.Now())
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-expired:
			return nil
		case <-time.After(settle):
		}
		cur := w.inputs.take(was, time.Now())
		if _, n := changed(was, cur); n == 0 && !w.gitAtWork() {
			return nil
		}
		was = cur
	}
}

// gitAtWork reports whether git is changing a work tree that inputs are in: it
// holds index.lock from a checkout's first file to its last.
func (w *watcher) gitAtWork() bool {
	for file := range w.inputs.files {
		if filepath.Base(file) != "go.mod" {
			continue
		}
		for dir := filepath.Dir(file); ; dir = filepath.Dir(dir) {
			if _, err := os.Lstat(filepath.Join(dir, ".git")); err == nil {
				info, err := os.Lstat(filepath.Join(dir, ".git", "index.lock"))
				if err == nil && time.Since(info.ModTime()) < settleMax { // else git has died
					return true
				}
				break
			}
			if dir == filepath.Dir(dir) {
				break
			}
		}
	}
	return false
}

// openWaker starts to be notified, or to poll.
func (w *watcher) openWaker() {
	if w.Poll > 0 {
		w.poll(w.Poll, "")
		return
	}
	n, err := w.newNotifier()
	if err != nil {
		w.poll(pollDefault, err.Error())
		return
	}
	w.waker = n
}

// arm sets the directories to be notified of, and falls back to polling. It
// returns those that are new.
func (w *watcher) arm(dirs map[string]bool) (added map[string]bool) {
	if w.polling {
		return nil
	}
	added, err := w.waker.arm(dirs)
	if err != nil {
		w.waker.close()
		w.poll(pollDefault, err.Error())
	}
	return added
}

func (w *watcher) poll(every time.Duration, why string) {
	w.waker, w.polling = newPoller(every), true
	text := fmt.Sprintf("looking for changes every %v", every)
	if why != "" {
		text += ": " + why
	}
	w.sink.Emit(event.Watch{State: event.WatchPolling, Text: text})
}
