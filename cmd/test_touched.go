package cmd

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"strings"

	"github.com/gust-go/gust/build"
	"github.com/gust-go/gust/build/cache"
	"github.com/gust-go/gust/internal/event"
	"github.com/gust-go/gust/internal/fault"
	"github.com/gust-go/gust/internal/testview"
	"github.com/gust-go/gust/testrun/sandbox"
)

// touchedCommand, as the first argument of gust test, makes gust show what tests
// did when they were last traced. A package of that name can be written ./touched.
const touchedCommand = "touched"

// testTouched is gust test touched.
func (a *app) testTouched(ctx context.Context, opts build.Options, asJSON bool) error {
	for _, arg := range opts.Args {
		if strings.HasPrefix(arg, "-") {
			return fault.New(fault.Usage, "run: gust test touched ./...", "gust test touched takes packages, not %q", arg)
		}
	}
	dir, err := cache.Dir(a.term.Getenv)
	if err != nil {
		return err
	}
	if opts.Env == nil {
		return fault.New(fault.Capability, "run: go env", "go does not tell which module this is")
	}
	here, err := filepath.Abs(".")
	if err != nil {
		return err
	}
	out, err := opts.Go.Output(ctx, append([]string{"list", "-e", "--"}, opts.Args...)...)
	if err != nil {
		return fault.New(fault.NotFound, "run: go list ./...", "find packages: %w", err)
	}
	packages := strings.Fields(string(out))
	found := false
	for _, pkg := range packages {
		r, err := sandbox.LoadRecord(dir, sandbox.Root(*opts.Env, here), pkg)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return err
		}
		if found = true; asJSON {
			var line []byte
			if line, err = event.Marshal(r.Event()); err == nil {
				_, err = fmt.Fprintf(a.term.Out, "%s\n", line)
			}
		} else {
			_, err = io.WriteString(a.term.Out, testview.Touched(r.Event(), configRoot(opts.Env), a.term.Getenv("HOME")))
		}
		if err != nil {
			return fmt.Errorf("write what tests touched: %w", err)
		}
	}
	if !found {
		return fault.New(fault.NotFound, "run: gust test --record "+strings.Join(opts.Args, " "), "there is no record of %q", packages)
	}
	return nil
}
