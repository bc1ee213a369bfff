package cmd

import (
	"cmp"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"slices"

	"github.com/spf13/cobra"

	"github.com/gust-go/gust/build"
	"github.com/gust-go/gust/build/toolexec"
	"github.com/gust-go/gust/internal/event"
	"github.com/gust-go/gust/internal/fault"
	"github.com/gust-go/gust/internal/gocmd"
)

// The verdicts of [event.CacheWhy].
const (
	whyFound   = "found"
	whyDiffers = "differs"
	whySame    = "same"
	whyNothing = "nothing"
)

// newCacheWhyCmd is gust cache why. Its flags are go's, as those of gust build.
func (a *app) newCacheWhyCmd() *cobra.Command {
	c := &cobra.Command{
		Use:   "why [--json] [build flags] package",
		Short: "say how a compile differs from what the remote cache has",
		Long: `Why compares this machine's compile of a package with the one that the remote
cache of GUST_REMOTE_CACHE has, and says which parts of the key are not the same:
flags, the toolchain, the directory, files, dependencies. Without a remote cache,
or if it has none, it is compared with the last compiles of other checkouts on
this machine. Compiles are described by gust build, install and test.

Give it the flags that the build has. The package is built unless it has been.

EXIT STATUS
  0    there is an answer
  2    wrong usage, or go cannot build the package
  3    gust itself failed, or the server did
  5    there is nothing to compare with`,
		DisableFlagParsing:    true,
		DisableFlagsInUseLine: true,
	}
	asJSON := c.Flags().Bool("json", false, "write an event to stdout")
	c.Flags().String("lines", "", "exact or relaxed, as for gust build")
	c.Flags().Bool("help", false, "print help")
	c.RunE = func(c *cobra.Command, args []string) error {
		err := a.cacheWhy(c, args)
		if *asJSON {
			a.emitError(err)
		}
		return err
	}
	return c
}

// cacheWhy reads the command line and answers.
func (a *app) cacheWhy(c *cobra.Command, args []string) error {
	split, err := gocmd.SplitArgs("build", args)
	if err != nil {
		return err
	}
	for _, f := range split.Own {
		if c.Flags().Lookup(f.Name) == nil {
			return usageError("cache why", "gust cache why has no flag --%s", f.Name)
		}
	}
	if err := setFlags(c, split.Own); err != nil {
		return err
	}
	if wanted, err := c.Flags().GetBool("help"); err == nil && wanted {
		return c.Help()
	}
	if n := len(gocmd.Packages("build", split.Go)); n != 1 {
		return usageError("cache why", "gust cache why wants one package, not %d", n)
	}
	lines, err := c.Flags().GetString("lines")
	if lines = cmp.Or(lines, a.term.Getenv("GUST_LINES"), string(build.LinesExact)); err == nil &&
		lines != string(build.LinesExact) && lines != string(build.LinesRelaxed) {
		return usageError("cache why", "--lines: %q is neither exact nor relaxed", lines)
	}
	e, err := a.compareCompile(c.Context(), build.Options{Verb: "build", Args: split.Go, Lines: build.Lines(lines)})
	if err != nil {
		return err
	}
	a.rec.Emit(e)
	asJSON, err := c.Flags().GetBool("json")
	if err == nil && asJSON {
		err = a.emit(e)
	} else if err == nil && e.Verdict != whyNothing {
		err = a.print("%s", whyText(e))
	}
	if err == nil && e.Verdict == whyNothing {
		err = nothingThere(e)
	}
	return err
}

func nothingThere(e event.CacheWhy) error {
	if e.Where == "remote" {
		return fault.New(fault.NotFound, "build it where it is to be shared from, with a key that signs: gust build "+printable(e.ImportPath),
			"neither the remote cache nor this machine has a compile of %s to compare with", printable(e.ImportPath))
	}
	return fault.New(fault.NotFound, "set GUST_REMOTE_CACHE, see: gust cacheprog --help",
		"there is no remote cache, and no other compile of %s on this machine", printable(e.ImportPath))
}

// compareCompile looks at this machine's compile and finds one to compare it with.
func (a *app) compareCompile(ctx context.Context, o build.Options) (e event.CacheWhy, err error) {
	if o.Self, err = os.Executable(); err != nil {
		return e, fmt.Errorf("find gust's own executable: %w", err)
	}
	if o.Go, err = a.findGo(); err != nil {
		return e, err
	}
	r, err := a.remoteCache("read")
	if err != nil {
		return e, fault.New(fault.Usage, "run: gust cacheprog --help", "no remote cache: %w", err)
	}
	if r != nil {
		o.Remote = &build.Remote{Cache: r.Client, Read: true, Drain: remoteDrain}
	}
	x, err := build.Inspect(ctx, o, warnSink{a})
	if err != nil {
		return e, err
	}
	e = event.CacheWhy{ImportPath: x.ImportPath, Action: hex.EncodeToString(x.Action[:]), Where: "machine", Differences: []event.CacheDifference{}}
	var there *toolexec.Description
	if r != nil {
		e.Where = "remote"
		found, err := x.Shared(ctx)
		if err != nil {
			return e, fmt.Errorf("ask the remote cache: %w", err)
		}
		if found {
			e.Verdict = whyFound
			return e, nil
		}
		if there, err = described(ctx, x); err != nil {
			return e, fmt.Errorf("ask the remote cache: %w", err)
		}
		if r.Alone() {
			return e, errors.New("the remote cache does not answer, so what it has is not known")
		}
	}
	if there == nil {
		there = closest(x)
		if there != nil {
			e.Where = "machine"
		}
	}
	if there == nil {
		e.Verdict = whyNothing
		return e, nil
	}
	return e, differences(ctx, &e, x, *there)
}

// described is the description that the remote cache has of the same kind of compile,
// else of another kind.
func described(ctx context.Context, x *build.Inspection) (*toolexec.Description, error) {
	type kind struct {
		platform string
		variant  []string
	}
	kinds := []kind{{x.Platform, x.Variant()}}
	for _, variant := range [][]string{nil, {"-race=true"}} {
		if !slices.Equal(variant, x.Variant()) {
			kinds = append(kinds, kind{x.Platform, variant})
		}
	}
	for _, platform := range []string{"linux/amd64", "linux/arm64", "darwin/arm64", "darwin/amd64", "windows/amd64"} {
		if platform != x.Platform {
			kinds = append(kinds, kind{platform, x.Variant()})
		}
	}
	for _, k := range kinds {
		if d, err := x.Remote(ctx, x.ImportPath, k.platform, k.variant); d != nil || err != nil {
			return d, err
		}
	}
	return nil, nil
}

// closest is the description of this machine's that differs least.
func closest(x *build.Inspection) (best *toolexec.Description) {
	least := 0
	for _, d := range x.Local() {
		if n := len(x.Differ(d)); best == nil || n < least {
			best, least = &d, n
		}
	}
	return best
}

// maxFollowed bounds how many dependencies are looked at for the ones to begin with.
const maxFollowed = 50

// differences fills in what differs.
func differences(ctx context.Context, e *event.CacheWhy, x *build.Inspection, there toolexec.Description) error {
	e.Verdict = whySame
	imports := map[string]bool{}
	for _, d := range x.Differ(there) {
		e.Verdict = whyDiffers
		e.Differences = append(e.Differences, event.CacheDifference(d))
		if d.Kind == "import" && d.Here != "" && d.There != "" {
			imports[d.Subject] = true
		}
	}
	for _, d := range e.Differences {
		if !imports[d.Subject] || d.Kind != "import" || e.Where != "remote" || len(imports) > maxFollowed {
			continue
		}
		dep, err := x.Remote(ctx, d.Subject, there.Platform, there.Variant())
		if err != nil {
			return fmt.Errorf("ask the remote cache: %w", err)
		}
		if dep == nil || !slices.ContainsFunc(dep.Imports, func(i toolexec.Import) bool { return imports[i.Path] }) {
			e.Roots = append(e.Roots, d.Subject)
		}
	}
	return nil
}

// warnSink passes warnings on, and nothing else.
type warnSink struct{ a *app }

// Emit implements event.Sink.
func (s warnSink) Emit(e event.Event) {
	if w, ok := e.(event.Warning); ok {
		s.a.warn(w.Text, w.Hint)
	}
}
