package cmd

import (
	"context"

	"github.com/gust-go/gust/internal/gocmd"
)

// passThrough hands a whole command line to go: streams, signals and exit
// code are those of go.
func (a *app) passThrough(ctx context.Context, args []string) error {
	if len(args) > 0 && args[0] == "vet" {
		rest, done, err := a.vet(ctx, args[1:])
		if done || err != nil {
			return err
		}
		args = append([]string{"vet"}, rest...)
	}
	g, err := a.findGo()
	if err != nil {
		return err
	}
	return goResult(g.Run(ctx, gocmd.Streams{Stdin: a.term.In, Stdout: a.term.Out, Stderr: a.term.Err}, args...))
}
