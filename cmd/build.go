package cmd

import (
	"context"
	"fmt"
	"io"
	"os"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/gust-go/gust/build"
	"github.com/gust-go/gust/internal/fault"
	"github.com/gust-go/gust/internal/gocmd"
	"github.com/gust-go/gust/internal/report"
	"github.com/gust-go/gust/internal/term"
)

// buildFlags are gust's own flags of build, install, run and test.
type buildFlags struct {
	lines   string
	noReuse bool
	explain explainFlag
	timings timingsFlag
	json    bool
	color   string
	remote  string
	watch   watchFlags
	matrix  matrixFlag
}

// newBuildCmd is gust build, install or run. Flag parsing is ours and
// not cobra's, since all flags but a few are go's; cobra knows the few for
// help and completion.
func (a *app) newBuildCmd(verb string) *cobra.Command {
	var flags buildFlags
	c := &cobra.Command{
		Use:                verb + " " + usageOf(verb),
		Short:              "go " + verb + ", recompiling only what a change affects",
		Long:               longHelp(verb),
		DisableFlagParsing: true,
		// The line that cobra would add tells where flags may stand; ours does.
		DisableFlagsInUseLine: true,
		RunE: func(c *cobra.Command, args []string) error {
			err := a.runBuildCmd(c, verb, args, &flags)
			if flags.json {
				a.emitError(err)
			}
			return err
		},
	}
	flags.register(c)
	c.SetUsageTemplate(fmt.Sprintf(usageTemplate, watchUsage(verb)+matrixUsage(verb), watchEnv(verb)))
	return c
}

// register makes the flags known to cobra.
func (flags *buildFlags) register(c *cobra.Command) {
	f := c.Flags()
	f.StringVar(&flags.lines, "lines", "", "line tables of inlined code")
	f.BoolVar(&flags.noReuse, "no-reuse", false, "compile everything that go asks for")
	f.Var(&flags.explain, "explain", "say what was compiled, and why")
	f.Lookup("explain").NoOptDefVal = explainAll
	f.Var(&flags.timings, "timings", "write down when each step ran")
	f.Lookup("timings").NoOptDefVal = timingsDefault
	f.StringVar(&flags.remote, "remote-cache-mode", "", "read, write, readwrite or off")
	f.BoolVar(&flags.json, "json", false, "write gust's events to stdout")
	f.StringVar(&flags.color, "color", "auto", "auto, always or never")
	flags.watch.add(c)
	if c.Name() == "build" {
		f.Var(&flags.matrix, "matrix", "build the targets of gust.toml")
		f.Lookup("matrix").NoOptDefVal = matrixAll
	}
	f.Bool("help", false, "print help")
}

// usageTemplate is written by hand because the flags that may go without a
// value read badly in pflag's layout. A test holds it to the flags there are.
const usageTemplate = `Usage:
  {{.UseLine}}

Flags of gust's own:
%s  --explain         say what was compiled and why, and what was reused
  --explain=PKG     the same for one package (an import path or its last elements)
  --timings         write a page that shows when each step ran, and say where it is
  --timings=FILE    the same to FILE.html, or as a trace for Perfetto to FILE.json
  --lines=exact     reuse only what leaves the binary as go build makes it (default)
  --lines=relaxed   also reuse code that is the same but for line numbers of what
                    was inlined into it: tracebacks may name lines of an older version
  --no-reuse        compile everything that go asks for
  --remote-cache-mode=MODE  readwrite (default), read, write or off: what to do
                    with the cache that GUST_REMOTE_CACHE names
  --json            write gust's events to stdout, one JSON object a line
                    (-json, with one dash, is go's)
  --color=WHEN      auto, always or never
  --help            print this help

Environment:
  GUST_LINES        default of --lines
  GUST_NO_REUSE     default of --no-reuse
  GUST_CACHE        directory of gust's cache
  GUST_CACHE_SIZE   size to keep the cache to, see gust cache trim --help
  GUST_GO           the go command to drive, instead of the first in PATH
  GUST_REMOTE_CACHE server to share results by, see gust cacheprog --help
%s
` + exitStatus + `
`

func usageOf(verb string) string {
	switch verb {
	case "run":
		return "[gust flags] [build flags] package [arguments...]"
	case "test":
		return "[gust flags] [build/test flags] [packages] [test binary flags]"
	}
	return "[gust flags] [build flags] [packages]"
}

func longHelp(verb string) string {
	where := "They stand before the packages, among go's flags."
	switch verb {
	case "run":
		where = "They stand before the package; what follows it belongs to the program."
	case "test":
		where = "They are not looked for behind -args."
	}
	return fmt.Sprintf(`Runs go %[1]s and reuses compiled packages that a change cannot have affected.
All flags of go %[1]s work, with one dash or two; go help build lists them. gust's
own have two dashes. %[2]s`, verb, where)
}

// runBuildCmd runs one of the build commands.
func (a *app) runBuildCmd(c *cobra.Command, verb string, args []string, flags *buildFlags) error {
	opts, color, err := a.buildOptions(c, verb, args, flags)
	if err != nil || opts == nil {
		return err
	}
	if flags.matrix.on {
		return a.buildMatrix(c.Context(), *opts, flags, color)
	}
	if flags.watch.on {
		return a.watch(c.Context(), *opts, flags, color)
	}
	if opts.Verb != "test" {
		// The first collection would come amid the look at what has changed, of
		// which it takes a tenth. The heap stays below some 20 MB.
		a.setGC(seldom)
	}
	return a.execute(c.Context(), *opts, flags, color)
}

// buildOptions reads the command line. No options and no error mean that help
// was asked for, and given.
func (a *app) buildOptions(c *cobra.Command, verb string, args []string, flags *buildFlags) (*build.Options, term.ColorMode, error) {
	split, err := gocmd.SplitArgs(verb, args)
	if err != nil {
		return nil, "", err
	}
	if err := setFlags(c, split.Own); err != nil {
		return nil, "", err
	}
	if wanted, err := c.Flags().GetBool("help"); err == nil && wanted {
		return nil, "", c.Help()
	}
	opts := &build.Options{Verb: verb, Args: split.Go, Explain: flags.explain.on, Stdin: a.term.In}
	if opts.Timings, err = flags.timings.options(verb); err != nil {
		return nil, "", err
	}
	if err := a.setReuse(c, flags, opts); err != nil {
		return nil, "", err
	}
	if opts.Self, err = os.Executable(); err != nil {
		return nil, "", fmt.Errorf("find gust's own executable: %w", err)
	}
	color, err := term.ParseColor(flags.color)
	if err != nil {
		return nil, "", usageError(verb, "--color: %w", err)
	}
	if opts.Remote, err = a.buildRemote(verb, flags.remote); err != nil {
		return nil, "", err
	}
	opts.Go, err = a.findGo()
	return opts, color, err
}

// buildRemote is the remote cache of a build. What is wrong with its variables
// must not keep anybody from building; a flag was typed a moment ago.
func (a *app) buildRemote(verb, mode string) (*build.Remote, error) {
	if _, _, err := remoteMode(mode); err != nil {
		return nil, usageError(verb, "--remote-cache-mode: %w", err)
	}
	r, err := a.remoteCache(mode)
	if err != nil {
		a.warn("no remote cache: "+err.Error(), "run: gust cacheprog --help")
	}
	if r == nil || err != nil {
		return nil, nil
	}
	return &build.Remote{Cache: r.Client, Name: r.Name(), Requests: r.Requests, Read: r.read, Write: r.write, Drain: remoteDrain, Links: r.links}, nil
}

// setFlags gives cobra the flags that were meant for it.
func setFlags(c *cobra.Command, own []gocmd.Flag) error {
	for _, f := range own {
		value := f.Value
		if !f.HasValue {
			value = c.Flags().Lookup(f.Name).NoOptDefVal
		}
		if err := c.Flags().Set(f.Name, value); err != nil {
			return usageError(c.Name(), "--%s: invalid value %q", f.Name, value)
		}
	}
	return nil
}

// setReuse reads what governs reuse: a flag, else its variable.
func (a *app) setReuse(c *cobra.Command, flags *buildFlags, opts *build.Options) error {
	lines, source := flags.lines, "--lines"
	if !c.Flags().Changed("lines") {
		lines, source = a.term.Getenv("GUST_LINES"), "GUST_LINES"
	}
	switch opts.Lines = build.Lines(lines); {
	case opts.Lines == build.LinesExact, opts.Lines == build.LinesRelaxed:
	case lines == "" && source == "GUST_LINES":
		opts.Lines = build.LinesExact
	default:
		return usageError(opts.Verb, "%s: %q is neither exact nor relaxed", source, lines)
	}
	opts.NoReuse = flags.noReuse
	if value := a.term.Getenv("GUST_NO_REUSE"); value != "" && !c.Flags().Changed("no-reuse") {
		off, err := strconv.ParseBool(value)
		if err != nil {
			return usageError(opts.Verb, "GUST_NO_REUSE: %q is neither true nor false", value)
		}
		opts.NoReuse = off
	}
	return nil
}

func usageError(verb, format string, args ...any) error {
	return fault.New(fault.Usage, "run: gust "+verb+" --help", format, args...)
}

// execute runs the engine with a reporter attached, then explains.
func (a *app) execute(ctx context.Context, opts build.Options, flags *buildFlags, color term.ColorMode) error {
	// The program owns the terminal; a line that is repainted under its
	// output, and a pipe where it expects the terminal, would change what it
	// does.
	owned := opts.Verb == "run"
	r := report.New(report.Options{
		Out: a.term.Out, Err: a.term.Err, JSON: flags.json,
		Progress: !owned, Repaint: a.term.Repaints(), OutTTY: a.term.OutTTY,
		Width: a.term.Width, ColorErr: a.term.Color(color, a.term.ErrTTY), Clock: a.clock,
	})
	sink := a.recording(r)
	opts.Stdout, opts.Stderr = r.Stdout(), r.Stderr()
	if !owned && (flags.json || a.rec != nil) {
		opts.Stderr = io.MultiWriter(opts.Stderr, outputSink{sink})
	}
	result, err := a.build(ctx, opts, sink)
	if closeErr := r.Close(); closeErr != nil && err == nil {
		err = fmt.Errorf("write events: %w", closeErr)
	}
	if err != nil {
		return err
	}
	if flags.explain.on && !flags.json {
		if err := a.explain(ctx, r, opts, flags.explain.pkg, color, result.ExitCode); err != nil {
			return err
		}
	}
	return goResult(result.ExitCode, nil)
}
