package kernelcheck

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/gust-go/gust/kernelcheck/experiment"
	"github.com/gust-go/gust/kernelcheck/fact"
	"github.com/gust-go/gust/kernelcheck/host"
	"github.com/gust-go/gust/kernelcheck/probe"
	"github.com/gust-go/gust/kernelcheck/rule"
)

// Options say what to check. The zero value checks this host without a
// toolchain.
type Options struct {
	// Dir is where a go command would run, Go its binary and Environ its
	// environment; without Dir no toolchain is looked at.
	Dir, Go string
	Environ []string
	// Self is a program that answers as probe.Options.Self describes.
	Self string
	// Config is a file with the kernel's configuration to use instead of the
	// host's own.
	Config string
	// Host is the host to judge; nil means this one, which is then probed.
	Host *fact.Host
	// Purposes restrict the rules, see rule.Purposes; empty means all.
	Purposes []string
}

// A Finding is a rule that applies, or of which that could not be told.
type Finding struct {
	ID    string `json:"id"`
	Title string `json:"title"`
	// Breaks names the group of what breaks.
	Breaks string `json:"breaks"`
	// Verdict is yes where the rule applies, or could not tell.
	Verdict     fact.Verdict    `json:"verdict"`
	Severity    rule.Severity   `json:"severity"`
	Confidence  rule.Confidence `json:"confidence"`
	Subject     string          `json:"subject,omitempty"`
	Evidence    []string        `json:"evidence,omitempty"`
	Consequence string          `json:"consequence,omitempty"`
	Action      string          `json:"action,omitempty"`
	Sources     []string        `json:"sources,omitempty"`
}

// A Report is the outcome of a check.
type Report struct {
	Host *fact.Host
	// Toolchain is nil where none was looked at.
	Toolchain *experiment.Toolchain
	Programs  []*fact.Program
	// Findings apply; Undecided are rules of which that could not be told.
	Findings, Undecided []Finding
}

// Worst returns the worst severity among findings, "" if there are none.
func Worst(list []Finding) rule.Severity {
	worst := rule.Severity("")
	for _, f := range list {
		if worst == "" || f.Severity.Rank() < worst.Rank() {
			worst = f.Severity
		}
	}
	return worst
}

// Check probes and judges. An error is about the input; whatever goes wrong
// with the host is part of the report.
func Check(ctx context.Context, opts Options) (*Report, error) {
	r := &Report{Host: opts.Host}
	if r.Host == nil {
		h, err := host.Read(opts.Config)
		if err != nil {
			return nil, err
		}
		probe.Run(ctx, h, probe.Options{Self: opts.Self})
		r.Host = h
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	var program *fact.Program
	if opts.Dir != "" {
		tc := experiment.Resolve(experiment.Input{Go: opts.Go, Dir: opts.Dir, Environ: opts.Environ})
		r.Toolchain = &tc
		program = FromToolchain(tc, opts.Environ)
		r.Programs = []*fact.Program{program}
		r.addExperiments(tc, opts.Purposes)
	}
	r.judge([]*fact.Program{program}, opts.Purposes)
	return r, nil
}

// Inspect judges programs against a host.
func Inspect(h *fact.Host, programs []*fact.Program, purposes []string) *Report {
	r := &Report{Host: h, Programs: programs}
	r.judge(programs, purposes)
	return r
}

func (r *Report) judge(programs []*fact.Program, purposes []string) {
	for i, p := range programs {
		yes, unknown := judgeRules(r.Host, p, purposes, i > 0)
		r.Findings = append(r.Findings, yes...)
		r.Undecided = append(r.Undecided, unknown...)
	}
	slices.SortStableFunc(r.Findings, func(a, b Finding) int { return a.Severity.Rank() - b.Severity.Rank() })
	slices.SortStableFunc(r.Undecided, func(a, b Finding) int { return a.Severity.Rank() - b.Severity.Rank() })
}

// Judge holds a program, which may be nil, on a host against all rules for the
// purposes. It returns those that apply and those of which that is unknown. A
// host that is not Linux has no rules.
func Judge(h *fact.Host, p *fact.Program, purposes []string) (applies, undecided []Finding) {
	return judgeRules(h, p, purposes, false)
}

// judgeRules is Judge; hostDone leaves out rules that look at no program.
func judgeRules(h *fact.Host, p *fact.Program, purposes []string, hostDone bool) (applies, undecided []Finding) {
	if h.OS != "" && h.OS != "linux" {
		return nil, nil
	}
	for _, r := range rule.Table() {
		if !wanted(r.For, purposes) || hostDone && r.HostOnly {
			continue
		}
		out := r.Judge(rule.Input{Host: h, Program: p})
		if out.Verdict == fact.No {
			continue
		}
		f := Finding{
			ID: r.ID, Title: r.Title, Breaks: r.Breaks, Verdict: out.Verdict, Severity: r.Severity, Confidence: out.Doubt,
			Evidence: unique(out.Evidence), Consequence: r.Consequence, Action: cmp.Or(out.Action, r.Action), Sources: r.Sources,
		}
		if p != nil && !r.HostOnly {
			f.Subject = p.Name
		}
		if r.ID == "SOFT-DIRTY" {
			f.Evidence = append(f.Evidence, substitutes(h)...)
		}
		if out.Verdict == fact.Yes {
			applies = append(applies, f)
		} else {
			undecided = append(undecided, f)
		}
	}
	return applies, undecided
}

func wanted(have, purposes []string) bool {
	return len(purposes) == 0 || slices.ContainsFunc(have, func(s string) bool { return slices.Contains(purposes, s) })
}

func unique(list []string) []string {
	var out []string
	for _, s := range list {
		if !slices.Contains(out, s) && s != "" {
			out = append(out, s)
		}
	}
	return out
}

// substitutes lists what tracks writes on a host without soft-dirty bits.
func substitutes(h *fact.Host) []string {
	var have []string
	for name, text := range map[string]string{
		"page-is-written": "userfaultfd WP_ASYNC with PAGEMAP_SCAN (page-is-written)", "kvm-dirty-ring": "the KVM dirty ring, for guests",
		"kvm-dirty-log": "the KVM dirty log, for guests",
	} {
		if h.Probes[name].Verdict == fact.Yes {
			have = append(have, text)
		}
	}
	if len(have) == 0 {
		return nil
	}
	slices.Sort(have)
	return []string{"this host offers instead: " + strings.Join(have, "; ")}
}

// Substitutes says what tracks writes on a host, for reports.
func Substitutes(h *fact.Host) []string { return substitutes(h) }

func (r *Report) addExperiments(tc experiment.Toolchain, purposes []string) {
	if !wanted([]string{"run", "build"}, purposes) {
		return
	}
	for _, e := range experiment.Lint(tc) {
		f := Finding{
			ID: "GOEXPERIMENT", Title: e.Text, Breaks: "go commands", Verdict: fact.Yes, Confidence: rule.High,
			Severity: map[experiment.Kind]rule.Severity{experiment.Fatal: rule.Error, experiment.Unsure: rule.Error, experiment.Danger: rule.Warning}[e.Kind],
			Subject:  "GOEXPERIMENT=" + tc.GOEXPERIMENT.Text, Consequence: e.Consequence, Action: e.Action,
			Sources: []string{"https://pkg.go.dev/internal/goexperiment", "https://go.dev/issue/80252"},
		}
		if f.Severity == "" {
			f.Severity = rule.Info
		}
		if tc.GOEXPERIMENT.File != "" {
			f.Evidence = append(f.Evidence, "set in "+tc.GOEXPERIMENT.File)
		}
		if tc.Why != "" {
			f.Evidence = append(f.Evidence, tc.Local+" switches to "+tc.Final+" because of the "+tc.Why)
		}
		if e.Kind == experiment.Unsure {
			f.Verdict = fact.Unknown
			r.Undecided = append(r.Undecided, f)
			continue
		}
		r.Findings = append(r.Findings, f)
	}
}
