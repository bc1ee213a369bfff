package cmd

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os/exec"
	"strings"

	"github.com/spf13/cobra"

	"github.com/gust-go/gust/internal/event"
	"github.com/gust-go/gust/internal/fault"
	"github.com/gust-go/gust/internal/report"
	kernelreport "github.com/gust-go/gust/kernelcheck/report"
	"github.com/gust-go/gust/kernelcheck/trace"
)

func (a *app) newKernelTraceCmd() *cobra.Command {
	var json bool
	c := &cobra.Command{
		Use:   "trace -- command [arguments...]",
		Short: "run a command and say what of the rules' system calls it used",
		Long: `Runs a command and its children and says which of the system calls and features
that rules are about they used, how many page faults they had, and their time.
It uses BPF, which needs root or CAP_BPF and CAP_PERFMON, on amd64 and arm64. The
report goes to stderr, and under --json to stdout behind the command's output.

EXIT STATUS
  The command's own, 128 plus the number of the signal if one ended it. Otherwise:

  2    wrong usage, or there is no such command
  3    gust itself failed
  4    tracing is not permitted or not available`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return usageError("kernel trace", "name a command to trace behind --")
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error {
			return a.kernelDone(json, a.kernelTrace(c.Context(), args, json))
		},
	}
	c.Flags().SetInterspersed(false)
	c.Flags().BoolVar(&json, "json", false, "write events to stdout, one JSON object a line")
	return c
}

func (a *app) kernelTrace(ctx context.Context, args []string, json bool) error {
	r, err := trace.Run(ctx, trace.Options{Args: args, Environ: a.term.Environ, Stdin: a.term.In, Stdout: a.term.Out, Stderr: a.term.Err, Self: selfPath()})
	switch {
	case errors.Is(err, trace.ErrPrivilege):
		return fault.New(fault.Capability, "run: sudo gust kernel trace -- "+strings.Join(args, " "), "%w", err)
	case errors.Is(err, trace.ErrUnsupported):
		return fault.New(fault.Capability, "run: gust kernel check --for ebpf", "%w", err)
	case errors.Is(err, exec.ErrNotFound), errors.Is(err, fs.ErrNotExist), errors.Is(err, fs.ErrPermission):
		return usageError("kernel trace", "%w", err)
	case err != nil:
		return fmt.Errorf("trace: %w", err)
	}
	if json {
		err = a.traceEvents(r)
	} else {
		_, err = io.WriteString(a.term.Err, traceText(r))
	}
	if err != nil {
		return fmt.Errorf("write the report: %w", err)
	}
	if r.ExitCode != 0 {
		return verdict(r.ExitCode)
	}
	return nil
}

func (a *app) traceEvents(r *trace.Result) error {
	var list []event.Event
	for _, u := range r.Uses {
		list = append(list, event.KernelUse{Name: u.Name, Detail: u.Detail, Count: u.Count, Failed: u.Failed, Rule: u.Rule})
	}
	for _, e := range append(list, event.KernelTrace{
		WallNS: int64(r.Wall), UserNS: int64(r.User), SystemNS: int64(r.System), FaultsKnown: r.FaultsKnown, Faults: int(r.Faults),
		WriteFaults: int(r.WriteFaults), ProtectionFaults: int(r.ProtectionFaults), Minor: int(r.Minor), Major: int(r.Major),
		Lost: int(r.Lost), ExitCode: r.ExitCode,
	}) {
		if err := a.emit(e); err != nil {
			return err
		}
	}
	return nil
}

// traceText renders a trace for people.
func traceText(r *trace.Result) string {
	var b strings.Builder
	fmt.Fprintf(&b, "gust: %s, of it %s in user mode and %s in the kernel; exit status %d\n",
		report.Duration(r.Wall), report.Duration(r.User), report.Duration(r.System), r.ExitCode)
	for _, u := range r.Uses {
		line := fmt.Sprintf("  %6d  %s", u.Count, kernelreport.Printable(strings.TrimRight(u.Name+" "+u.Detail, " ")))
		if u.Failed > 0 {
			line += fmt.Sprintf(", %d failed with %s", u.Failed, strings.Join(u.Errors, ", "))
		}
		if u.Rule != "" {
			line += "  [" + u.Rule + "]"
		}
		b.WriteString(line + "\n")
	}
	if r.FaultsKnown {
		fmt.Fprintf(&b, "  %6d  page faults, %d of them writes, %d of those to write-protected pages\n", r.Faults, r.WriteFaults, r.ProtectionFaults)
	}
	fmt.Fprintf(&b, "  %6d  minor and %d major faults in the process's resource usage\n", r.Minor, r.Major)
	if r.Lost > 0 {
		fmt.Fprintf(&b, "  %6d  events were lost\n", r.Lost)
	}
	return b.String()
}
