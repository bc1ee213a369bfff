package cmd

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/gust-go/gust/internal/fault"
	"github.com/gust-go/gust/kernelcheck"
	"github.com/gust-go/gust/kernelcheck/fact"
	"github.com/gust-go/gust/kernelcheck/host"
	"github.com/gust-go/gust/kernelcheck/rule"
)

// kernelFlags are the flags that the commands below gust kernel share.
type kernelFlags struct {
	// The host to judge; nothing means this one.
	host, kernel, config, arch, cpu, qemu string

	purposes            []string
	failOn              string
	json, sarif, github bool
	all                 bool
	explain             string
	color               string
}

const kernelExit = `EXIT STATUS
  0    no finding of the severity in --fail-on or worse
  1    there are such findings
  2    wrong usage or input, or a rule of that severity could not be told
  3    gust itself failed
  4    the host lacks what is needed, such as privilege for trace
  130  interrupted`

// newKernelCmd is gust kernel: check by default, and the commands below it.
func (a *app) newKernelCmd() *cobra.Command {
	check := a.newKernelCheckCmd()
	c := &cobra.Command{
		Use:   "kernel [check|inspect|snapshot|diff|trace|rules|explain]",
		Short: "what this kernel can do, and what a Go program needs of it",
		Long: `Probes this host's kernel, reads its configuration, sysctls, security modules,
cgroups and CPU, and the Go toolchain, module and environment here, and says
which known incompatibilities apply. Nothing is changed, no go command is run,
and no module is loaded. Without a command it is gust kernel check.

` + kernelExit,
		Args: func(c *cobra.Command, args []string) error {
			if len(args) > 0 {
				return usageError("kernel", "gust kernel has no command %q", args[0])
			}
			return nil
		},
		RunE: check.RunE,
	}
	c.Flags().AddFlagSet(check.Flags())
	c.AddCommand(check, a.newKernelInspectCmd(), a.newKernelSnapshotCmd(), a.newKernelDiffCmd(),
		a.newKernelTraceCmd(), a.newKernelRulesCmd(), a.newKernelExplainCmd())
	return c
}

func (a *app) newKernelCheckCmd() *cobra.Command {
	var flags kernelFlags
	c := &cobra.Command{
		Use:   "check",
		Short: "probe this host, or judge one that is described",
		Long: `Probes this host and judges it together with the toolchain, module and
environment here. With --host, --kernel or --arch another host is judged and
nothing is probed.

` + kernelExit,
		Args: usageArgs(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error {
			return a.kernelDone(flags.json, a.kernelCheck(c.Context(), &flags))
		},
	}
	hostFlags(c, &flags)
	kernelReportFlags(c, &flags)
	c.Flags().StringVar(&flags.explain, "explain", "", "explain a rule, or the story of fieldtrack, instead")
	return c
}

func hostFlags(c *cobra.Command, flags *kernelFlags) {
	f := c.Flags()
	f.StringVar(&flags.host, "host", "", "judge the host of a snapshot `file`")
	f.StringVar(&flags.kernel, "kernel", "", "judge a host with this kernel `version`, such as 5.4")
	f.StringVar(&flags.config, "config", "", "`file` with the kernel's configuration")
	f.StringVar(&flags.arch, "arch", "", "judge a host of this `GOARCH`")
	f.StringVar(&flags.cpu, "cpu", "", "`level` of the CPU, such as v2")
	f.StringVar(&flags.qemu, "qemu", "", "`version` of the qemu-user that runs programs")
}

func kernelReportFlags(c *cobra.Command, flags *kernelFlags) {
	f := c.Flags()
	f.StringSliceVar(&flags.purposes, "for", nil, "only what matters for a `purpose`: "+strings.Join(rule.Purposes(), ", "))
	f.StringVar(&flags.failOn, "fail-on", "error", "fail on findings of this `severity` or worse: error, warning, info")
	f.BoolVar(&flags.json, "json", false, "write events to stdout, one JSON object a line")
	f.BoolVar(&flags.sarif, "sarif", false, "write SARIF 2.1.0 to stdout")
	f.BoolVar(&flags.github, "github", false, "also write annotations for GitHub Actions (on there by default)")
	f.BoolVar(&flags.all, "all", false, "list every probe")
	f.StringVar(&flags.color, "color", "auto", "auto, always or never")
}

// foreign reports whether the flags describe another host than this one.
func (flags *kernelFlags) foreign() bool {
	return flags.host != "" || flags.kernel != "" || flags.arch != "" || flags.cpu != "" || flags.qemu != ""
}

// validate refuses flags that mean nothing.
func (flags *kernelFlags) validate(command string) error {
	if flags.purposes != nil && len(flags.purposes) == 0 { // --for= is more likely an unset variable than a wish for everything
		return usageError(command, "--for names no purpose; there are %s", strings.Join(rule.Purposes(), ", "))
	}
	for _, p := range flags.purposes {
		if !slices.Contains(rule.Purposes(), p) {
			return usageError(command, "--for: %q is none of %s", p, strings.Join(rule.Purposes(), ", "))
		}
	}
	if flags.json && flags.sarif {
		return usageError(command, "--json and --sarif both write to stdout; take one")
	}
	if rule.Severity(flags.failOn).Rank() < 0 {
		return usageError(command, "--fail-on: %q is none of error, warning and info", flags.failOn)
	}
	if flags.arch != "" && !slices.Contains(arches(), flags.arch) {
		return usageError(command, "--arch: %q is no GOARCH of Linux; there are %s", flags.arch, strings.Join(arches(), ", "))
	}
	if flags.cpu != "" && !levelForm.MatchString(flags.cpu) {
		return usageError(command, "--cpu: %q is no level; amd64 has v1 to v4, arm64 v8.0 to v9.5", flags.cpu)
	}
	if flags.qemu != "" {
		if _, err := fact.ParseRelease(flags.qemu); err != nil {
			return usageError(command, "--qemu: %q is no version such as 7.2", flags.qemu)
		}
	}
	return nil
}

// described makes the host that the flags describe; nil means this one.
func (flags *kernelFlags) described(command string) (*fact.Host, error) {
	if !flags.foreign() {
		return nil, nil
	}
	if flags.host != "" {
		if flags.kernel != "" || flags.arch != "" || flags.cpu != "" || flags.config != "" || flags.qemu != "" {
			return nil, usageError(command, "--host says it all; --kernel, --arch, --cpu, --config and --qemu describe another host")
		}
		h, err := kernelcheck.ReadSnapshot(flags.host)
		if err != nil {
			return nil, fault.New(fault.Usage, "run: gust kernel snapshot --output FILE on the host", "%w", err)
		}
		return h, nil
	}
	h, err := host.Foreign(flags.kernel, flags.arch, flags.cpu, flags.config)
	if err != nil {
		return nil, usageError(command, "%w", err)
	}
	h.QEMU = flags.qemu
	if h.QEMU == "" && flags.arch != "" {
		h.QEMU = "none" // a host of its own architecture
	}
	return h, nil
}

func (a *app) kernelCheck(ctx context.Context, flags *kernelFlags) error {
	if flags.explain != "" {
		return a.explainRule(flags.explain, flags.json, flags.color)
	}
	if err := flags.validate("kernel"); err != nil {
		return err
	}
	h, err := flags.described("kernel")
	if err != nil {
		return err
	}
	opts := kernelcheck.Options{Environ: a.term.Environ, Self: selfPath(), Config: flags.config, Host: h, Purposes: flags.purposes}
	if opts.Dir, err = os.Getwd(); err != nil {
		return fmt.Errorf("find the working directory: %w", err)
	}
	if g, err := a.findGo(); err == nil {
		opts.Go = g.Path // without a go there still is GOROOT, and a host
	}
	r, err := kernelcheck.Check(ctx, opts)
	if err != nil {
		if ctx.Err() != nil {
			return err
		}
		return usageError("kernel", "%w", err)
	}
	return a.kernelReport(r, flags)
}

// selfPath is the running program for probes that need a process of their
// own; it is found without /proc too. "" means that there is none.
func selfPath() string {
	if path, err := os.Executable(); err == nil {
		return path
	}
	if len(os.Args) == 0 {
		return ""
	}
	path, err := exec.LookPath(os.Args[0])
	if err != nil {
		return ""
	}
	return path
}
