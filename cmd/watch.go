package cmd

import (
	"context"
	"errors"
	"io"
	"os"
	"os/signal"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"github.com/gust-go/gust/build"
	"github.com/gust-go/gust/build/watch"
	"github.com/gust-go/gust/internal/fault"
	"github.com/gust-go/gust/internal/gocmd"
	"github.com/gust-go/gust/internal/report"
	"github.com/gust-go/gust/internal/term"
)

// watchFlags are the flags of build --watch and run --watch.
type watchFlags struct {
	on    bool
	grace time.Duration
}

// add adds the flags that a command has.
func (f *watchFlags) add(c *cobra.Command) {
	verb := c.Name()
	if verb == "build" || verb == "run" || verb == "test" {
		c.Flags().BoolVar(&f.on, "watch", false, "build again when something changes")
	}
	if verb == "run" {
		c.Flags().DurationVar(&f.grace, "grace", 5*time.Second, "time for the program to end")
	}
}

// watchUsage is the part of a command's usage about them.
func watchUsage(verb string) string {
	switch verb {
	case "build":
		return "  --watch           build again when something changes\n"
	case "run":
		return `  --watch           build again, and start the program again, when something changes
  --grace=TIME      how long the old program may take to end after SIGTERM
                    (default 5s)
`
	}
	return ""
}

// watchEnv is the same for variables.
func watchEnv(verb string) string {
	if watchUsage(verb) == "" && verb != "test" {
		return ""
	}
	return `  GUST_WATCH_POLL   interval at which --watch looks for changes, instead of being
                    told of them
`
}

// watch builds, and runs, again and again.
func (a *app) watch(ctx context.Context, opts build.Options, flags *buildFlags, color term.ColorMode) error {
	poll, err := a.pollInterval(opts.Verb)
	if err != nil {
		return err
	}
	if _, ok := gocmd.FindFlag(opts.Verb, opts.Args, "n"); ok {
		return usageError(opts.Verb, "--watch: -n builds nothing")
	}
	w := watch.Options{
		Verb: opts.Verb, Args: opts.Args, Go: opts.Go, Self: opts.Self, Poll: poll, Grace: flags.watch.grace,
		Env: a.term.Environ, Stdin: a.term.In, Stdout: a.term.Out, Stderr: a.term.Err,
	}
	chdir, _ := gocmd.FindFlag(opts.Verb, opts.Args, "C")
	// What keeps go env from working is go's to say when it builds.
	if env, err := opts.Go.EnvVars(ctx, chdir); err == nil {
		if w.Exec, err = opts.Go.ExecProgram(opts.Verb, opts.Args, env); err != nil {
			return usageError(opts.Verb, "%w", err)
		}
	}
	opts.Stdin = nil // the keys are gust's, and the rest is the program's
	w.Build = func(ctx context.Context, args []string) (int, error) {
		opts.Args = args
		return buildCode(a.execute(ctx, opts, flags, color))
	}
	s := a.startWatch(ctx, &w, nil)
	defer s.end()
	dir, _ := os.Getwd() // only shortens paths
	view := report.NewWatch(report.WatchOptions{
		Out: a.term.Out, Err: a.term.Err, JSON: flags.json, Repaint: a.term.Repaints(), Program: opts.Verb == "run",
		Keys: s.keys != nil, Width: a.term.Width, Color: a.term.Color(color, a.term.ErrTTY), Dir: dir,
	})
	defer view.Close()
	code, err := watch.Run(s.ctx, w, a.recording(view))
	if sig := s.ended(); sig > 0 && errors.Is(err, context.Canceled) {
		return goStatus(128 + sig)
	}
	return goResult(code, err)
}

// buildCode tells a build that failed, which is for the next change to mend,
// from a gust that failed.
func buildCode(err error) (int, error) {
	var status goStatus
	var user *fault.UserError
	switch {
	case errors.As(err, &status):
		return int(status), nil
	case errors.As(err, &user) && user.Kind == fault.NotFound:
		return 1, nil // --explain=PKG, of which this build compiled nothing
	}
	return 0, err
}

// pollInterval is how often to look for changes, zero for when told to.
func (a *app) pollInterval(verb string) (time.Duration, error) {
	text := a.term.Getenv("GUST_WATCH_POLL")
	if text == "" {
		return 0, nil
	}
	d, err := time.ParseDuration(text)
	if err != nil || d <= 0 {
		return 0, usageError(verb, "GUST_WATCH_POLL: %q is not an interval such as 500ms", text)
	}
	return d, nil
}

// watchSession is the terminal and the signals of one watch.
type watchSession struct {
	ctx    context.Context
	cancel context.CancelFunc
	keys   *term.Keys // nil without
	// other deals with keys that only one command has, and says whether to build
	// again; nil without.
	other func(key byte) (rebuild bool)

	signals chan os.Signal
	quit    chan struct{}
	wg      sync.WaitGroup

	mu    sync.Mutex
	first int // number of the signal that ended the watch
}

// startWatch connects keys and signals to a watch.
func (a *app) startWatch(ctx context.Context, w *watch.Options, other func(byte) bool) *watchSession {
	s := &watchSession{other: other, signals: make(chan os.Signal, 8), quit: make(chan struct{})}
	s.ctx, s.cancel = context.WithCancel(ctx)
	hurry := make(chan struct{})
	w.Hurry = hurry
	for _, sig := range watchSignals() {
		if !signal.Ignored(sig) { // nohup, or in the background of a script
			signal.Notify(s.signals, sig)
		}
	}
	s.wg.Add(1)
	go s.heed(hurry)
	if keys, err := a.term.Keys(); err == nil {
		s.keys = keys
		commands := make(chan watch.Command)
		w.Commands = commands
		go s.read(keys, commands)
	}
	if a.term.InTTY() {
		// A program in the background that reads from the terminal is stopped.
		w.Stdin = io.Reader(nil)
	}
	return s
}

// end puts everything back.
func (s *watchSession) end() {
	signal.Stop(s.signals)
	close(s.quit)
	s.wg.Wait()
	if s.keys != nil {
		s.keys.Restore()
	}
	s.cancel()
}

// ended is the number of the signal that ended the watch, 0 for none.
func (s *watchSession) ended() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.first
}

// heed ends the watch at the first signal and hurries at the second.
func (s *watchSession) heed(hurry chan<- struct{}) {
	defer s.wg.Done()
	for {
		select {
		case <-s.quit:
			return
		case sig := <-s.signals:
			if isSuspend(sig) {
				s.suspend()
				continue
			}
			if s.ended() > 0 {
				if hurry != nil {
					close(hurry)
					hurry = nil
				}
				continue
			}
			s.mu.Lock()
			s.first = signalNumber(sig)
			s.mu.Unlock()
			s.cancel()
		}
	}
}

// suspend gives the terminal back while gust is stopped.
func (s *watchSession) suspend() {
	if s.keys != nil {
		s.keys.Restore()
	}
	stopSelf()
	if s.keys != nil {
		// Without, the keys work after Enter.
		_ = s.keys.Resume()
	}
}

// read turns keys into commands.
func (s *watchSession) read(keys *term.Keys, commands chan<- watch.Command) {
	const endOfFile = 4 // ^D
	for key := range keys.Pressed() {
		command := watch.Quit
		switch key {
		case 'q', 'Q', endOfFile:
		case 'r', 'R':
			command = watch.Rebuild
		default:
			if s.other == nil || !s.other(key) {
				continue
			}
			command = watch.Rebuild
		}
		select {
		case commands <- command:
		case <-s.ctx.Done():
			return
		}
	}
}
