package cmd

import (
	"context"
	"fmt"
	"os"

	"github.com/gust-go/gust/build"
	"github.com/gust-go/gust/internal/report"
	"github.com/gust-go/gust/internal/term"
)

// vet is go vet where machines share a cache: packages are compiled and vetted as by
// gust test, and what is made is shared. All flags are go's. done is false without a
// cache, where go vet has nothing to gain.
func (a *app) vet(ctx context.Context, args []string) (done bool, err error) {
	remote, err := a.buildRemote("vet", "")
	if remote == nil || err != nil {
		return false, err
	}
	opts := build.Options{Verb: "vet", Args: args, Lines: build.LinesExact, Remote: remote, Stdin: a.term.In}
	if opts.Self, err = os.Executable(); err != nil {
		return false, fmt.Errorf("find gust's own executable: %w", err)
	}
	if opts.Go, err = a.findGo(); err != nil {
		return false, err
	}
	r := report.New(report.Options{
		Out: a.term.Out, Err: a.term.Err, Progress: true, Repaint: a.term.Repaints(), OutTTY: a.term.OutTTY,
		Width: a.term.Width, ColorErr: a.term.Color(term.ColorAuto, a.term.ErrTTY), Clock: a.clock,
	})
	opts.Stdout, opts.Stderr = r.Stdout(), r.Stderr()
	result, err := a.build(ctx, opts, r)
	if closeErr := r.Close(); closeErr != nil && err == nil {
		err = closeErr
	}
	return true, goResult(result.ExitCode, err)
}
