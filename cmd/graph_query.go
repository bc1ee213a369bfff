package cmd

import (
	"context"
	"fmt"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/gust-go/gust/internal/event"
	"github.com/gust-go/gust/internal/fault"
	"github.com/gust-go/gust/internal/words"
	"github.com/gust-go/gust/modgraph"
)

// question makes a subcommand that loads the module graph.
func (a *app) question(flags *graphFlags, use, short, long string, args cobra.PositionalArgs, run func(context.Context, *modgraph.Loader, *modgraph.Graph, []string) error) *cobra.Command {
	return &cobra.Command{
		Use: use, Short: short, Long: long,
		Args: func(c *cobra.Command, list []string) error {
			if err := args(c, list); err != nil {
				return fault.New(fault.Usage, "run: "+c.CommandPath()+" --help", "%w", err)
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error {
			l, g, err := a.graph(c.Context(), flags)
			if err == nil {
				err = run(c.Context(), l, g, args)
			}
			return a.reported(flags, err)
		},
	}
}

func (a *app) newGraphWhyCmd(flags *graphFlags) *cobra.Command {
	paths := 10
	c := a.question(flags, "why MODULE[@VERSION]...", "say who requires a module, and why this version",
		`Prints requirement paths from the main modules, shortest first, how many there
are, and which requirements ask for the selected version: go takes the highest
version that any requirement asks for, so those are what to change. With a
version it says who asks for that one.`, cobra.MinimumNArgs(1),
		func(_ context.Context, _ *modgraph.Loader, g *modgraph.Graph, args []string) error {
			for _, arg := range args {
				i, version, err := g.Resolve(arg)
				if err != nil {
					return err
				}
				if version != "" && version != g.Modules[i].Version.Version {
					if err := a.whyVersion(flags, g, i, version); err != nil {
						return err
					}
					continue
				}
				if err := a.why(flags, g, g.Why(i, paths), paths); err != nil {
					return err
				}
			}
			return nil
		})
	c.Flags().IntVar(&paths, "paths", paths, "print at most so many paths")
	return c
}

func (a *app) why(flags *graphFlags, g *modgraph.Graph, w modgraph.Why, limit int) error {
	if flags.json {
		return a.writeEvent(whyEvent(g, w))
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n", w.Module)
	if w.Module.Main {
		b.WriteString("  is a main module\n")
		return a.deliver("", []byte(b.String()))
	}
	if w.Listed {
		b.WriteString("  only // indirect lines of a main module's go.mod lead to it: whatever else requires it is\n  pruned from the module graph or gone\n")
	}
	fmt.Fprintf(&b, "\n%s lead to it", countOf(w.Count.String(), "path"))
	if len(w.Paths) == limit && w.Count.String() != fmt.Sprint(limit) {
		fmt.Fprintf(&b, "; the %d shortest", limit)
	}
	b.WriteString("\n")
	for _, p := range w.Paths {
		for k, s := range p {
			fmt.Fprintf(&b, "  %s%s", strings.Repeat("  ", k), s.Module)
			if s.Asked != "" && s.Asked != s.Module.Version {
				fmt.Fprintf(&b, "  (asked for %s)", s.Asked)
			}
			if s.Indirect {
				b.WriteString("  // indirect")
			}
			b.WriteString("\n")
		}
	}
	whyVersionText(&b, g, w)
	return a.deliver("", []byte(b.String()))
}

// whyVersionText explains minimal version selection for one module.
func whyVersionText(b *strings.Builder, g *modgraph.Graph, w modgraph.Why) {
	if len(w.Forces) == 0 {
		return
	}
	fmt.Fprintf(b, "\n%s is selected because it is the highest version that is asked for, by\n", w.Module.Version.Version)
	const most = 12
	for k, r := range w.Forces {
		if k == most {
			fmt.Fprintf(b, "  and %d more\n", len(w.Forces)-most)
			break
		}
		fmt.Fprintf(b, "  %s%s\n", r.From, unselected(g, r.From))
	}
	for k, r := range w.Others {
		if k == 3 {
			break
		}
		if k == 0 {
			b.WriteString("\nlower versions are asked for, such as\n")
		}
		fmt.Fprintf(b, "  %s by %s%s\n", r.To.Version, r.From, unselected(g, r.From))
	}
}

func unselected(g *modgraph.Graph, v modgraph.Version) string {
	if g.Selected(v) {
		return ""
	}
	return "  (a version that is not selected)"
}

// whyVersion says who asks for a version that is not selected.
func (a *app) whyVersion(flags *graphFlags, g *modgraph.Graph, i int, version string) error {
	v := modgraph.Version{Path: g.Modules[i].Path, Version: version}
	list := g.RDeps(v)
	if len(list) == 0 {
		return fault.New(fault.NotFound, "run: gust graph why "+v.Path, "nothing requires %s; %s is selected", v, g.Modules[i].Version.Version)
	}
	if !flags.json {
		if err := a.deliver("", fmt.Appendf(nil, "%s is not selected, %s is; it is asked for by\n", v, g.Modules[i].Version.Version)); err != nil {
			return err
		}
	}
	return a.requirements(flags, g, list)
}

func whyEvent(g *modgraph.Graph, w modgraph.Why) event.GraphWhy {
	e := event.GraphWhy{Module: w.Module.Version.String(), Count: w.Count.String(), Listed: w.Listed,
		Forces: requirementEvents(g, w.Forces), Others: requirementEvents(g, w.Others), Paths: []event.GraphPath{}}
	for _, p := range w.Paths {
		var steps []string
		for _, s := range p {
			steps = append(steps, s.Module.String())
		}
		e.Paths = append(e.Paths, event.GraphPath{Steps: steps})
	}
	return e
}

func requirementEvents(g *modgraph.Graph, list []modgraph.Requirement) []event.GraphRequirement {
	out := []event.GraphRequirement{}
	for _, r := range list {
		out = append(out, event.GraphRequirement{From: r.From.String(), To: r.To.String(), Selected: g.Selected(r.From)})
	}
	return out
}

func (a *app) requirements(flags *graphFlags, g *modgraph.Graph, list []modgraph.Requirement) error {
	if flags.json {
		for _, e := range requirementEvents(g, list) {
			if err := a.writeEvent(e); err != nil {
				return err
			}
		}
		return nil
	}
	var b strings.Builder
	t := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	for _, r := range list {
		fmt.Fprintf(t, "  %s\tasks for %s%s\n", r.From, r.To.Version, unselected(g, r.From))
	}
	// A strings.Builder does not fail.
	_ = t.Flush()
	return a.deliver("", []byte(b.String()))
}

func (a *app) newGraphRDepsCmd(flags *graphFlags) *cobra.Command {
	return a.question(flags, "rdeps MODULE[@VERSION]", "list what requires a module",
		"Lists every requirement that leads to a module, with the version it asks for,\nthose of selected versions first; with a version only those that ask for it.", cobra.ExactArgs(1),
		func(_ context.Context, _ *modgraph.Loader, g *modgraph.Graph, args []string) error {
			i, version, err := g.Resolve(args[0])
			if err != nil {
				return err
			}
			v := modgraph.Version{Path: g.Modules[i].Path, Version: version}
			list := g.RDeps(v)
			if len(list) == 0 {
				return fault.New(fault.NotFound, "run: gust graph why "+v.Path, "nothing requires %s", v)
			}
			if !flags.json {
				if err := a.deliver("", fmt.Appendf(nil, "%s, required by\n", g.Modules[i])); err != nil {
					return err
				}
			}
			return a.requirements(flags, g, list)
		})
}

func (a *app) newGraphCyclesCmd(flags *graphFlags) *cobra.Command {
	return a.question(flags, "cycles", "list cycles of modules",
		`Lists sets of modules that lead to each other, in three kinds: versions (exact
versions require each other), modules (selected versions do, by whatever versions
they ask for) and self (a module requires an older version of itself).`, cobra.NoArgs,
		func(_ context.Context, _ *modgraph.Loader, g *modgraph.Graph, _ []string) error {
			cycles := g.Cycles()
			if flags.json {
				for _, c := range cycles {
					if err := a.writeEvent(event.GraphCycle{Kind: c.Kind, Members: versionStrings(c.Members), Example: versionStrings(c.Example)}); err != nil {
						return err
					}
				}
				return nil
			}
			var b strings.Builder
			if len(cycles) == 0 {
				b.WriteString("no cycles\n")
			}
			for _, c := range cycles {
				fmt.Fprintf(&b, "%s: %s\n", c.Kind, words.Count(len(c.Members), "module"))
				const most = 8
				for k, v := range c.Members {
					if k == most {
						fmt.Fprintf(&b, "  and %d more\n", len(c.Members)-most)
						break
					}
					fmt.Fprintf(&b, "  %s\n", v)
				}
				fmt.Fprintf(&b, "  such as %s -> %s\n", strings.Join(versionStrings(c.Example), " -> "), c.Example[0].Path)
			}
			return a.deliver("", []byte(b.String()))
		})
}

func versionStrings(list []modgraph.Version) []string {
	out := make([]string, len(list))
	for i, v := range list {
		out[i] = v.String()
	}
	return out
}

func moduleStrings(list []modgraph.Module) []string {
	out := []string{}
	for _, m := range list {
		out = append(out, m.Version.String())
	}
	return out
}

func (a *app) newGraphCutCmd(flags *graphFlags) *cobra.Command {
	return a.question(flags, "cut MODULE", "say what leaves the build list if a module leaves",
		"Lists the modules that only this one leads to, and the requirements that would\nhave to go. What only // indirect lines of go.mod name counts as required by nobody.", cobra.ExactArgs(1),
		func(_ context.Context, _ *modgraph.Loader, g *modgraph.Graph, args []string) error {
			i, _, err := g.Resolve(args[0])
			if err != nil {
				return err
			}
			if g.Modules[i].Main {
				return fault.New(fault.Usage, "run: gust graph top", "%s is a main module", g.Modules[i].Path)
			}
			c := g.Cut(i)
			if flags.json {
				return a.writeEvent(event.GraphCut{Module: c.Module.Version.String(), Leaves: moduleStrings(c.Leaves), Stays: c.Stays, By: requirementEvents(g, c.By)})
			}
			var b strings.Builder
			fmt.Fprintf(&b, "without %s\n", c.Module)
			fmt.Fprintf(&b, "%s would leave with it, %d stay\n", words.Count(len(c.Leaves), "module"), c.Stays)
			for _, m := range c.Leaves {
				fmt.Fprintf(&b, "  %s\n", m)
			}
			fmt.Fprintf(&b, "%s would have to go\n", words.Count(len(c.By), "requirement"))
			for _, r := range c.By {
				fmt.Fprintf(&b, "  %s\n", r.From)
			}
			return a.deliver("", []byte(b.String()))
		})
}

func countOf(n, unit string) string {
	if n == "1" {
		return "1 " + unit
	}
	return n + " " + unit + "s"
}

func (a *app) newGraphTopCmd(flags *graphFlags) *cobra.Command {
	limit := 20
	c := a.question(flags, "top", "list the modules that weigh most",
		`Lists modules by how many would leave the build list with them (exclusive), how
many require them and how many lead to them.`, cobra.NoArgs,
		func(_ context.Context, _ *modgraph.Loader, g *modgraph.Graph, _ []string) error {
			weights := g.Weights()
			if limit > 0 && len(weights) > limit {
				weights = weights[:limit]
			}
			var b strings.Builder
			t := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
			fmt.Fprintln(t, "EXCLUSIVE\tREQUIRED BY\tLEAD TO IT\tMODULE")
			for _, w := range weights {
				if flags.json {
					e := event.GraphWeight{Module: w.Module.Version.String(), Exclusive: w.Exclusive, Requirers: w.Requirers, Dependents: w.Dependents, Direct: w.Module.Direct}
					if err := a.writeEvent(e); err != nil {
						return err
					}
					continue
				}
				direct := ""
				if w.Module.Direct {
					direct = "  direct"
				}
				fmt.Fprintf(t, "%d\t%d\t%d\t%s%s\n", w.Exclusive, w.Requirers, w.Dependents, w.Module, direct)
			}
			if flags.json {
				return nil
			}
			_ = t.Flush() // a strings.Builder does not fail
			return a.deliver("", []byte(b.String()))
		})
	c.Flags().IntVar(&limit, "limit", limit, "list at most so many, 0 for all")
	return c
}

func (a *app) newGraphPhantomCmd(flags *graphFlags) *cobra.Command {
	var deep bool
	var classes []string
	var platforms []string
	c := a.question(flags, "phantom", "list dependencies that are not what go.mod suggests",
		`Lists phantom dependencies by class, each with evidence and advice:

  P1 graph-only      in the build list, but no package is needed for any OS or tags
  P2 version-ghost   only versions that were not selected lead to it
  P3 workspace       an import builds only because go.work unites modules  (--deep)
  P4 mismarked       imported directly but // indirect, or the reverse
  P5 other-os        needed, but for another operating system only         (--deep)
  P6 tag-only        needed, but with build tags or another CPU only       (--deep)
  P7 test-only       needed by tests only                                  (--deep)
  P8 sum-only        in go.sum for a version that is not in use
  P9 hidden-replace  a dependency replaces it for itself, which go ignores here`, cobra.NoArgs,
		func(ctx context.Context, l *modgraph.Loader, g *modgraph.Graph, _ []string) error {
			wanted := map[modgraph.Class]bool{}
			for _, name := range classes {
				class, ok := modgraph.ParseClass(name)
				if !ok {
					return fault.New(fault.Usage, "run: gust graph phantom --help", "--class: %q is no class", name)
				}
				wanted[class] = true
				deep = deep || class.Deep()
			}
			found, err := l.Phantoms(ctx, g, modgraph.PhantomOptions{Deep: deep, Platforms: platforms})
			if err != nil {
				return err
			}
			return a.phantoms(flags, found, wanted, deep)
		})
	c.Flags().BoolVar(&deep, "deep", false, "also run go list for tests and other platforms")
	c.Flags().StringSliceVar(&classes, "class", nil, "only these classes, by number or name")
	c.Flags().StringSliceVar(&platforms, "platforms", nil, "with --deep: values of GOOS to look at (default darwin,linux,windows)")
	return c
}

func (a *app) phantoms(flags *graphFlags, found []modgraph.Phantom, wanted map[modgraph.Class]bool, deep bool) error {
	var b strings.Builder
	last, total := modgraph.Class(""), 0
	for _, p := range found {
		if len(wanted) > 0 && !wanted[p.Class] {
			continue
		}
		total++
		if flags.json {
			e := event.GraphPhantom{Class: string(p.Class), Name: p.Name, Module: p.Module.String(), Evidence: p.Evidence, Advice: p.Advice}
			if err := a.writeEvent(e); err != nil {
				return err
			}
			continue
		}
		if p.Class != last {
			fmt.Fprintf(&b, "%s %s\n", p.Class, p.Name)
			last = p.Class
		}
		fmt.Fprintf(&b, "  %s\n    %s\n    %s\n", p.Module, p.Evidence, p.Advice)
	}
	if flags.json {
		return nil
	}
	fmt.Fprintf(&b, "%s\n", words.Count(total, "finding"))
	if !deep && len(wanted) == 0 {
		b.WriteString("P3, P5, P6 and P7 were not looked for: they need --deep\n")
	}
	return a.deliver("", []byte(b.String()))
}
