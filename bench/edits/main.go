// Command edits measures what a developer waits for: the build after an edit,
// with `go build` and with `gust build` in the same run.
//
//	go run ./bench/edits -module DIR -pkg ./cmd/prometheus -file model/labels/regexp.go
//
// DIR is a writable copy of a module; the program edits one of its files and
// restores it at the end. Every round of a case makes an edit that no build
// has seen, builds with each side in turn, and compares the programs. Each
// case starts from caches that are warm for the unedited file. An untimed
// round comes first, in which compiles are counted and memory is watched.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"regexp"
	"time"

	"github.com/gust-go/gust/bench/internal/lab"
	"github.com/gust-go/gust/bench/internal/result"
)

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }

// options are the command's own flags.
type options struct {
	lab.Config
	Module, Pkg, File, Func string
	Runs                    int
	Cold                    bool
	Cases                   *regexp.Regexp
}

func parse(args []string, stderr io.Writer) (options, *flag.FlagSet, error) {
	var o options
	fs := flag.NewFlagSet("edits", flag.ContinueOnError)
	fs.SetOutput(stderr)
	o.Register(fs)
	fs.StringVar(&o.Module, "module", "", "writable copy of a module in `DIR`")
	fs.StringVar(&o.Pkg, "pkg", ".", "main `PACKAGE` to build")
	fs.StringVar(&o.File, "file", "", "`FILE` to edit, relative to the module")
	fs.StringVar(&o.Func, "func", "", "`NAME` of the function to edit (default: the longest of the file)")
	fs.IntVar(&o.Runs, "runs", 5, "timed `ROUNDS` per case")
	o.Cases = new(regexp.Regexp)
	fs.TextVar(o.Cases, "run", regexp.MustCompile(""), "only the cases whose row heading matches `REGEXP`")
	fs.BoolVar(&o.Cold, "cold", false, "also build once with empty caches")
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
	}
	return o, fs, nil
}

// run is the program; see [lab.Program.Run] for its exit codes.
func run(args []string, stdout, stderr io.Writer) int {
	return lab.Program[options]{Name: "edits", Parse: parse, Measure: measure}.Run(args, stdout, stderr)
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
	text := document(b, rows, l.Machine(lab.Command("./bench/edits", fs, paths), time.Now()))
	fmt.Fprint(stdout, text)
	if bad := badCases(l, rows); bad > 0 {
		return fmt.Errorf("%d cases built other programs than go although lines are exact", bad)
	}
	if o.Out != "" {
		return result.UpdateFile(o.Out, "edits", text)
	}
	return nil
}
