package cmd

import (
	"bytes"
	"context"
	"fmt"
	"path/filepath"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/gust-go/gust/internal/event"
	"github.com/gust-go/gust/internal/fault"
	"github.com/gust-go/gust/internal/gocmd"
	"github.com/gust-go/gust/internal/words"
	"github.com/gust-go/gust/modgraph"
	"github.com/gust-go/gust/modgraph/render"
)

// table prints rows in columns, or the events of the rows under --json.
type table struct {
	a    *app
	json bool
	b    strings.Builder
	tab  *tabwriter.Writer
	err  error
}

func (a *app) table(flags *graphFlags, head string) *table {
	t := &table{a: a, json: flags.json}
	t.tab = tabwriter.NewWriter(&t.b, 0, 0, 2, ' ', 0)
	if head != "" {
		fmt.Fprintln(t.tab, head)
	}
	return t
}

func (t *table) row(e event.Event, format string, args ...any) {
	if t.json {
		if t.err == nil {
			t.err = t.a.writeEvent(e)
		}
		return
	}
	fmt.Fprintf(t.tab, format+"\n", args...)
}

func (t *table) done(summary string) error {
	if t.json || t.err != nil {
		return t.err
	}
	_ = t.tab.Flush() // a strings.Builder does not fail
	return t.a.deliver("", []byte(t.b.String()+summary))
}

func (a *app) newGraphDiffCmd(flags *graphFlags) *cobra.Command {
	return &cobra.Command{
		Use:   "diff REF1 [REF2]",
		Short: "say what a change of go.mod really brings",
		Long: `Compares the module graphs of two commits, or of one and the work tree: modules
that came, went or changed, with versions, licences and the size of their Go
source. Only go.mod, go.sum and go.work files are read from the commits.`,
		Args: usageArgs(cobra.RangeArgs(1, 2)),
		RunE: func(c *cobra.Command, args []string) error {
			return a.reported(flags, a.diff(c.Context(), flags, args))
		},
	}
}

func (a *app) diff(ctx context.Context, flags *graphFlags, refs []string) error {
	before, after, err := a.twoGraphs(ctx, flags, refs)
	if err != nil {
		return err
	}
	signs := map[string]string{modgraph.Added: "+", modgraph.Removed: "-", modgraph.Upgraded: "^", modgraph.Downgraded: "v", modgraph.Replaced: "=", modgraph.Marked: "~"}
	t := a.table(flags, "")
	changes := modgraph.Diff(before, after)
	for _, c := range changes {
		e := event.GraphChange{Kind: c.Kind, Path: c.Path, Old: c.Old, New: c.New, Direct: c.Direct, Licenses: c.Licenses, OldLicenses: c.OldLicenses, Bytes: c.Bytes}
		versions := strings.TrimPrefix(strings.TrimSuffix(c.Old+" -> "+c.New, " -> "), " -> ")
		if c.Kind == modgraph.Marked {
			versions = c.New
		}
		t.row(e, "%s %s\t%s\t%s\t%s", signs[c.Kind], c.Path, versions, changeNotes(c), signedSize(c.Bytes))
	}
	return t.done(fmt.Sprintf("%s before, %d after, %s\n", words.Count(len(before.Modules), "module"), len(after.Modules), words.Count(len(changes), "change")))
}

func changeNotes(c modgraph.Change) string {
	var notes []string
	if c.Direct {
		notes = append(notes, "direct")
	} else if c.Kind == modgraph.Marked {
		notes = append(notes, "no longer direct")
	}
	was, is := strings.Join(c.OldLicenses, " "), strings.Join(c.Licenses, " ")
	switch {
	case c.Kind == modgraph.Marked:
	case c.Kind == modgraph.Removed:
		notes = append(notes, was)
	case was != "" && is != "" && was != is:
		notes = append(notes, "licence "+was+" -> "+is)
	default:
		notes = append(notes, is)
	}
	return strings.TrimSuffix(strings.Join(notes, ", "), ", ")
}

func signedSize(n int64) string {
	switch {
	case n > 0:
		return "+" + render.Size(n)
	case n < 0:
		return "-" + render.Size(-n)
	}
	return ""
}

// twoGraphs loads the graphs of the first ref and of the second, or of the
// work tree.
func (a *app) twoGraphs(ctx context.Context, flags *graphFlags, refs []string) (before, after *modgraph.Graph, err error) {
	g, err := a.findGo()
	if err != nil {
		return nil, nil, err
	}
	dir, err := a.graphDir(flags)
	if err != nil {
		return nil, nil, err
	}
	opts := modgraph.LoadOptions{Go: &gocmd.Go{Path: g.Path, Env: g.Env, Dir: dir}}
	if before, err = modgraph.At(ctx, opts, refs[0]); err != nil {
		return nil, nil, err
	}
	if len(refs) > 1 {
		after, err = modgraph.At(ctx, opts, refs[1])
		return before, after, err
	}
	_, after, err = a.graph(ctx, flags)
	return before, after, err
}

func (a *app) newGraphSizeCmd(flags *graphFlags) *cobra.Command {
	limit, packages := 20, false
	c := &cobra.Command{
		Use:   "size BINARY",
		Short: "say what a binary is made of",
		Long: `Lists the bytes that each module, or with --packages each package, has in a Go
binary (ELF, Mach-O or PE), from its symbol table. Zeroed memory takes no room in
a file and does not count.`,
		Args: usageArgs(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, args []string) error {
			return a.reported(flags, a.size(flags, args[0], limit, packages))
		},
	}
	c.Flags().IntVar(&limit, "limit", limit, "list at most so many, 0 for all")
	c.Flags().BoolVar(&packages, "packages", false, "list packages instead of modules")
	return c
}

func (a *app) size(flags *graphFlags, file string, limit int, packages bool) error {
	if flags.dir != "" && !filepath.IsAbs(file) {
		file = filepath.Join(flags.dir, file)
	}
	s, err := modgraph.SizesOf(file)
	if err != nil {
		return err
	}
	if s.Stripped {
		return fault.New(fault.Capability, "build it without -ldflags=-s", "%q has no symbol table", file)
	}
	list, unit := s.Modules, "module"
	if packages {
		list, unit = s.Packages, "package"
	}
	t := a.table(flags, "")
	if flags.json {
		t.row(event.GraphSize{Unit: "file", Name: filepath.Base(file), Bytes: s.Total}, "")
	}
	for i, m := range list {
		if limit > 0 && i == limit && !flags.json {
			fmt.Fprintf(t.tab, "\t\tand %d more (--limit=0)\n", len(list)-limit)
			break
		}
		t.row(event.GraphSize{Unit: unit, Name: m.Name, Bytes: m.Bytes}, "%s\t%4.1f%%\t%s", render.Size(m.Bytes), 100*float64(m.Bytes)/float64(max(s.Symbols, 1)), m.Name)
	}
	return t.done(fmt.Sprintf("%s in symbols, %s in the file\n", render.Size(s.Symbols), render.Size(s.Total)))
}

func (a *app) newGraphLicensesCmd(flags *graphFlags) *cobra.Command {
	return a.question(flags, "licenses", "list the licences of modules",
		`Lists the licence files at the top of each module and what they are, as SPDX
identifiers. A module whose source is not on this machine is "could not tell":
run go mod download.`, cobra.NoArgs,
		func(_ context.Context, _ *modgraph.Loader, g *modgraph.Graph, _ []string) error {
			says := map[string]string{modgraph.LicenseMissing: "no licence file", modgraph.LicenseUnknown: "unknown licence", modgraph.LicenseNoFiles: "could not tell: not downloaded"}
			t := a.table(flags, "")
			counts := map[string]int{}
			for _, m := range g.Modules {
				if m.Main {
					continue
				}
				l := modgraph.Licenses(m.Dir)
				counts[l.Verdict]++
				text := strings.Join(l.IDs, ", ")
				if text == "" {
					text = says[l.Verdict]
				}
				t.row(event.GraphLicense{Module: m.Version.String(), Verdict: l.Verdict, Licenses: l.IDs, Files: l.Files}, "%s\t%s", m, text)
			}
			return t.done(fmt.Sprintf("%d found, %d without a file, %d unknown, %d could not tell\n", counts[modgraph.LicenseFound], counts[modgraph.LicenseMissing], counts[modgraph.LicenseUnknown], counts[modgraph.LicenseNoFiles]))
		})
}

func (a *app) newGraphOutdatedCmd(flags *graphFlags) *cobra.Command {
	all := false
	c := &cobra.Command{
		Use:   "outdated",
		Short: "list newer versions, retractions and deprecations",
		Long: `Asks the module proxy about the modules that are required directly, or with --all
about all, and lists those that have a newer version, that were retracted or that
are deprecated. A module that cannot be looked up is listed with the reason.`,
		Args: usageArgs(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error {
			return a.reported(flags, a.outdated(c.Context(), flags, all))
		},
	}
	c.Flags().BoolVar(&all, "all", false, "indirect modules as well")
	return c
}

func (a *app) outdated(ctx context.Context, flags *graphFlags, all bool) error {
	l, g, err := a.graph(ctx, flags)
	if err != nil {
		return err
	}
	updates, err := l.Updates(ctx, g, all)
	if err != nil {
		return err
	}
	t := a.table(flags, "")
	for _, m := range updates {
		e := event.GraphUpdate{Module: m.Version.String(), Direct: m.Direct, Update: m.Update, Retracted: m.Retracted, Deprecated: m.Deprecated, Problem: m.Problem}
		var notes []string
		if len(m.Retracted) > 0 {
			notes = append(notes, "retracted: "+strings.Join(m.Retracted, "; "))
		}
		if m.Deprecated != "" {
			notes = append(notes, "deprecated: "+m.Deprecated)
		}
		if m.Problem != "" {
			notes = append(notes, "could not tell: "+firstLine(m.Problem))
		}
		to := ""
		if m.Update != "" {
			to = "-> " + m.Update
		}
		t.row(e, "%s\t%s\t%s", m.Version, to, strings.Join(notes, ", "))
	}
	return t.done(words.Count(len(updates), "module") + " with news\n")
}

func firstLine(s string) string { line, _, _ := strings.Cut(s, "\n"); return line }

func (a *app) newGraphVulnCmd(flags *graphFlags) *cobra.Command {
	db := ""
	c := &cobra.Command{
		Use:   "vuln [packages]",
		Short: "list known vulnerabilities and how they are reached",
		Long: `Runs govulncheck and lists vulnerabilities of modules in use: those whose
functions can be called, then those whose packages are imported, then those of
modules that are only required. It exits with 4 if one can be called.`,
		RunE: func(c *cobra.Command, args []string) error {
			return a.reported(flags, a.vuln(c.Context(), flags, db, args))
		},
	}
	c.Flags().StringVar(&db, "db", "", "URL of the vulnerability database (default https://vuln.go.dev)")
	return c
}

func (a *app) vuln(ctx context.Context, flags *graphFlags, db string, patterns []string) error {
	l, err := a.loader(ctx, flags, false)
	if err != nil {
		return err
	}
	found, err := l.Vulns(ctx, db, patterns)
	if err != nil {
		return err
	}
	called := 0
	t := a.table(flags, "")
	for _, v := range found {
		if v.Reach == modgraph.VulnCalled {
			called++
		}
		fixed := "no fix"
		if v.Fixed != "" {
			fixed = "fixed in " + v.Fixed
		}
		t.row(event.GraphVuln{ID: v.ID, Summary: v.Summary, Module: v.Module.String(), Fixed: v.Fixed, Reach: v.Reach, Trace: v.Trace},
			"%s\t%s\t%s\t%s\n  %s\n  %s", v.Reach, v.ID, v.Module, fixed, v.Summary, strings.Join(v.Trace, " -> "))
	}
	if err := t.done(fmt.Sprintf("%s, %d of them can be called\n", words.Count(len(found), "finding"), called)); err != nil {
		return err
	}
	if called > 0 {
		return fault.New(fault.Capability, "run: go get MODULE@FIXED", "%s can be called", words.Count(called, "known finding"))
	}
	return nil
}

func (a *app) newGraphSBOMCmd(flags *graphFlags) *cobra.Command {
	format, output, all := "cyclonedx", "", false
	c := a.question(flags, "sbom", "write a bill of materials",
		`Writes the modules whose packages the project is built from, or with --all the
whole build list, as CycloneDX 1.6 or SPDX 2.3 JSON. SOURCE_DATE_EPOCH is the date
in it, 1970 without; the same project gives the same document.`, cobra.NoArgs,
		func(ctx context.Context, l *modgraph.Loader, g *modgraph.Graph, _ []string) error {
			info := readBuildInfo()
			opts := modgraph.SBOMOptions{Tool: "gust", Created: time.Unix(0, 0)}
			if info != nil {
				opts.ToolVersion = info.Main.Version
			}
			if epoch := a.term.Getenv("SOURCE_DATE_EPOCH"); epoch != "" {
				n, err := strconv.ParseInt(epoch, 10, 64)
				if err != nil {
					return fault.New(fault.Usage, "run: env -u SOURCE_DATE_EPOCH gust graph sbom", "SOURCE_DATE_EPOCH: %q is no number of seconds", epoch)
				}
				opts.Created = time.Unix(n, 0)
			}
			if !all {
				pkgs, err := l.Packages(ctx, modgraph.PackageOptions{})
				if err != nil {
					return err
				}
				opts.Modules = pkgs.Modules()
			}
			var out bytes.Buffer
			var err error
			switch format {
			case "cyclonedx":
				err = g.WriteCycloneDX(&out, opts)
			case "spdx":
				err = g.WriteSPDX(&out, opts)
			default:
				err = fault.New(fault.Usage, "run: gust graph sbom --help", "--format: %q is neither cyclonedx nor spdx", format)
			}
			if err != nil {
				return err
			}
			return a.deliver(output, out.Bytes())
		})
	c.Flags().StringVar(&format, "format", format, "cyclonedx or spdx")
	c.Flags().StringVarP(&output, "output", "o", "", "write to this file instead of stdout")
	c.Flags().BoolVar(&all, "all", false, "list the whole build list")
	return c
}
