package cmd

import (
	"context"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/gust-go/gust/docs"
	"github.com/gust-go/gust/internal/doctor"
	"github.com/gust-go/gust/internal/gocmd"
	"github.com/gust-go/gust/internal/projectenv"
	"github.com/gust-go/gust/internal/runlog"
	"github.com/gust-go/gust/internal/step"
	"github.com/gust-go/gust/internal/suggest"
	"github.com/gust-go/gust/internal/testview"
	"github.com/gust-go/gust/kernelcheck/rule"
	"github.com/gust-go/gust/modgraph"
	"github.com/gust-go/gust/modgraph/render"
)

// candidates are what could stand in a place of a command line, given what
// the user has typed there. A tab and a description may follow each.
type candidates func(prefix string) []string

func oneOf(list ...string) candidates { return func(string) []string { return list } }

func isCompletion(args []string) bool {
	return len(args) > 0 && (args[0] == cobra.ShellCompRequestCmd || args[0] == cobra.ShellCompNoDescRequestCmd)
}

// addCompletions tells cobra what could be typed where. Only a shell that asks has a
// use for it, so that other runs of gust are spared it.
func (a *app) addCompletions(root *cobra.Command) {
	root.InitDefaultHelpCmd()
	walkCommands(root, func(c *cobra.Command) {
		path := strings.TrimPrefix(strings.TrimPrefix(c.CommandPath(), "gust"), " ")
		c.Flags().VisitAll(func(f *pflag.Flag) { a.addFlagValues(c, path, f.Name) })
		if of := a.arguments(path); of != nil {
			c.ValidArgsFunction = func(_ *cobra.Command, _ []string, prefix string) ([]string, cobra.ShellCompDirective) {
				return matching(of, prefix)
			}
		}
	})
	for _, c := range root.Commands() {
		switch c.Name() {
		case "build", "install", "run", "test":
			c.ValidArgsFunction = a.completeBuild
		case "tags":
			c.ValidArgsFunction = a.completeTags
		case "env":
			c.ValidArgsFunction = a.completeEnv
		case "graph":
			c.ValidArgsFunction = completeGraph
		}
	}
	root.ValidArgsFunction = a.completeGo
	root.DisableFlagParsing = true // or cobra would look for those of go's commands among its own
}

func walkCommands(c *cobra.Command, f func(*cobra.Command)) {
	f(c)
	for _, sub := range c.Commands() {
		walkCommands(sub, f)
	}
}

func (a *app) addFlagValues(c *cobra.Command, path, flag string) {
	of := a.flagValues(path, flag)
	if of == nil || c.DisableFlagParsing {
		return
	}
	if slices.Contains([]string{"for", "class", "platforms", "steps"}, flag) {
		of = listOf(of)
	}
	// It fails if the flag has a completion already.
	_ = c.RegisterFlagCompletionFunc(flag, func(_ *cobra.Command, _ []string, prefix string) ([]string, cobra.ShellCompDirective) {
		return matching(of, prefix)
	})
}

// flagValues are the values of a flag of gust's, nil if they are files or
// anything at all.
func (a *app) flagValues(path, flag string) candidates {
	switch path + " --" + flag {
	case "graph --format":
		return oneOf(render.Formats()...)
	case "graph sbom --format":
		return oneOf("cyclonedx", "spdx")
	case "test --format":
		return oneOf(testview.Formats()...)
	case "test --format-icons":
		return oneOf(testview.Icons()...)
	case "build --remote-cache-mode", "install --remote-cache-mode", "run --remote-cache-mode", "test --remote-cache-mode":
		return oneOf(remoteModes()...)
	case "build --lines", "install --lines", "run --lines", "test --lines":
		return oneOf("exact", "relaxed")
	case "test --flaky":
		return oneOf("pass", "fail")
	case "test --sandbox":
		return oneOf("auto", "strict", "off")
	case "test --require-isolation":
		return oneOf(isolationLevels()...)
	case "test --writes":
		return oneOf("aside", "through")
	case "test --leaks":
		return oneOf("off", "warn", "fail")
	case "test --record":
		return oneOf("writes", "reads")
	case "test --hide-summary":
		return oneOf("skipped", "failed", "errors", "output", "all")
	case "tui --replay":
		return a.runs
	case "env --shell":
		return oneOf(append(projectenv.Shells(), "direnv")...)
	}
	switch flag {
	case "color":
		return oneOf("auto", "always", "never")
	case "for":
		return oneOf(rule.Purposes()...)
	case "fail-on":
		return oneOf(string(rule.Error), string(rule.Warning), string(rule.Info))
	case "arch":
		return oneOf(arches()...)
	case "cpu":
		return oneOf("v1", "v2", "v3", "v4", "v8.0", "v8.1", "v8.2", "v9.0")
	case "steps":
		return oneOf(step.Names()...)
	case "focus":
		return a.modules
	case "collapse":
		return oneOf(string(modgraph.CollapseOrg), string(modgraph.CollapseHost), string(modgraph.CollapseModule))
	case "goos", "platforms":
		return oneOf("darwin", "freebsd", "linux", "windows")
	case "goarch":
		return oneOf("386", "amd64", "arm", "arm64", "riscv64", "wasm")
	case "class":
		return func(string) (names []string) {
			for _, c := range modgraph.Classes() {
				names = append(names, c.Name())
			}
			return names
		}
	case "explain":
		if path == "kernel" || path == "kernel check" {
			return ruleIDs
		}
		return packages
	}
	return nil
}

// arguments are what stands behind a command, nil if it is files, nothing, or
// up to another function.
func (a *app) arguments(path string) candidates {
	switch path {
	case "graph why", "graph rdeps", "graph cut":
		return a.modules
	case "graph vuln", "tui", "kernel inspect":
		return packages
	case "kernel explain":
		return ruleIDs
	case "doctor explain":
		return oneOf(doctor.IDs()...)
	case "report":
		return a.runs
	case "help":
		return oneOf(append(docs.Topics(), gocmd.Commands()...)...)
	}
	return nil
}

// matching are the candidates that begin with prefix; files, if there are none.
func matching(of candidates, prefix string) ([]string, cobra.ShellCompDirective) {
	found := slices.DeleteFunc(slices.Clone(of(prefix)), func(s string) bool { return !strings.HasPrefix(s, prefix) })
	if len(found) == 0 {
		return nil, cobra.ShellCompDirectiveDefault
	}
	return found, cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveKeepOrder
}

// listOf completes the last one of values with commas between them.
func listOf(of candidates) candidates {
	return func(prefix string) []string {
		before := prefix[:strings.LastIndexByte(prefix, ',')+1]
		given := strings.Split(before, ",")
		var found []string
		for _, w := range of(prefix) {
			if !slices.Contains(given, w) {
				found = append(found, before+w)
			}
		}
		return found
	}
}

// completeGraph completes packages, which gust graph takes only with --packages.
func completeGraph(c *cobra.Command, _ []string, prefix string) ([]string, cobra.ShellCompDirective) {
	if on, err := c.Flags().GetBool("packages"); err != nil || !on {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return matching(packages, prefix)
}

func packages(prefix string) []string {
	dir, err := os.Getwd()
	if err != nil {
		return nil
	}
	return suggest.Packages(dir, prefix)
}

func ruleIDs(string) []string {
	ids := []string{"fieldtrack"}
	for _, r := range rule.Table() {
		ids = append(ids, r.ID+"\t"+r.Title)
	}
	return ids
}

// completionTime is how long a shell waits for go at most.
const completionTime = 2 * time.Second

// modules are those of the module graph. Nothing is downloaded for a key.
func (a *app) modules(string) []string {
	ctx, cancel := context.WithTimeout(context.Background(), completionTime)
	defer cancel()
	g, err := a.findGo()
	if err != nil {
		return nil
	}
	l, err := modgraph.NewLoader(ctx, modgraph.LoadOptions{Go: &gocmd.Go{Path: g.Path, Env: append(slices.Clone(g.Env), "GOPROXY=off")}})
	if err != nil {
		return nil
	}
	graph, err := l.Graph(ctx)
	if err != nil {
		return nil
	}
	var paths []string
	for _, m := range graph.Modules {
		if !m.Main {
			paths = append(paths, m.Path+"\t"+m.Version.Version)
		}
	}
	return paths
}

// runs are those that gust report lists.
func (a *app) runs(string) []string {
	found := []string{"last"}
	log, ok := a.runLog()
	if !ok {
		return found
	}
	list, err := log.List(here(), 20)
	if err != nil {
		return found
	}
	for _, r := range list {
		found = append(found, r.ID+"\t"+runTitle(&r))
	}
	return found
}

func runTitle(r *runlog.Run) string { return r.Command + ", " + r.Outcome() + ", " + r.Headline() }
