package cmd

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/spf13/cobra"

	"github.com/gust-go/gust/internal/fault"
	"github.com/gust-go/gust/internal/gocmd"
	"github.com/gust-go/gust/kernelcheck"
	"github.com/gust-go/gust/kernelcheck/binary"
	"github.com/gust-go/gust/kernelcheck/fact"
	"github.com/gust-go/gust/kernelcheck/host"
	"github.com/gust-go/gust/kernelcheck/probe"
)

func (a *app) newKernelInspectCmd() *cobra.Command {
	var flags kernelFlags
	c := &cobra.Command{
		Use:   "inspect binary|package...",
		Short: "judge Go programs against this host, or against one that is described",
		Long: `Reads how Go programs were built, stripped ones as well, and judges them against
this host or the one that --host, --kernel, --arch, --config and --cpu describe.
A package such as ./cmd/app is built into a temporary directory first, as go
build does it, and for the GOARCH of a host that is described.

` + kernelExit,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return usageError("kernel inspect", "name a binary or a package")
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error {
			return a.kernelDone(flags.json, a.kernelInspect(c.Context(), args, &flags))
		},
	}
	hostFlags(c, &flags)
	kernelReportFlags(c, &flags)
	return c
}

func (a *app) kernelInspect(ctx context.Context, args []string, flags *kernelFlags) error {
	if err := flags.validate("kernel inspect"); err != nil {
		return err
	}
	h, err := flags.described("kernel inspect")
	if err != nil {
		return err
	}
	var programs []*fact.Program
	for _, arg := range args {
		p, err := a.readProgram(ctx, arg, h)
		if err != nil {
			return err
		}
		programs = append(programs, p)
	}
	if h == nil {
		if h, err = host.Read(flags.config); err != nil {
			return usageError("kernel inspect", "%w", err)
		}
		probe.Run(ctx, h, probe.Options{Self: selfPath()})
	}
	return a.kernelReport(kernelcheck.Inspect(h, programs, flags.purposes), flags)
}

// readProgram reads a file, or builds what is a directory or a package: for the
// host that is described, nil being this one.
func (a *app) readProgram(ctx context.Context, arg string, target *fact.Host) (*fact.Program, error) {
	info, err := os.Stat(arg)
	if err == nil && !info.IsDir() {
		p, err := binary.Read(arg)
		if err != nil {
			return nil, fault.New(fault.Usage, "run: go version FILE", "%w", err)
		}
		return p, nil
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, usageError("kernel inspect", "%w", err)
	}
	return a.buildProgram(ctx, arg, target)
}

// buildProgram builds a package into a directory that does not outlive it.
func (a *app) buildProgram(ctx context.Context, pkg string, target *fact.Host) (*fact.Program, error) {
	if pkg == "" || pkg[0] == '-' {
		return nil, usageError("kernel inspect", "%q is neither a binary nor a package", pkg)
	}
	g, err := a.findGo()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "gust-inspect-")
	if err != nil {
		return nil, fmt.Errorf("make a directory for the program: %w", err)
	}
	defer os.RemoveAll(dir)
	out := filepath.Join(dir, "program")
	if target != nil && target.Arch != "" {
		g.Env = append(slices.Clone(a.term.Environ), "GOOS=linux", "GOARCH="+target.Arch)
	}
	code, err := g.Run(ctx, gocmd.Streams{Stdout: a.term.Err, Stderr: a.term.Err}, "build", "-o", out, pkg)
	switch {
	case err != nil:
		return nil, err
	case code != 0:
		return nil, usageError("kernel inspect", "%q is no binary, and go cannot build it as a package", pkg)
	}
	p, err := binary.Read(out)
	if err != nil { // an archive
		return nil, fault.New(fault.Usage, "run: go list -f '{{.Name}} {{.ImportPath}}' ./...", "%q is no package main, so there is no program to inspect", pkg)
	}
	p.Name = pkg
	return p, nil
}
