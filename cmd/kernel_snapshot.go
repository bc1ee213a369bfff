package cmd

import (
	"context"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"github.com/gust-go/gust/kernelcheck"
	"github.com/gust-go/gust/kernelcheck/host"
	"github.com/gust-go/gust/kernelcheck/probe"
	"github.com/gust-go/gust/kernelcheck/rule"
)

func (a *app) newKernelSnapshotCmd() *cobra.Command {
	var output, config string
	c := &cobra.Command{
		Use:   "snapshot",
		Short: "write the facts about this host as JSON, to be judged elsewhere",
		Long: `Probes this host and writes what is known of it as JSON. Carry the file to
another machine and read it there with gust kernel check --host FILE. It holds no
host name, no user name and no environment.`,
		Args: usageArgs(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error { return a.kernelSnapshot(c.Context(), output, config) },
	}
	c.Flags().StringVar(&output, "output", "", "`file` to write instead of stdout")
	c.Flags().StringVar(&config, "config", "", "`file` with the kernel's configuration")
	return c
}

func (a *app) kernelSnapshot(ctx context.Context, output, config string) error {
	h, err := host.Read(config)
	if err != nil {
		return usageError("kernel snapshot", "%w", err)
	}
	probe.Run(ctx, h, probe.Options{Self: selfPath()})
	if err := ctx.Err(); err != nil {
		return err
	}
	h.Name = ""
	if output == "" {
		return kernelcheck.WriteSnapshot(a.term.Out, h)
	}
	f, err := os.Create(output)
	if err != nil {
		return usageError("kernel snapshot", "write the snapshot: %w", err)
	}
	if err := kernelcheck.WriteSnapshot(f, h); err != nil {
		_ = f.Close()
		return fmt.Errorf("write the snapshot: %w", err)
	}
	return f.Close()
}

func (a *app) newKernelRulesCmd() *cobra.Command {
	var color string
	c := &cobra.Command{
		Use:   "rules",
		Short: "list all rules with severity and confidence",
		Long:  "Lists all rules with their severity and confidence.",
		Args:  usageArgs(cobra.NoArgs),
		RunE: func(*cobra.Command, []string) error {
			human, err := a.human(color)
			if err != nil {
				return err
			}
			return human.Rules(a.term.Out, rule.Table())
		},
	}
	c.Flags().StringVar(&color, "color", "auto", "auto, always or never")
	return c
}

func (a *app) newKernelExplainCmd() *cobra.Command {
	var color string
	c := &cobra.Command{
		Use:   "explain id",
		Short: "explain a rule with its sources, or a probe",
		Long:  "Explains a rule: when it applies, what comes of it, what to do, and where it is\nfrom; or a probe, such as bpf-fentry. fieldtrack tells what is true of a claim that goes around.",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usageError("kernel explain", "name one rule; gust kernel rules lists them")
			}
			return nil
		},
		RunE: func(_ *cobra.Command, args []string) error { return a.explainRule(args[0], color) },
	}
	c.Flags().StringVar(&color, "color", "auto", "auto, always or never")
	return c
}
