package cmd

import (
	"context"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"github.com/gust-go/gust/kernelcheck"
	"github.com/gust-go/gust/kernelcheck/host"
	"github.com/gust-go/gust/kernelcheck/probe"
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
