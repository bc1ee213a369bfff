package cmd

import (
	"context"
	"fmt"
	"os"

	"github.com/gust-go/gust/build"
	"github.com/gust-go/gust/internal/gocmd"
	"github.com/gust-go/gust/internal/report"
	"github.com/gust-go/gust/internal/term"
)

// vet is go vet where machines share a cache: packages are compiled and vetted as by
// gust test, and what is made is shared. All flags but one are go's. Without a cache
// go vet has nothing to gain: then done is false, and rest is what is go's.
func (a *app) vet(ctx context.Context, args []string) (rest []string, done bool, err error) {
	split, err := gocmd.SplitArgs("vet", args)
	if err != nil {
		return nil, false, err
	}
	mode := ""
	for _, f := range split.Own {
		mode = f.Value
		if mode == "" {
			return nil, false, usageError("vet", "--%s: there are readwrite, read, write, off", f.Name)
		}
	}
	remote, err := a.buildRemote("vet", mode)
	if remote == nil || err != nil {
		return split.Go, false, err
	}
	done, err = a.vetShared(ctx, split.Go, remote)
	return nil, done, err
}

// vetShared runs go vet with a shared cache.
func (a *app) vetShared(ctx context.Context, args []string, remote *build.Remote) (done bool, err error) {
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
