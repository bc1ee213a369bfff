// Command noop measures builds after which nothing is different: nothing was
// changed, or only a comment, or a file that is not built. gust answers those
// without starting go. An edit of the main package is measured beside them.
//
//	go run ./bench/noop -module DIR -pkg ./cmd/prometheus -file model/labels/regexp.go
//
// DIR is a writable copy of a module; the program edits some of its files and
// restores them. The sides build in turn in every round, as in bench/edits.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/gust-go/gust/bench/internal/lab"
	"github.com/gust-go/gust/bench/internal/result"
)

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }

// options are the command's own flags.
type options struct {
	lab.Config
	Module, Pkg string
	File        string // compiled; gets a comment
	Test        string // not built
	Main        string // with func main, of the package that is built; none if empty
	Block       string // of the document
	Runs        int
}

func parse(args []string, stderr io.Writer) (options, *flag.FlagSet, error) {
	var o options
	fs := flag.NewFlagSet("noop", flag.ContinueOnError)
	fs.SetOutput(stderr)
	o.Register(fs)
	fs.StringVar(&o.Module, "module", "", "writable copy of a module in `DIR`")
	fs.StringVar(&o.Pkg, "pkg", ".", "main `PACKAGE` to build")
	fs.StringVar(&o.File, "file", "", "compiled `FILE` to comment, relative to the module")
	fs.StringVar(&o.Test, "test", "", "test `FILE` to edit, relative to the module (default: the one beside -file)")
	fs.StringVar(&o.Main, "main", "", "`FILE` with func main to edit, relative to the module (default: no such case)")
	fs.StringVar(&o.Block, "block", "noop", "`NAME` of the block of the document")
	fs.IntVar(&o.Runs, "runs", 11, "timed `ROUNDS` per case")
	if err := fs.Parse(args); err != nil {
		return o, fs, err
	}
	switch {
	case o.Module == "" || o.File == "":
		return o, fs, fmt.Errorf("-module and -file are required")
	case fs.NArg() > 0:
		return o, fs, fmt.Errorf("unexpected argument %q", fs.Arg(0))
	case o.Runs < 1:
		return o, fs, fmt.Errorf("cannot run %d rounds", o.Runs)
	case o.Lines == "both":
		o.Lines = "exact" // lines make no difference here
	}
	return o, fs, nil
}

// run is the program; see [lab.Program.Run] for its exit codes.
func run(args []string, stdout, stderr io.Writer) int {
	return lab.Program[options]{Name: "noop", Parse: parse, Measure: measure}.Run(args, stdout, stderr)
}

func measure(ctx context.Context, o options, fs *flag.FlagSet, stdout, stderr io.Writer) (err error) {
	l, err := lab.Open(ctx, o.Config, stderr)
	if err != nil {
		return err
	}
	defer func() {
		if closeErr := l.Close(err != nil); err == nil {
			err = closeErr
		}
	}()
	b := &bench{Lab: l, options: o}
	rows, err := b.run(ctx)
	if err != nil {
		return err
	}
	paths := lab.LocalPaths()
	paths["module"] = "DIR"
	text := b.document(rows, l.Machine(lab.Command("./bench/noop", fs, paths), time.Now()))
	fmt.Fprint(stdout, text)
	for _, r := range rows {
		if r.verdict.Breaks(l.Sides[1]) {
			return fmt.Errorf("case %q leaves another program than go", r.title)
		}
	}
	if o.Out != "" {
		return result.UpdateFile(o.Out, o.Block, text)
	}
	return nil
}
