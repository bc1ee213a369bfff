package lab

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
)

// A Program is one benchmark with options of type O.
type Program[O any] struct {
	Name string // of the program, in front of its messages
	// Parse reads the command line; the flag set is for [Command].
	Parse func(args []string, stderr io.Writer) (O, *flag.FlagSet, error)
	// Measure does the work, prints a table to stdout and progress to stderr.
	Measure func(ctx context.Context, o O, fs *flag.FlagSet, stdout, stderr io.Writer) error
}

// Run is the program. It returns the exit code: 2 for bad flags and 1 if a
// program built with exact lines differs from go's or nothing could be
// measured. An interrupt ends the measurement.
func (p Program[O]) Run(args []string, stdout, stderr io.Writer) int {
	o, fs, err := p.Parse(args, stderr)
	if err != nil {
		fmt.Fprintf(stderr, "%s: %v\n", p.Name, err)
		return 2
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := p.Measure(ctx, o, fs, stdout, stderr); err != nil {
		fmt.Fprintf(stderr, "%s: %v\n", p.Name, err)
		return 1
	}
	return 0
}
