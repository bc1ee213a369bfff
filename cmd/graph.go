package cmd

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/gust-go/gust/internal/event"
	"github.com/gust-go/gust/internal/fault"
	"github.com/gust-go/gust/internal/gocmd"
	"github.com/gust-go/gust/modgraph"
	"github.com/gust-go/gust/modgraph/render"
	"github.com/gust-go/gust/modgraph/render/layout"
)

// graphFlags are the flags of gust graph and its subcommands.
type graphFlags struct {
	// all subcommands
	json    bool
	dir     string
	modfile string
	// the picture
	format   string
	output   string
	focus    []string
	depth    int
	collapse string
	all      bool
	packages bool
	tests    bool
	tags     string
	goos     string
	goarch   string
	// layout runs Graphviz; nil unless a picture is drawn
	layout *layout.Helper
}

const graphHelp = `Draws the module graph of the project, or answers a question about it. Without a
subcommand it prints a tree of what the main modules require.

Nothing is ever written to go.mod or go.sum.

  gust graph --depth=2                       the tree, two levels deep
  gust graph --format=svg -o graph.svg       a picture
  gust graph --format=html -o graph.html     one page to zoom and search in
  gust graph --focus=x/net --format=png -o g.png
  gust graph --packages ./cmd/app            packages instead of modules
  gust graph why golang.org/x/net            who needs it, and why this version`

const graphExitStatus = `EXIT STATUS
  0    done
  2    wrong usage
  3    gust itself failed
  4    there is no go.mod, go cannot load the graph, or a policy is violated
  5    nothing is called as asked
  124  a time limit passed
  130  interrupted`

// newGraphCmd is gust graph with its subcommands, one file each where they
// have more than a few lines.
func (a *app) newGraphCmd() *cobra.Command {
	flags := &graphFlags{}
	c := &cobra.Command{
		Use:   "graph [flags] [packages]",
		Short: "draw and judge the dependency graph",
		Long:  graphHelp,
		Args: func(c *cobra.Command, args []string) error {
			if len(args) > 0 && !flags.packages {
				return fault.New(fault.Usage, "run: gust graph --help", "%q is no question about a graph; packages go with --packages", args[0])
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error {
			return a.reported(flags, a.drawGraph(c.Context(), flags, args))
		},
	}
	p := c.PersistentFlags()
	p.BoolVar(&flags.json, "json", false, "write JSON to stdout")
	p.StringVarP(&flags.dir, "chdir", "C", "", "change to this folder first")
	p.StringVar(&flags.modfile, "modfile", "", "use this file instead of go.mod, as go's -modfile does")
	f := c.Flags()
	f.StringVar(&flags.format, "format", "tree", strings.Join(render.Formats(), ", "))
	f.StringVarP(&flags.output, "output", "o", "", "write to this file instead of stdout")
	f.StringArrayVar(&flags.focus, "focus", nil, "show only what is near this path")
	f.IntVar(&flags.depth, "depth", 0, "show only so many steps")
	f.StringVar(&flags.collapse, "collapse", "", "make one node of an org, host or module")
	f.BoolVar(&flags.all, "all", false, "show every requirement: condense and leave out nothing")
	f.BoolVar(&flags.packages, "packages", false, "show packages instead of modules")
	f.BoolVar(&flags.tests, "tests", false, "with --packages: tests as well")
	f.StringVar(&flags.tags, "tags", "", "with --packages: build tags")
	f.StringVar(&flags.goos, "goos", "", "with --packages: operating system")
	f.StringVar(&flags.goarch, "goarch", "", "with --packages: architecture")
	c.SetUsageTemplate(strings.TrimSuffix(c.UsageTemplate(), "\n") + "\n\n" + graphExitStatus + "\n")
	for _, add := range []func(*graphFlags) *cobra.Command{
		a.newGraphWhyCmd, a.newGraphRDepsCmd, a.newGraphCyclesCmd, a.newGraphPhantomCmd, a.newGraphCutCmd, a.newGraphTopCmd,
		a.newGraphDiffCmd, a.newGraphSizeCmd, a.newGraphLicensesCmd, a.newGraphOutdatedCmd, a.newGraphVulnCmd, a.newGraphSBOMCmd, a.newGraphCheckCmd,
	} {
		c.AddCommand(add(flags))
	}
	return c
}

// goStyle spells the flags of go that gust graph shares with it the way
// cobra wants them: -tags, -C and -modfile have one dash in go.
func goStyle(args []string) []string {
	out := slices.Clone(args)
	for i, arg := range out {
		name, _, _ := strings.Cut(arg, "=")
		switch name {
		case "-tags", "-modfile", "-json":
			out[i] = "-" + arg
		case "--":
			return out
		}
	}
	return out
}

// loader prepares loading the graph of where the user stands.
func (a *app) loader(ctx context.Context, flags *graphFlags, updates bool) (*modgraph.Loader, error) {
	// A graph is a few MB; collecting while it is loaded took a tenth of the time.
	a.setGC(800)
	g, err := a.findGo()
	if err != nil {
		return nil, err
	}
	dir, err := a.graphDir(flags)
	if err != nil {
		return nil, err
	}
	g = &gocmd.Go{Path: g.Path, Env: g.Env, Dir: dir}
	return modgraph.NewLoader(ctx, modgraph.LoadOptions{Go: g, ModFile: flags.modfile, Updates: updates})
}

func (a *app) graphDir(flags *graphFlags) (string, error) {
	dir, err := filepath.Abs(flags.dir)
	if err != nil {
		return "", fmt.Errorf("find the folder to work in: %w", err)
	}
	if info, err := os.Stat(dir); err != nil || !info.IsDir() {
		return "", fault.New(fault.Usage, "run: gust graph --help", "-C: %q is not a folder", flags.dir)
	}
	return dir, nil
}

// graph loads the module graph and prints its notices.
func (a *app) graph(ctx context.Context, flags *graphFlags) (*modgraph.Loader, *modgraph.Graph, error) {
	l, err := a.loader(ctx, flags, false)
	if err != nil {
		return nil, nil, err
	}
	g, err := l.Graph(ctx)
	if err != nil {
		return nil, nil, err
	}
	for _, n := range g.Notices {
		a.notice(n)
	}
	return l, g, nil
}

// notice tells the user about something that is not as asked.
func (a *app) notice(text string) {
	// Nobody is left to tell if stderr is closed.
	_, _ = fmt.Fprintf(a.term.Err, "gust: note: %s\n", text)
}

// reported writes the error a command ends with as JSON too, if JSON is
// what the caller reads.
func (a *app) reported(flags *graphFlags, err error) error {
	if flags.json || flags.format == "json" {
		a.emitError(err)
	}
	return err
}

// drawGraph is gust graph itself.
func (a *app) drawGraph(ctx context.Context, flags *graphFlags, patterns []string) error {
	if flags.json {
		flags.format = "json"
	}
	if !slices.Contains(render.Formats(), flags.format) {
		return fault.New(fault.Usage, "run: gust graph --help", "--format: %q is none of %s", flags.format, strings.Join(render.Formats(), ", "))
	}
	collapse, err := modgraph.ParseCollapse(flags.collapse)
	if err != nil {
		return fault.New(fault.Usage, "run: gust graph --help", "--collapse: %w", err)
	}
	if flags.depth < 0 {
		return fault.New(fault.Usage, "run: gust graph --help", "--depth: %d is negative", flags.depth)
	}
	if flags.output == "" && a.term.OutTTY && (flags.format == "png" || flags.format == "pdf") {
		return fault.New(fault.Usage, fmt.Sprintf("run: gust graph --format=%s -o graph.%[1]s", flags.format), "a %s is not for a terminal", flags.format)
	}
	var out bytes.Buffer
	opts := modgraph.ViewOptions{Focus: flags.focus, Depth: flags.depth, Collapse: collapse, All: flags.all}
	if render.IsPicture(flags.format) && !flags.all {
		opts.Limit = modgraph.MaxNodes
	}
	if render.IsPlaced(flags.format) {
		flags.layout = a.layoutHelper()
		defer flags.layout.Close()
		// It loads Graphviz while go loads the graph. What keeps it from that is
		// said when it is needed.
		_ = flags.layout.Start(ctx)
	}
	if flags.packages {
		err = a.drawPackages(ctx, flags, patterns, opts, &out)
	} else {
		err = a.drawModules(ctx, flags, opts, &out)
	}
	if err != nil {
		return err
	}
	return a.deliver(flags.output, out.Bytes())
}

func (a *app) drawModules(ctx context.Context, flags *graphFlags, opts modgraph.ViewOptions, w io.Writer) error {
	_, g, err := a.graph(ctx, flags)
	if err != nil {
		return err
	}
	if flags.format == "json" {
		return g.WriteJSON(w)
	}
	if flags.format == "tree" {
		opts.Depth = 0 // the tree itself counts levels, to say what is below
	}
	v, err := modgraph.NewView(g, opts)
	if err != nil {
		return err
	}
	return a.drawView(ctx, flags, v, w)
}

func (a *app) drawPackages(ctx context.Context, flags *graphFlags, patterns []string, opts modgraph.ViewOptions, w io.Writer) error {
	l, err := a.loader(ctx, flags, false)
	if err != nil {
		return err
	}
	pkgs, err := l.Packages(ctx, modgraph.PackageOptions{Patterns: patterns, Tests: flags.tests, Tags: flags.tags, GOOS: flags.goos, GOARCH: flags.goarch})
	if err != nil {
		return err
	}
	for _, p := range pkgs.Problems {
		a.notice(p.ImportPath + ": " + p.Text)
	}
	if len(pkgs.Packages) == 0 {
		return fault.New(fault.NotFound, "run: go list ./...", "no packages match %s", strings.Join(patterns, " "))
	}
	if flags.format == "json" {
		return pkgs.WriteJSON(w)
	}
	v, err := modgraph.NewPackageView(pkgs, opts)
	if err != nil {
		return err
	}
	return a.drawView(ctx, flags, v, w)
}

// drawView draws with what the machine has: a cache and fonts.
func (a *app) drawView(ctx context.Context, flags *graphFlags, v *modgraph.View, w io.Writer) error {
	for _, n := range v.Notices {
		a.notice(n)
	}
	depth := flags.depth
	if flags.format == "tree" && depth == 0 && !flags.all && len(flags.focus) == 0 && len(v.Nodes) > modgraph.MaxNodes {
		depth = 1
		a.notice(fmt.Sprintf("%d %ss: showing what is required directly (--depth=2 shows more, --all everything)", v.Modules, v.Unit))
	}
	return render.Draw(ctx, w, v, render.Options{
		Format: flags.format, Depth: depth, Notice: a.notice,
		Helper: flags.layout, Cache: a.layoutCache(), Fonts: render.SystemFonts(a.term.Getenv("HOME")),
	})
}

// deliver writes a finished document to stdout or to a file, which is
// replaced as a whole or left alone. What is no file, such as /dev/null or a
// pipe of the shell's, is written to: a file must not take its place.
func (a *app) deliver(output string, data []byte) error {
	if output == "" || output == "-" {
		if _, err := a.term.Out.Write(data); err != nil {
			return fmt.Errorf("write to stdout: %w", err)
		}
		return nil
	}
	if info, err := os.Stat(output); err == nil && !info.Mode().IsRegular() && !info.IsDir() {
		return pour(output, data)
	}
	if target, err := filepath.EvalSymlinks(output); err == nil {
		output = target // the link stays
	}
	tmp, err := os.CreateTemp(filepath.Dir(output), ".gust-graph-*")
	if err != nil {
		return fault.New(fault.Usage, "run: gust graph -o FILE in a folder that you can write to", "write %q: %w", output, err)
	}
	defer os.Remove(tmp.Name())
	_, err = tmp.Write(data)
	if closeErr := tmp.Close(); err == nil {
		err = closeErr
	}
	if err == nil {
		// CreateTemp makes files that only the user can read.
		err = os.Chmod(tmp.Name(), 0o644)
	}
	if err == nil {
		err = os.Rename(tmp.Name(), output)
	}
	if err != nil {
		return fmt.Errorf("write %q: %w", output, err)
	}
	return nil
}

// pour writes to what is there.
func pour(output string, data []byte) error {
	f, err := os.OpenFile(output, os.O_WRONLY, 0)
	if err != nil {
		return fmt.Errorf("write %q: %w", output, err)
	}
	_, err = f.Write(data)
	if closeErr := f.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		return fmt.Errorf("write %q: %w", output, err)
	}
	return nil
}

// writeEvent writes one versioned JSON object to stdout.
func (a *app) writeEvent(e event.Event) error {
	data, err := event.Marshal(e)
	if err != nil {
		return fmt.Errorf("write events: %w", err)
	}
	return a.deliver("", append(data, '\n'))
}
