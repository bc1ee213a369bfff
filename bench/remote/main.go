// Command remote measures a cold checkout with a warm remote cache: gust build
// with empty caches and a server that has everything, beside go build with an
// empty cache and with a warm one.
//
//	go run ./bench/remote -module DIR -pkg ./cmd/prometheus -remote http://127.0.0.1:8080/cache
//
// DIR is a module; whoever runs the program starts the servers, of which several
// can be named. Each is filled first, by gust build. In every round the sides build
// in turn, each to a program that is not there yet, so that all of them link.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"time"

	"github.com/gust-go/gust/bench/internal/lab"
	"github.com/gust-go/gust/bench/internal/result"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "remote:", err)
		os.Exit(1)
	}
}

type options struct {
	Module, Pkg, Label string
	Work, Gust, Out    string
	Remotes            addresses
	Runs, Cold         int
}

// addresses are the values of a flag that can be repeated.
type addresses []string

func (a *addresses) String() string { return strings.Join(*a, " -remote ") }

// Set implements flag.Value.
func (a *addresses) Set(s string) error {
	*a = append(*a, s)
	return nil
}

func parse(args []string, stderr io.Writer) (options, *flag.FlagSet, error) {
	var o options
	fs := flag.NewFlagSet("remote", flag.ContinueOnError)
	fs.SetOutput(stderr)
	fs.StringVar(&o.Module, "module", "", "module in `DIR`")
	fs.StringVar(&o.Pkg, "pkg", ".", "main `PACKAGE` to build")
	fs.StringVar(&o.Label, "label", "a module", "`NAME` of what is built, for the document")
	fs.StringVar(&o.Work, "work", "", "keep go's warm cache in `DIR`, and what was measured with an empty one")
	fs.StringVar(&o.Gust, "gust", "", "measure the gust binary at `PATH` (default: build this module's)")
	fs.StringVar(&o.Out, "o", "", "update this benchmark's block in the Markdown `FILE`")
	fs.Var(&o.Remotes, "remote", "`ADDRESS` of an empty server, or one that an earlier run has filled; can be repeated")
	fs.IntVar(&o.Runs, "runs", 5, "timed `ROUNDS`")
	fs.IntVar(&o.Cold, "cold", 1, "`ROUNDS` of go build with an empty cache")
	if err := fs.Parse(args); err != nil {
		return o, fs, err
	}
	switch {
	case o.Module == "" || len(o.Remotes) == 0:
		return o, fs, errors.New("-module and -remote are required")
	case fs.NArg() > 0:
		return o, fs, fmt.Errorf("unexpected argument %q", fs.Arg(0))
	case o.Runs < 1 || o.Cold < 1:
		return o, fs, errors.New("there must be a round at least")
	}
	return o, fs, nil
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	o, fs, err := parse(args, stderr)
	if err != nil {
		return err
	}
	l, err := lab.Open(ctx, lab.Config{Work: o.Work, Gust: o.Gust, Lines: "exact"}, stderr)
	if err != nil {
		return err
	}
	b := &bench{Lab: l, options: o}
	rows, err := b.measure(ctx)
	if closeErr := l.Close(err != nil); err == nil {
		err = closeErr
	}
	if err != nil {
		return err
	}
	paths := map[string]string{"remote": "ADDRESS", "work": "", "gust": "", "o": "", "label": "", "module": "DIR"}
	text := b.document(rows) + "\n" + l.Machine(lab.Command("./bench/remote", fs, paths), time.Now())
	fmt.Fprint(stdout, text)
	if o.Out != "" {
		return result.UpdateFile(o.Out, "remote", text)
	}
	return nil
}
