package cmd

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/gust-go/gust/internal/event"
	"github.com/gust-go/gust/internal/fault"
	"github.com/gust-go/gust/internal/report"
	"github.com/gust-go/gust/internal/runlog"
	"github.com/gust-go/gust/internal/term"
)

const reportHelp = `Shows what a run of gust reported, as it did then or as events. Runs of build,
install, run, test, kernel, doctor and others are recorded in gust's cache, up to
64 MiB and 200 runs.

  gust report              list the last runs in this workspace or module
  gust report last         show the last one; last~1 is the one before it
  gust report test         show the last run of gust test
  gust report k3f9qa       show a run by its ID, or the beginning of one
  gust report FILE.jsonl   show what gust test --json or gust build --json wrote

EXIT STATUS
  0    shown
  2    wrong usage
  3    gust itself failed
  5    no such run

Environment:
  GUST_RUN_LOG   off records nothing; a size such as 20M is the limit of all runs`

// reportOptions are the flags of gust report.
type reportOptions struct {
	json, all bool
	number    int
	color     string
}

// newReportCmd is gust report.
func (a *app) newReportCmd() *cobra.Command {
	var flags reportOptions
	c := &cobra.Command{
		Use:   "report [RUN]",
		Short: "list the last runs, or show one of them",
		Long:  reportHelp,
		Args:  usageArgs(cobra.MaximumNArgs(1)),
		RunE: func(_ *cobra.Command, args []string) error {
			color, err := term.ParseColor(flags.color)
			if err != nil {
				return usageError("report", "--color: %w", err)
			}
			if len(args) == 0 {
				return a.listRuns(flags)
			}
			run, err := a.findRun(args[0])
			if err != nil {
				return err
			}
			if flags.json {
				return a.copyRun(run)
			}
			return a.showRun(run, color)
		},
	}
	f := c.Flags()
	f.BoolVar(&flags.json, "json", false, "write events to stdout, one JSON object a line")
	f.BoolVar(&flags.all, "all", false, "list the runs of all projects")
	f.IntVarP(&flags.number, "number", "n", 20, "how many runs to list")
	f.StringVar(&flags.color, "color", "auto", "auto, always or never")
	return c
}

// here matches the runs of the project around the working directory.
func here() func(*runlog.Run) bool {
	dir, err := os.Getwd()
	if err != nil {
		return nil
	}
	root := moduleRoot(dir)
	return func(r *runlog.Run) bool { return r.Root == root && (root != "" || r.Dir == dir) }
}

// findRun finds a run by what the user calls it.
func (a *app) findRun(name string) (*runlog.Run, error) {
	log, ok := a.runLog()
	if !ok && !strings.HasSuffix(name, ".jsonl") {
		return nil, fault.New(fault.NotFound, "unset GUST_RUN_LOG, or name a FILE.jsonl", "no runs are recorded")
	}
	run, err := log.Find(name, here())
	switch {
	case errors.Is(err, runlog.ErrNotFound), errors.Is(err, os.ErrNotExist):
		return nil, fault.New(fault.NotFound, "run: gust report", "%w", err)
	case err != nil:
		return nil, fault.New(fault.Usage, "run: gust report --help", "%w", err)
	}
	return run, nil
}

// listRuns lists the last runs.
func (a *app) listRuns(flags reportOptions) error {
	if flags.number < 1 {
		return usageError("report", "-n: %d runs cannot be listed", flags.number)
	}
	log, ok := a.runLog()
	if !ok {
		return fault.New(fault.NotFound, "unset GUST_RUN_LOG", "no runs are recorded")
	}
	match := here()
	if flags.all {
		match = nil
	}
	runs, err := log.List(match, flags.number)
	if err != nil {
		return err
	}
	if len(runs) == 0 {
		return fault.New(fault.NotFound, "run: gust test ./..., or gust report --all", "no run is on record here")
	}
	if flags.json {
		for _, r := range runs {
			if err := a.emit(r.RunBegin); err != nil {
				return err
			}
		}
		return nil
	}
	_, err = io.WriteString(a.term.Out, runTable(runs, a.clock.Now(), a.term.Color(term.ColorMode(flags.color), a.term.OutTTY)))
	return err
}

// runTable is one line for each run.
func runTable(runs []runlog.Run, now time.Time, color bool) string {
	var b strings.Builder
	for _, r := range runs {
		word := fmt.Sprintf("%-7s", r.Outcome())
		switch r.Outcome() {
		case "failed", "killed":
			word = report.Red(color, word)
		case "running":
			word = report.Yellow(color, word)
		}
		command := strings.Join(append([]string{r.Command}, r.Args...), " ")
		if len([]rune(command)) > 40 {
			command = string([]rune(command)[:39]) + "…"
		}
		fmt.Fprintf(&b, "%s  %9s  %s %s  %s\n", r.ID, ago(now.Sub(r.Time)), word, printable(command), r.Headline())
	}
	return b.String()
}

// ago says how long something is past.
func ago(d time.Duration) string {
	switch {
	case d < time.Minute:
		return fmt.Sprintf("%ds ago", max(0, int(d.Seconds())))
	case d < time.Hour:
		return fmt.Sprintf("%dm ago", int(d.Minutes()))
	case d < 48*time.Hour:
		return fmt.Sprintf("%dh ago", int(d.Hours()))
	}
	return fmt.Sprintf("%dd ago", int(d.Hours())/24)
}

// copyRun writes the events of a run.
func (a *app) copyRun(run *runlog.Run) error {
	var writeErr error
	err := runlog.ReadFile(run.Path, func(e runlog.Entry) bool {
		if e.Event != nil {
			writeErr = a.emit(e.Event)
		}
		return writeErr == nil
	})
	return errors.Join(err, writeErr)
}

// showRun shows a run as its command did.
func (a *app) showRun(run *runlog.Run, color term.ColorMode) error {
	v := newRunView(a, run, a.term.Color(color, a.term.OutTTY))
	if err := runlog.ReadFile(run.Path, func(e runlog.Entry) bool {
		if e.Event != nil {
			v.Emit(e.Event)
		}
		return v.err == nil
	}); err != nil {
		return err
	}
	return v.close()
}

// event.Sink is what a run is played to.
var _ event.Sink = (*runView)(nil)
