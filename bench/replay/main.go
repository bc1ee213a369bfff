// Command replay measures builds between real commits: it checks out
// consecutive commits of a repository and builds each with `go build` and
// with `gust build`.
//
//	go run ./bench/replay -repo GITDIR -pkg ./cmd/prometheus -n 20 -from COMMIT
//
// Only first-parent commits that touch non-test Go files count as steps. All
// sides start from caches that are warm for the commit before the first step.
// Checking out and downloading modules is not timed. GITDIR, which may be
// bare, is only read.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/gust-go/gust/bench/internal/gitrepo"
	"github.com/gust-go/gust/bench/internal/lab"
	"github.com/gust-go/gust/bench/internal/result"
)

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }

// options are the command's own flags.
type options struct {
	lab.Config
	Repo, Pkg, From string
	N               int
}

func parse(args []string, stderr io.Writer) (options, *flag.FlagSet, error) {
	var o options
	fs := flag.NewFlagSet("replay", flag.ContinueOnError)
	fs.SetOutput(stderr)
	o.Register(fs)
	fs.StringVar(&o.Repo, "repo", "", "git repository in `GITDIR`, bare or not")
	fs.StringVar(&o.Pkg, "pkg", ".", "main `PACKAGE` to build")
	fs.StringVar(&o.From, "from", "", "replay what follows `COMMIT` (default: the latest commits)")
	fs.IntVar(&o.N, "n", 20, "`NUMBER` of commits to replay")
	if err := fs.Parse(args); err != nil {
		return o, fs, err
	}
	switch {
	case o.Repo == "":
		return o, fs, fmt.Errorf("-repo is required")
	case fs.NArg() > 0:
		return o, fs, fmt.Errorf("unexpected argument %q", fs.Arg(0))
	}
	return o, fs, nil
}

// run is the program; see [lab.Program.Run] for its exit codes.
func run(args []string, stdout, stderr io.Writer) int {
	return lab.Program[options]{Name: "replay", Parse: parse, Measure: measure}.Run(args, stdout, stderr)
}

func measure(ctx context.Context, o options, fs *flag.FlagSet, stdout, stderr io.Writer) (err error) {
	commits, err := gitrepo.Select(ctx, o.Repo, o.From, o.N)
	if err != nil {
		return err
	}
	l, err := lab.Open(ctx, o.Config, stderr)
	if err != nil {
		return err
	}
	defer func() {
		if closeErr := l.Close(err != nil); err == nil {
			err = closeErr
		}
	}()
	tree, err := gitrepo.NewTree(ctx, o.Repo, filepath.Join(l.Work, "tree"))
	if err != nil {
		return err
	}
	p := &player{Lab: l, tree: tree, pkg: o.Pkg}
	steps, err := p.play(ctx, commits)
	if err != nil {
		return err
	}
	// Without -from the latest commits were taken, which will be others.
	if err := fs.Set("from", commits.Base.Short()); err != nil {
		return err
	}
	paths := lab.LocalPaths()
	paths["repo"] = "GITDIR"
	machine := l.Machine(lab.Command("./bench/replay", fs, paths), time.Now())
	text := document(l, o, commits, steps, machine)
	fmt.Fprint(stdout, text)
	if bad := badSteps(l, steps); bad > 0 {
		return fmt.Errorf("%d commits did not build as with go although they must", bad)
	}
	if o.Out != "" {
		return result.UpdateFile(o.Out, "replay", text)
	}
	return nil
}
