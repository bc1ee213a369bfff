package cmd

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/gust-go/gust/internal/config"
	"github.com/gust-go/gust/internal/event"
	"github.com/gust-go/gust/internal/step"
	"github.com/gust-go/gust/internal/words"
)

// stepsHelp lists the steps for the help of the commands that run some.
const stepsHelp = `  build   gust build ./..., with nothing written
  vet     go vet ./...
  test    gust test ./...
  tidy    go mod tidy -diff
  tags    gust tags check ./...
  graph   gust graph check, if gust.toml has rules for it
  kernel  gust kernel check --for=build, which judges GOEXPERIMENT`

// parseSteps reads --steps; without it the project says which, else it is the
// default.
func parseSteps(command, flag string, configured, otherwise []string) ([]string, error) {
	switch {
	case flag != "":
		names, err := step.Parse(flag)
		if err != nil {
			return nil, usageError(command, "--steps: %w", err)
		}
		return names, nil
	case configured != nil:
		return step.Sort(configured), nil
	}
	return otherwise, nil
}

// skipStep says why a step does not apply to a module, "" if it does.
func skipStep(name, dir string, root *config.File) (string, error) {
	if name != "graph" {
		return "", nil
	}
	rules := root
	if own, err := config.Load(dir); err != nil {
		return "", err
	} else if own.Path != "" {
		rules = own
	}
	if rules.Graph.Empty() {
		return "there are no rules in gust.toml", nil
	}
	return "", nil
}

// A stepView shows steps while they run.
type stepView struct {
	a    *app
	json bool
	// stream passes output on as it comes; otherwise it is shown when a step
	// has failed.
	stream  bool
	verbose bool
	dirs    bool // there is more than one directory
	// clean, if there is one, mends what a step wrote.
	clean  func(s step.Step, output []byte) []byte
	failed error
}

// streams is a step.Runner's Streams.
func (v *stepView) streams(s step.Step) (stdout, stderr io.Writer, done func(step.Result)) {
	var held bytes.Buffer
	out := io.Writer(&held)
	if v.stream && s.Skip == "" {
		out = v.a.term.Err
		if !v.json {
			out = v.a.term.Out
		}
		v.begin(out, s)
	}
	return out, out, func(r step.Result) {
		if v.stream && s.Skip == "" && v.grouped() {
			_, _ = fmt.Fprintln(out, "::endgroup::")
		}
		v.done(r, held.Bytes())
	}
}

// grouped reports whether the log can be folded.
func (v *stepView) grouped() bool { return v.a.term.Getenv("GITHUB_ACTIONS") == "true" && !v.json }

func (v *stepView) begin(w io.Writer, s step.Step) {
	line := "gust " + strings.Join(s.Args, " ")
	if v.dirs {
		line += " (in " + s.Shown + ")"
	}
	if v.grouped() {
		line = "::group::" + line
	} else {
		line = "== " + line
	}
	_, _ = fmt.Fprintln(w, line)
}

func (v *stepView) done(r step.Result, output []byte) {
	if v.json {
		if err := v.a.emit(r.Event()); err != nil && v.failed == nil {
			v.failed = err
		}
	}
	if v.stream {
		return
	}
	if r.Skip != "" && !v.verbose {
		return
	}
	// Nobody is left to tell if stderr is closed.
	_, _ = fmt.Fprintln(v.a.term.Err, v.line(r))
	if r.Code != 0 || v.verbose {
		if v.clean != nil {
			output = v.clean(r.Step, output)
		}
		_, _ = v.a.term.Err.Write(output)
	}
}

// line is the row of a result.
func (v *stepView) line(r step.Result) string {
	line := fmt.Sprintf("%-7s %-8s", r.Name, r.State())
	if r.Skip == "" {
		line += fmt.Sprintf(" %5.1fs", r.Wall.Seconds())
	}
	if v.dirs {
		line += "  " + r.Shown
	}
	if r.Skip != "" {
		line += "  " + r.Skip
	}
	return strings.TrimRight(line, " ")
}

// stepsDone ends a command that ran steps.
func (a *app) stepsDone(results []step.Result, wall time.Duration, asJSON bool, rerun func(step.Result) string) error {
	failed := step.Failed(results)
	sum := event.StepSummary{Failed: len(failed), Code: step.Code(results), WallNS: wall.Nanoseconds()}
	for _, r := range results {
		if r.Skip != "" {
			sum.Skipped++
		} else {
			sum.Steps++
		}
	}
	if asJSON {
		if err := a.emit(sum); err != nil {
			return err
		}
	}
	if len(failed) == 0 {
		return nil
	}
	return &stepsFailed{text: fmt.Sprintf("%d of %s failed", len(failed), words.Count(sum.Steps, "step")), hint: rerun(failed[0]), code: sum.Code}
}

// stepsFailed is the error of a command whose steps failed; the exit code is
// that of the first.
type stepsFailed struct {
	text, hint string
	code       int
}

func (e *stepsFailed) Error() string { return e.text }

// runSteps runs steps and shows them.
func (a *app) runSteps(ctx context.Context, v *stepView, steps []step.Step) ([]step.Result, time.Duration, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, 0, fmt.Errorf("find gust's own executable: %w", err)
	}
	for _, s := range steps {
		v.dirs = v.dirs || s.Shown != "."
	}
	began := a.clock.Now()
	runner := step.Runner{Self: self, Now: a.clock.Now, Streams: v.streams}
	results, err := runner.Run(ctx, steps)
	if err == nil {
		err = v.failed
	}
	return results, a.clock.Now().Sub(began), err
}
