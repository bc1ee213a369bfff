package cmd

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
	"unicode"

	"github.com/spf13/cobra"

	"github.com/gust-go/gust/internal/doctor"
	"github.com/gust-go/gust/internal/event"
	"github.com/gust-go/gust/internal/fault"
	"github.com/gust-go/gust/internal/report"
	"github.com/gust-go/gust/internal/term"
	"github.com/gust-go/gust/internal/words"
	"github.com/gust-go/gust/testrun/sandbox"
	"github.com/gust-go/gust/testrun/sandbox/box"
)

const doctorHelp = `Looks for what makes go other than you believe: which go runs and why, settings
left behind, caches in slow places. It works when go is broken or absent, and
changes nothing unless --fix is given.

  gust doctor                     what is wrong, with evidence and a fix for each
  gust doctor --fix               carry out the fixes that are safe
  gust doctor explain go-shadow   the reasons behind a finding

EXIT STATUS
  0    no problem was found; there may be warnings
  2    wrong usage
  3    gust itself failed, or a fix did
  4    there are problems
  5    explain: no such finding`

// newDoctorCmd is `gust doctor`.
func (a *app) newDoctorCmd() *cobra.Command {
	var fix, json, verbose bool
	c := &cobra.Command{
		Use:   "doctor",
		Short: "say which go runs and what is wrong with its surroundings",
		Long:  doctorHelp,
		Args:  usageArgs(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error {
			err := a.doctor(c.Context(), fix, json, verbose)
			if json {
				a.emitError(err)
			}
			return err
		},
	}
	c.Flags().BoolVar(&fix, "fix", false, "carry out the fixes that are safe")
	c.Flags().BoolVar(&json, "json", false, "write events, one JSON object a line")
	c.Flags().BoolVar(&verbose, "verbose", false, "show what is merely good to know in full")
	c.AddCommand(&cobra.Command{
		Use: "explain ID", Short: "the reasons behind a finding", Long: "Explains a finding of gust doctor.",
		Args: usageArgs(cobra.ExactArgs(1)),
		RunE: func(_ *cobra.Command, args []string) error {
			text, ok := doctor.Explain(args[0])
			if !ok {
				return fault.New(fault.NotFound, "the findings are "+strings.Join(doctor.IDs(), ", "), "no finding is called %q", args[0])
			}
			return a.print("%s\n\n%s\n", args[0], text)
		},
	})
	return c
}

// doctor examines, fixes and reports.
func (a *app) doctor(ctx context.Context, fix, json, verbose bool) error {
	dir, err := os.Getwd()
	if err != nil {
		return fmt.Errorf("find the working directory: %w", err)
	}
	self, _ := os.Executable() // without it a go that is gust is asked, too
	host := doctor.Host{Environ: a.env.process, Dir: dir, Now: a.clock.Now, Self: self, Namespaces: a.tryNamespaces}
	findings, err := doctor.Examine(ctx, host)
	if err != nil {
		return err
	}
	var failed error
	fixed := 0
	for _, f := range findings {
		done, err := a.reportFinding(ctx, f, fix, json, verbose)
		if err != nil {
			return err
		}
		if done.Fixed {
			fixed++
		} else if fix && done.Safe {
			failed = fmt.Errorf("fix %s: it did not work; run %s yourself", f.ID, f.Fix)
		}
	}
	if failed != nil {
		return failed
	}
	if fixed > 0 {
		// What was wrong may have caused other findings, or hidden some.
		before := findings
		if findings, err = doctor.Examine(ctx, host); err != nil {
			return err
		}
		for _, f := range findings {
			known := slices.ContainsFunc(before, func(b doctor.Finding) bool { return b.ID == f.ID })
			if known || f.Level == doctor.Info {
				continue
			}
			if _, err := a.reportFinding(ctx, f, false, json, verbose); err != nil {
				return err
			}
		}
	}
	left := 0
	for _, f := range findings {
		if f.Level == doctor.Problem {
			left++
		}
	}
	if left > 0 {
		return fault.New(fault.Capability, "follow the fixes above; gust doctor explain ID says more", "%s", words.Counts(left, "problem", "problems"))
	}
	return nil
}

// reportFinding shows a finding, fixes it if that is wanted and safe, and
// says whether it did.
func (a *app) reportFinding(ctx context.Context, f doctor.Finding, fix, json, verbose bool) (event.DoctorFinding, error) {
	e := event.DoctorFinding{ID: f.ID, Level: f.Level, Text: f.Text, Evidence: f.Evidence,
		Consequence: f.Consequence, Fix: f.Fix, Safe: f.Apply != nil}
	if !json {
		if err := a.print("%s", a.findingText(f, verbose)); err != nil {
			return e, err
		}
	}
	if fix && f.Apply != nil {
		err := f.Apply(ctx)
		if e.Fixed = err == nil; err != nil {
			a.warn("fix "+f.ID+": "+err.Error(), "")
		}
	}
	a.rec.Emit(e)
	switch {
	case json:
		return e, a.emit(e)
	case e.Fixed:
		return e, a.print("  fixed:  %s\n", f.Fix)
	}
	return e, nil
}

// findingText shows one finding to people. What is merely good to know takes
// a line, unless all is wanted.
func (a *app) findingText(f doctor.Finding, verbose bool) string {
	color := a.term.Color(term.ColorAuto, a.term.OutTTY)
	level := f.Level
	switch level {
	case doctor.Problem:
		level = report.Red(color, level)
	case doctor.Warning:
		level = report.Yellow(color, level)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s [%s]\n", level, printable(f.Text), f.ID)
	if f.Level == doctor.Info && !verbose && f.ID != "go-chosen" {
		return b.String()
	}
	for _, line := range f.Evidence {
		fmt.Fprintf(&b, "    %s\n", printable(line))
	}
	if f.Consequence != "" {
		fmt.Fprintf(&b, "  so:     %s\n", f.Consequence)
	}
	if f.Fix != "" {
		fmt.Fprintf(&b, "  fix:    %s\n", printable(f.Fix))
	}
	return b.String()
}

// tryNamespaces isolates a program as gust test does.
func (a *app) tryNamespaces(ctx context.Context) doctor.Trial {
	dir, err := os.Getwd()
	if err != nil || runtime.GOOS != "linux" {
		return doctor.Trial{}
	}
	i, err := sandbox.Probe(ctx, sandbox.Options{Self: selfPath(), Dir: dir, Environ: a.env.process, Now: a.clock.Now})
	if err != nil {
		return doctor.Trial{}
	}
	return doctor.Trial{Known: true, Works: i.Level == box.Full, Level: string(i.Level), Detail: "tried: " + i.Error}
}

// printable takes out what a terminal would act on: evidence quotes files of
// the checkout.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) || r == '\t' {
			return r
		}
		return '\uFFFD'
	}, s)
}

// usageArgs makes what check has to say about arguments wrong usage, in words
// that go with numbers.
func usageArgs(check cobra.PositionalArgs) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		if err := check(c, args); err != nil {
			text := strings.NewReplacer("0 arg(s)", "no arguments", " 1 arg(s)", " 1 argument", "arg(s)", "arguments",
				"only received 0", "got none", "received 0", "got none", "only received", "got only", "received", "got").Replace(err.Error())
			return fault.New(fault.Usage, "run: "+c.CommandPath()+" --help", "%s", text)
		}
		return nil
	}
}
