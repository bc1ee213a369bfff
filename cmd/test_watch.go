package cmd

import (
	"context"
	"errors"
	"os"
	"sync/atomic"

	"github.com/gust-go/gust/build"
	"github.com/gust-go/gust/build/watch"
	"github.com/gust-go/gust/internal/fault"
	"github.com/gust-go/gust/internal/report"
	"github.com/gust-go/gust/internal/term"
)

// watchTests tests again and again. All of the packages are tested each time:
// go's cache spares those that a change does not affect.
func (a *app) watchTests(ctx context.Context, opts build.Options, flags *testFlags, color term.ColorMode) error {
	poll, err := a.pollInterval("test")
	if err != nil {
		return err
	}
	status := make(chan os.Signal, 1)
	var failed atomic.Bool
	w := watch.Options{Verb: "test", Args: opts.Args, Go: opts.Go, Poll: poll}
	always := flags.selection.failed
	w.Build = func(ctx context.Context, args []string) (int, error) {
		opts.Args = args
		flags.selection.failed = failed.Swap(false) || always
		return a.testedCode(a.runTests(ctx, opts, flags, color, status))
	}
	s := a.startWatch(ctx, &w, func(key byte) bool {
		switch key {
		case 't', 'T':
			select {
			case status <- nil:
			default: // asked already
			}
		case 'f', 'F':
			failed.Store(true)
			return true
		}
		return false
	})
	defer s.end()
	dir, _ := os.Getwd() // only shortens paths
	view := report.NewWatch(report.WatchOptions{
		Out: a.term.Out, Err: a.term.Err, JSON: flags.json, Repaint: a.term.Repaints(), Tests: true,
		Keys: s.keys != nil, Width: a.term.Width, Color: a.term.Color(color, a.term.ErrTTY), Dir: dir,
	})
	defer view.Close()
	code, err := watch.Run(s.ctx, w, view)
	if sig := s.ended(); sig > 0 && errors.Is(err, context.Canceled) {
		return goStatus(128 + sig)
	}
	return goResult(code, err)
}

// testedCode tells tests that did not go well, which is for the next change to
// mend, from a gust that failed.
func (a *app) testedCode(err error) (int, error) {
	var user *fault.UserError
	if errors.As(err, &user) && user.Kind == fault.Capability {
		a.warn(user.Error(), "") // too little coverage, an expired entry
		return 1, nil
	}
	return buildCode(err)
}
