package cmd

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/google/shlex"
	"github.com/spf13/cobra"

	"github.com/gust-go/gust/internal/event"
	"github.com/gust-go/gust/internal/fault"
	"github.com/gust-go/gust/internal/process"
	"github.com/gust-go/gust/internal/runlog"
	"github.com/gust-go/gust/internal/term"
	"github.com/gust-go/gust/tui"
	"github.com/gust-go/gust/tui/state"
)

const tuiHelp = `Shows builds, tests, the dependency graph, the kernel and the toolchain in the
terminal, and runs gust for what you ask: ? lists the keys. The packages are those
that build and test run on, ./... without any.

  gust tui                 begin with an overview and the last runs
  gust tui ./internal/...  the same for some packages
  gust tui --replay last   show a recorded run; gust report lists them
  gust tui --test='-race --sandbox=auto'
                           run tests with these flags

Without a terminal, with TERM=dumb, --accessible or ACCESSIBLE=1 it prints the last
runs, or the run to replay, as plain text and ends.

Environment:
  ACCESSIBLE          1 for text that is only added to, which screen readers can read
  GUST_REDUCE_MOTION  1 to repaint once a second at most
  NO_COLOR            anything for no colours
  VISUAL, EDITOR      the editor that e opens`

// tuiFlags are the flags of gust tui.
type tuiFlags struct {
	replay, color string
	test          string
	accessible    bool
}

// newTUICmd is gust tui.
func (a *app) newTUICmd() *cobra.Command {
	var flags tuiFlags
	c := &cobra.Command{
		Use:   "tui [packages]",
		Short: "a dashboard of builds, tests and findings",
		Long:  tuiHelp,
		Args: func(_ *cobra.Command, args []string) error {
			for _, arg := range args {
				if strings.HasPrefix(arg, "-") {
					return usageError("tui", "%q is no package", arg)
				}
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error { return a.runTUI(c.Context(), args, &flags) },
	}
	f := c.Flags()
	f.StringVar(&flags.replay, "replay", "", "show a recorded run: an ID, last, last~1, a command, or a file")
	f.StringVar(&flags.test, "test", "", "flags of gust test for all runs of tests")
	f.StringVar(&flags.color, "color", "auto", "auto, always or never")
	f.BoolVar(&flags.accessible, "accessible", false, "print text instead")
	return c
}

func (a *app) runTUI(ctx context.Context, packages []string, flags *tuiFlags) error {
	color, err := term.ParseColor(flags.color)
	if err != nil {
		return usageError("tui", "--color: %w", err)
	}
	testFlags, err := shlex.Split(flags.test)
	if err != nil {
		return usageError("tui", "--test: %w", err)
	}
	if flags.replay != "" {
		if _, err := a.findRun(flags.replay); err != nil {
			return err
		}
	}
	if a.plainTUI(flags) {
		return a.textTUI(flags, color)
	}
	self, err := os.Executable()
	if err != nil {
		return fmt.Errorf("find gust's own executable: %w", err)
	}
	dir, err := os.Getwd()
	if err != nil {
		return fmt.Errorf("find the working directory: %w", err)
	}
	o := tui.Options{
		State: state.Options{Packages: packages, TestFlags: testFlags, Runs: a.lastRuns(), Replayed: flags.replay != ""},
		Self:  self, Dir: dir, Env: a.env.process, In: a.term.In, Out: a.term.Out,
		Color: a.term.Color(color, a.term.OutTTY), ASCII: !a.unicode(), Calm: a.setting("GUST_REDUCE_MOTION"),
		Now: a.clock.Now, Runs: a.lastRuns, Replay: a.replayRun, Editor: a.editor, ReplayID: flags.replay,
	}
	return tui.Run(ctx, o)
}

// setting reports whether a variable is set to something that means yes.
func (a *app) setting(name string) bool {
	on, err := strconv.ParseBool(a.term.Getenv(name))
	return err == nil && on
}

// plainTUI reports whether screens that are painted again and again would be
// of no use.
func (a *app) plainTUI(flags *tuiFlags) bool {
	return flags.accessible || a.setting("ACCESSIBLE") || a.term.Getenv("TERM") == "dumb" || !a.term.OutTTY || !a.term.InTTY()
}

// textTUI is the dashboard as text.
func (a *app) textTUI(flags *tuiFlags, color term.ColorMode) error {
	if flags.replay != "" {
		run, err := a.findRun(flags.replay)
		if err != nil {
			return err
		}
		return a.showRun(run, color)
	}
	if err := a.listRuns(reportOptions{number: 20, color: flags.color}); err != nil {
		return err
	}
	return a.print("gust report RUN shows a run; gust test, build, graph, kernel and doctor make new ones\n")
}

// unicode reports whether the locale has more than ASCII.
func (a *app) unicode() bool {
	for _, name := range []string{"LC_ALL", "LC_CTYPE", "LANG"} {
		if value := a.term.Getenv(name); value != "" {
			value = strings.ToLower(strings.ReplaceAll(value, "-", ""))
			return strings.Contains(value, "utf8")
		}
	}
	return os.PathSeparator == '\\' // Windows' terminals do, and have no such variables
}

// lastRuns are the recorded runs of the project.
func (a *app) lastRuns() []state.Run {
	log, ok := a.runLog()
	if !ok {
		return nil
	}
	runs, err := log.List(here(), 50)
	if err != nil {
		return nil // gust report says what is wrong
	}
	var list []state.Run
	for _, r := range runs {
		list = append(list, state.Run{
			ID: r.ID, When: ago(a.clock.Now().Sub(r.Time)), Outcome: r.Outcome(),
			// Runs that this dashboard has made have it.
			Command:  strings.Join(append([]string{r.Command}, slices.DeleteFunc(r.Args, func(s string) bool { return s == "--json" || s == "--timings" })...), " "),
			Headline: r.Headline(),
		})
	}
	return list
}

// replayRun plays a recorded run.
func (a *app) replayRun(name string, each func(event.Event)) error {
	run, err := a.findRun(name)
	if err != nil {
		return err
	}
	return runlog.ReadFile(run.Path, func(e runlog.Entry) bool {
		if e.Event != nil {
			each(e.Event)
		}
		return true
	})
}

// editor is the user's editor for a place in a file. It is theirs to name, and
// nothing in a checkout's: the environment is the process's own.
func (a *app) editor(ctx context.Context, pkg, file string, line int) (tea.ExecCommand, error) {
	name := ""
	for _, v := range []string{"VISUAL", "EDITOR"} {
		if name == "" {
			name = lookup(a.env.process, v)
		}
	}
	argv := strings.Fields(name)
	if len(argv) == 0 {
		return nil, errors.New("set EDITOR to the editor to open")
	}
	if !filepath.IsAbs(file) && pkg != "" {
		g, err := a.findGo()
		if err != nil {
			return nil, err
		}
		out, err := g.Output(ctx, "list", "-find", "-f", "{{.Dir}}", "--", pkg)
		if err != nil {
			return nil, fault.New(fault.NotFound, "run: gust list "+pkg, "find the directory of %q: %w", pkg, err)
		}
		file = filepath.Join(strings.TrimSpace(string(out)), file)
	}
	return process.NewForeground(ctx, append(argv, editorArgs(argv[0], file, line)...), "", a.env.process), nil
}

// editorArgs says where in the file, in the way of the editor.
func editorArgs(editor, file string, line int) []string {
	base := strings.TrimSuffix(filepath.Base(editor), ".exe")
	switch {
	case line <= 0:
		return []string{file}
	case slices.Contains([]string{"code", "codium", "cursor"}, base):
		return []string{"--goto", fmt.Sprintf("%s:%d", file, line)}
	case slices.Contains([]string{"subl", "zed", "hx"}, base):
		return []string{fmt.Sprintf("%s:%d", file, line)}
	case slices.Contains([]string{"vi", "vim", "nvim", "nano", "emacs", "emacsclient", "kak", "micro", "joe", "ne"}, base):
		return []string{fmt.Sprintf("+%d", line), file}
	}
	return []string{file}
}

// lookup is the value of a variable in an environment; the last one counts.
func lookup(env []string, name string) (value string) {
	for _, kv := range env {
		if k, v, ok := strings.Cut(kv, "="); ok && k == name {
			value = v
		}
	}
	return value
}
