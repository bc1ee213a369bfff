package cmd

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"

	"github.com/gust-go/gust/build"
	"github.com/gust-go/gust/build/cache"
	"github.com/gust-go/gust/internal/fault"
	"github.com/gust-go/gust/testrun/sandbox"
)

// Commands that, as the first argument of gust test, show or bring in what
// tests wrote. Packages of these names can be written ./diff and ./apply.
const (
	diffCommand  = "diff"
	applyCommand = "apply"
)

// testWrites is gust test diff and gust test apply.
func (a *app) testWrites(command string, opts build.Options) error {
	for _, arg := range opts.Args {
		if strings.HasPrefix(arg, "-") {
			return fault.New(fault.Usage, "run: gust test "+command, "gust test %s takes packages, not %q", command, arg)
		}
	}
	w, err := a.loadWrites(opts)
	if err != nil {
		return err
	}
	if w = w.Select(opts.Args); len(w.Files) == 0 {
		return fault.New(fault.NotFound, "run: gust test "+command, "%q wrote nothing", opts.Args)
	}
	if command == diffCommand {
		return w.Diff(a.term.Out)
	}
	done, err := w.Apply()
	for _, name := range done {
		// Nobody is left to tell if stdout is closed.
		_, _ = fmt.Fprintln(a.term.Out, name)
	}
	if err == nil && len(done) == 0 {
		return fault.New(fault.NotFound, "run: gust test diff", "nothing was written to the checkout, only to the home directory")
	}
	return err
}

// loadWrites finds what tests of the checkout around here wrote.
func (a *app) loadWrites(opts build.Options) (sandbox.Writes, error) {
	dir, err := cache.Dir(a.term.Getenv)
	if err != nil {
		return sandbox.Writes{}, err
	}
	if opts.Env == nil {
		return sandbox.Writes{}, fault.New(fault.Capability, "run: go env", "go does not tell which module this is")
	}
	here, err := filepath.Abs(".")
	if err != nil {
		return sandbox.Writes{}, err
	}
	w, err := sandbox.LoadWrites(dir, sandbox.Root(*opts.Env, here))
	if errors.Is(err, fs.ErrNotExist) {
		return w, fault.New(fault.NotFound, "run: gust test --sandbox=auto", "no test of this checkout has written anything aside")
	}
	return w, err
}
