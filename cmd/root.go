// Package cmd is gust's command line: one file per command, each of which
// parses flags into the options of an engine and renders what the engine
// reports. The engines do the work; only exit.go knows exit codes.
package cmd

import (
	"context"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/gust-go/gust/build"
	"github.com/gust-go/gust/docs"
	"github.com/gust-go/gust/internal/event"
	"github.com/gust-go/gust/internal/fault"
	"github.com/gust-go/gust/internal/gocmd"
	"github.com/gust-go/gust/internal/profile"
	"github.com/gust-go/gust/internal/report"
	"github.com/gust-go/gust/internal/runlog"
	"github.com/gust-go/gust/internal/term"
)

// A runner builds. It is build.Run but for tests, which look at the options.
type runner func(ctx context.Context, opts build.Options, sink event.Sink) (build.Result, error)

// app is what the commands share.
type app struct {
	term  *term.Term
	build runner
	clock report.Clock
	env   projectState
	// rec records the run; nil records nothing.
	rec *runlog.Recorder
}

// Main runs gust with the arguments behind its name and returns its exit
// code.
func Main(args []string, t *term.Term) int {
	a := &app{term: t, build: build.Run, clock: report.SystemClock{}}
	stop, err := profile.Start("gust")
	if err != nil {
		a.warn(err.Error(), "")
	}
	code := a.main(context.Background(), args)
	if err := stop(); err != nil {
		a.warn(err.Error(), "")
	}
	return code
}

func (a *app) main(ctx context.Context, args []string) int {
	root := a.root()
	if len(args) > 0 && isTool(args[0]) {
		return a.exit(fault.New(fault.Usage, "run: gust build", `go ran gust as a tool; was it "go build -toolexec=gust" instead of "gust build"?`))
	}
	args, err := a.enter(root, args)
	if err != nil {
		return a.exit(err)
	}
	if route(root, args) == toGo {
		return a.exit(a.passThrough(ctx, args))
	}
	if len(args) > 0 && args[0] == "graph" {
		args = goStyle(args)
	}
	if len(args) == 2 && args[0] == "help" {
		if text, ok := docs.Topic(args[1]); ok {
			return a.exit(a.print("%s", text))
		}
	}
	if isCompletion(args) {
		a.addCompletions(root)
	}
	root.SetArgs(args)
	a.record(args)
	code := a.exit(root.ExecuteContext(ctx))
	a.recorded(code)
	return code
}

// root builds the command tree.
func (a *app) root() *cobra.Command {
	root := &cobra.Command{
		Use:           "gust",
		Short:         "a stand-in for the go command that does not repeat work",
		Long:          screen,
		Args:          cobra.NoArgs,
		SilenceErrors: true, // exit prints them
		SilenceUsage:  true,
		RunE: func(c *cobra.Command, _ []string) error {
			_, err := c.OutOrStdout().Write([]byte(screen))
			return err
		},
	}
	root.Version = versionLine(readBuildInfo())
	root.SetVersionTemplate("{{.Version}}\n")
	root.SetHelpFunc(help)
	root.SetFlagErrorFunc(func(c *cobra.Command, err error) error {
		return fault.New(fault.Usage, "run: "+c.CommandPath()+" --help", "%w", err)
	})
	root.SetIn(a.term.In)
	root.SetOut(a.term.Out)
	root.SetErr(a.term.Err)
	for _, verb := range []string{"build", "install", "run"} {
		root.AddCommand(a.newBuildCmd(verb))
	}
	root.AddCommand(a.newTestCmd(), a.newGraphCmd(), a.newKernelCmd())
	root.AddCommand(a.newVersionCmd(), a.newToolexecCmd(), a.newTestexecCmd(), a.newHandoverCmd(), a.newGraphLayoutCmd(), a.newCacheCmd())
	root.AddCommand(a.newTagsCmd(), a.newEnvCmd(), a.newDoctorCmd(), a.newReportCmd(), a.newHookCmd(), a.newCICmd(), a.newTUICmd(), a.newCacheprogCmd())
	a.addCompletionCmd(root)
	return root
}

// screen is what gust alone prints: the commands there are, an example each.
const screen = `gust stands in for the go command and spares it the work that cannot change
the result. Flags, output and exit codes are go's.

  gust build -o app ./cmd/app      build, recompiling only what a change affects
  gust install ./cmd/app           the same for go install
  gust run ./cmd/app -addr :8080   the same for go run
  gust run --watch ./cmd/app       build and run again whenever something changes
  gust build --matrix              build the targets of gust.toml, say where they run
  gust test -race ./...            the same for go test
  gust build --explain ./cmd/app   say what was compiled, and why
  gust graph                       print the module graph; draw, question and judge it
  gust cache stats                 show gust's cache; also trim, verify, clean
  gust tags add json ./...         add struct tags; also remove, clear, sort, check
  gust env --explain               say where each setting comes from; also init, trust
  gust doctor                      say which go runs, and what is wrong around it
  gust kernel                      what this kernel can do, and what Go needs of it
  gust cacheprog key               keys to share go's build cache with (GOCACHEPROG)
  gust tui                         a dashboard of builds, tests and findings
  gust report                      list the last runs; gust report last shows one
  gust hook install                check what is staged before every commit
  gust ci                          build, vet, test and check, with one result
  gust version                     print gust's version and go's
  gust completion bash             print a shell's completion script

Any other command is go's and is passed on as it is, so alias go=gust works:

  gust mod tidy

See gust build --help for gust's own flags and go help build for go's; gust help
config, environment, exit-codes, json, matrix, ci and security are pages.
`

// help prints the screen for gust itself and cobra's text for its commands.
func help(c *cobra.Command, _ []string) {
	text := screen
	if c.HasParent() {
		text = strings.TrimSpace(c.Long) + "\n\n" + c.UsageString()
	}
	// Nobody is left to tell if stdout is closed.
	_, _ = c.OutOrStdout().Write([]byte(text))
}

type destination int

const (
	toGust destination = iota
	toGo
)

// route decides who handles a command line. It looks at the first argument
// only, as go does: what follows may be anything.
func route(root *cobra.Command, args []string) destination {
	if len(args) == 0 {
		return toGust
	}
	switch args[0] {
	case "-h", "-help", "--help", "--version",
		cobra.ShellCompRequestCmd, cobra.ShellCompNoDescRequestCmd:
		return toGust
	case "help":
		return routeHelp(root, args[1:])
	}
	if isOwn(root, args[0]) {
		return toGust
	}
	return toGo
}

// routeHelp sends help about anything that go has to go; gust's own help of
// a command it shares with go is behind --help.
func routeHelp(root *cobra.Command, topics []string) destination {
	if len(topics) == 0 {
		return toGust
	}
	if isOwn(root, topics[0]) && !slices.Contains(gocmd.Commands(), topics[0]) {
		return toGust
	}
	if _, ok := docs.Topic(topics[0]); ok && len(topics) == 1 {
		return toGust
	}
	return toGo
}

func isOwn(root *cobra.Command, name string) bool {
	return slices.ContainsFunc(root.Commands(), func(c *cobra.Command) bool { return c.Name() == name })
}

// isTool catches `go build -toolexec=gust`, with which go calls gust with
// the path of a tool.
func isTool(arg string) bool {
	return filepath.IsAbs(arg) && filepath.Base(filepath.Dir(filepath.Dir(arg))) == "tool"
}

// findGo looks up the go command.
func (a *app) findGo() (*gocmd.Go, error) {
	return gocmd.Find(a.term.Environ)
}
