package cmd

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/gust-go/gust/internal/event"
	"github.com/gust-go/gust/internal/fault"
	"github.com/gust-go/gust/kernelcheck"
	"github.com/gust-go/gust/kernelcheck/experiment"
	"github.com/gust-go/gust/kernelcheck/fact"
	"github.com/gust-go/gust/kernelcheck/host"
	"github.com/gust-go/gust/kernelcheck/kconfig"
	"github.com/gust-go/gust/kernelcheck/probe"
	"github.com/gust-go/gust/kernelcheck/rule"
)

// diffFlags are the flags of gust kernel diff.
type diffFlags struct {
	kernelFlags
	raw    bool
	expect string
	binary string
}

func (a *app) newKernelDiffCmd() *cobra.Command {
	var flags diffFlags
	c := &cobra.Command{
		Use:   "diff A B",
		Short: "compare two kernels: rules whose verdict changes, and options",
		Long: `Compares two kernels. Each is a configuration (gzipped or not), a snapshot, a
version such as 5.15, or "host" for this one. Rules are judged for the toolchain
here, or for the program in --binary.

With --expect-release VERSION it checks that one configuration, A, is that of
the kernel of that release, as a build host for modules must have it.

EXIT STATUS
  0    no rule of the severity in --fail-on or worse comes to apply in B
  1    there is one, or --expect-release does not match
  2    wrong usage or input, or whether --expect-release matches could not be told`,
		Args: func(_ *cobra.Command, args []string) error {
			want := 2
			if flags.expect != "" {
				want = 1
			}
			if len(args) != want {
				return usageError("kernel diff", "diff takes two kernels, or one with --expect-release")
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error {
			return a.kernelDone(flags.json, a.kernelDiff(c.Context(), args, &flags))
		},
	}
	f := c.Flags()
	f.StringSliceVar(&flags.purposes, "for", nil, "only rules that matter for a `purpose`")
	f.StringVar(&flags.failOn, "fail-on", "error", "fail on rules of this `severity` or worse: error, warning, info")
	f.StringVar(&flags.arch, "arch", "", "`GOARCH` of hosts given by their version")
	f.StringVar(&flags.binary, "binary", "", "judge for this Go `program`")
	f.StringVar(&flags.expect, "expect-release", "", "check A against this `release`, such as \"$(uname -r)\"")
	f.BoolVar(&flags.raw, "raw", false, "only the options, as the kernel's scripts/diffconfig prints them")
	f.BoolVar(&flags.json, "json", false, "write events to stdout, one JSON object a line")
	f.StringVar(&flags.color, "color", "auto", "auto, always or never")
	return c
}

func (a *app) kernelDiff(ctx context.Context, args []string, flags *diffFlags) error {
	if err := flags.validate("kernel diff"); err != nil {
		return err
	}
	var hosts []*fact.Host
	for _, arg := range args {
		h, err := readKernel(arg, flags.arch)
		if err != nil {
			return err
		}
		hosts = append(hosts, h)
	}
	if flags.raw && flags.json {
		return usageError("kernel diff", "--raw and --json both write to stdout; take one")
	}
	if flags.expect != "" {
		return a.expectRelease(hosts[0], args[0], flags.expect)
	}
	sameKind(ctx, args, hosts)
	program, err := a.diffProgram(ctx, flags.binary)
	if err != nil {
		return err
	}
	d := kernelcheck.Diff(hosts[0], hosts[1], program, flags.purposes)
	if flags.raw {
		if d.Options == nil && (d.A.Config == nil || d.B.Config == nil) {
			return usageError("kernel diff", "--raw compares configurations, and one side has none")
		}
		return kconfig.WriteDiff(a.term.Out, d.Options)
	}
	if err := a.showDifference(d, flags); err != nil {
		return err
	}
	for _, c := range d.Rules {
		if c.New == fact.Yes && c.Severity.Rank() <= rule.Severity(flags.failOn).Rank() {
			return verdict(verdictFindings)
		}
	}
	return nil
}

func (a *app) showDifference(d kernelcheck.Difference, flags *diffFlags) error {
	if !flags.json {
		human, err := a.human(flags.color)
		if err != nil {
			return err
		}
		return human.Difference(a.term.Out, d)
	}
	for _, c := range d.Rules {
		e := event.KernelRuleChange{ID: c.ID, Old: string(c.Old), New: string(c.New), Severity: string(c.Severity), Evidence: c.Evidence}
		if err := a.emit(e); err != nil {
			return err
		}
	}
	for _, c := range d.Options {
		if err := a.emit(event.KernelOption{Name: c.Name, Kind: c.Kind, Old: c.Old, New: c.New}); err != nil {
			return err
		}
	}
	return nil
}

// sameKind makes like be compared with like: this host is probed if the other
// side was, and where only one side was its probes do not count, since each
// rule that asks for one would change to "could not tell".
func sameKind(ctx context.Context, args []string, hosts []*fact.Host) {
	for i, h := range hosts {
		if other := hosts[1-i]; args[i] == "host" && other.Probed && !h.Probed {
			probe.Run(ctx, h, probe.Options{Self: selfPath()})
		}
	}
	if hosts[0].Probed != hosts[1].Probed {
		for _, h := range hosts {
			h.Probed, h.Probes = false, nil
		}
	}
}

// readKernel takes a file, a version, or "host".
func readKernel(arg, arch string) (*fact.Host, error) {
	if arg == "host" {
		h, err := host.Read("")
		if err != nil {
			return nil, usageError("kernel diff", "%w", err)
		}
		return h, nil
	}
	if _, err := os.Stat(arg); errors.Is(err, fs.ErrNotExist) {
		h, err := host.Foreign(arg, arch, "", "")
		if err != nil {
			return nil, usageError("kernel diff", "%q is neither a file nor a kernel version", arg)
		}
		return h, nil
	}
	h, snapErr := kernelcheck.ReadSnapshot(arg)
	if snapErr == nil {
		return h, nil
	}
	h, err := host.Foreign("", arch, "", arg)
	if err != nil {
		return nil, fault.New(fault.Usage, "run: gust kernel diff --help", "%w", err)
	}
	return h, nil
}

// diffProgram is the program to judge for.
func (a *app) diffProgram(ctx context.Context, file string) (*fact.Program, error) {
	if file != "" {
		return a.readProgram(ctx, file, nil)
	}
	dir, err := os.Getwd()
	if err != nil {
		return nil, fmt.Errorf("find the working directory: %w", err)
	}
	in := experiment.Input{Dir: dir, Environ: a.term.Environ}
	if g, err := a.findGo(); err == nil {
		in.Go = g.Path
	}
	p := kernelcheck.FromToolchain(experiment.Resolve(in), a.term.Environ)
	p.Arch, p.OS = "", "linux" // the hosts' own
	return p, nil
}

// expectRelease compares the release of a configuration, snapshot or version
// with that of a running kernel.
func (a *app) expectRelease(h *fact.Host, arg, want string) error {
	w, err := fact.ParseRelease(want)
	if err != nil {
		return usageError("kernel diff", "--expect-release: %w", err)
	}
	if h.Release == "" {
		return usageError("kernel diff", "%s does not say which kernel it is of", h.ConfigFrom)
	}
	got, err := fact.ParseRelease(h.Release)
	if err != nil {
		return usageError("kernel diff", "%w", err)
	}
	local := ""
	if h.Config != nil && h.ConfigFrom == arg { // not a snapshot, which has uname's own words
		local = unquoted(h.Config.Value("LOCALVERSION"))
	}
	text, status := "", exitOK
	switch ofConfig := h.Config != nil && h.ConfigFrom == arg; {
	case got.Text == w.Text, got.Text+local == w.Text:
		text = fmt.Sprintf("the release is %s", want)
	case ofConfig && namedAfter(arg, want):
		text = fmt.Sprintf("the release is %s by the name of the file; its head has %s", want, got)
	case ofConfig && !ruledOut(got, w, local):
		status = verdictUndecided
		text = fmt.Sprintf("could not tell: the configuration is of %s%s and does not say whether its distribution calls that %s", got, local, want)
	default:
		status = verdictFindings
		text = fmt.Sprintf("the release is %s%s, not %s: modules built here will not load there", got, local, want)
	}
	if err := a.print("%s\n", text); err != nil || status == exitOK {
		return err
	}
	return verdict(status)
}

// namedAfter reports whether a configuration is called as distributions call
// that of a release: config-RELEASE, or RELEASE/config.
func namedAfter(file, release string) bool {
	base := strings.TrimSuffix(filepath.Base(file), ".gz")
	return base == "config-"+release || base == "config" && filepath.Base(filepath.Dir(file)) == release
}

// ruledOut reports whether the head of a configuration cannot be that of a
// release. It has the stable release, which Debian's and Ubuntu's names of
// kernels have not, and lacks what make was told to append.
func ruledOut(head, want fact.Release, local string) bool {
	switch {
	case head.Series() != want.Series():
		return true
	case !want.Inexact && head.Patch != want.Patch:
		return true
	}
	// A suffix of its own is in every name.
	return local != "" && !strings.Contains(want.Text, local)
}

func unquoted(s string) string {
	if len(s) >= 2 && s[0] == '"' && s[len(s)-1] == '"' {
		return s[1 : len(s)-1]
	}
	return ""
}
