package cmd

import (
	"context"
	"encoding/json"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/gust-go/gust/internal/gocmd"
	"github.com/gust-go/gust/internal/suggest"
)

// completeBuild completes build, install, run and test, whose flags cobra does not
// parse; it does complete the names of gust's own.
func (a *app) completeBuild(c *cobra.Command, args []string, prefix string) ([]string, cobra.ShellCompDirective) {
	verb := c.Name()
	if slices.Contains(args, "-args") || slices.Contains(args, "--args") || verb == "run" && len(gocmd.Packages(verb, args)) > 0 {
		return nil, cobra.ShellCompDirectiveDefault // a program's own
	}
	if flag, value, ok := strings.Cut(prefix, "="); ok && strings.HasPrefix(flag, "-") {
		return a.completeValue(verb, strings.TrimLeft(flag, "-"), args, value)
	}
	if len(args) > 0 {
		if name, ok := gocmd.WantsValue(verb, args[len(args)-1]); ok {
			return a.completeValue(verb, name, args[:len(args)-1], prefix)
		}
	}
	if strings.HasPrefix(prefix, "-") {
		var names []string
		for _, name := range gocmd.GoFlags(verb) {
			names = append(names, "-"+name+"\tgo's")
		}
		found, _ := matching(oneOf(names...), prefix) // gust's own are added
		return found, cobra.ShellCompDirectiveNoFileComp
	}
	if verb == "test" && len(args) == 0 && prefix != "" {
		if own, directive := matching(oneOf(reportCommand, historyCommand, diffCommand, applyCommand, touchedCommand), prefix); len(own) > 0 {
			return own, directive
		}
	}
	return matching(packages, prefix)
}

// completeValue completes the value of a flag of go's or gust's.
func (a *app) completeValue(verb, flag string, args []string, prefix string) ([]string, cobra.ShellCompDirective) {
	if of := a.flagValues(verb, flag); of != nil {
		if flag == "hide-summary" {
			of = listOf(of)
		}
		return matching(of, prefix)
	}
	if kinds := testKinds()[flag]; kinds != nil && verb == "test" {
		return matching(func(string) []string {
			dir, err := os.Getwd()
			if err != nil {
				return nil
			}
			return suggest.Tests(dir, gocmd.Packages(verb, args), kinds...)
		}, prefix)
	}
	switch flag {
	case "coverpkg":
		return matching(listOf(packages), prefix)
	}
	return matching(oneOf(goValues()[flag]...), prefix)
}

// testKinds are the functions that flags of go test choose among.
func testKinds() map[string][]string {
	return map[string][]string{
		"run": {"Test", "Example", "Fuzz"}, "skip": {"Test", "Example", "Fuzz", "Benchmark"}, "bench": {"Benchmark"},
		"fuzz": {"Fuzz"}, "list": {"Test", "Example", "Fuzz", "Benchmark"},
	}
}

// goValues are the values of those flags of go's that have few.
func goValues() map[string][]string {
	return map[string][]string{
		"buildmode": {"archive", "c-archive", "c-shared", "default", "exe", "pie", "plugin", "shared"},
		"compiler":  {"gc", "gccgo"}, "covermode": {"atomic", "count", "set"},
		"mod": {"mod", "readonly", "vendor"}, "pgo": {"auto", "off"}, "shuffle": {"off", "on"}, "vet": {"all", "off"},
	}
}

func (a *app) completeTags(_ *cobra.Command, args []string, prefix string) ([]string, cobra.ShellCompDirective) {
	switch {
	case len(args) == 0 && !strings.HasPrefix(prefix, "-"):
		return matching(oneOf("add", "check", "clear", "remove", "sort"), prefix)
	case len(args) > 0 && args[len(args)-1] == "-transform":
		return matching(oneOf("camelcase", "keep", "lispcase", "pascalcase", "snakecase", "titlecase"), prefix)
	case len(args) == 1 && (args[0] == "add" || args[0] == "remove"):
		return matching(listOf(oneOf("json", "yaml", "xml", "db", "toml", "mapstructure")), prefix)
	case strings.HasPrefix(prefix, "-"):
		return matching(oneOf("-file", "-struct", "-field", "-line", "-all", "-skip-unexported", "-transform", "-template",
			"-sort", "-override", "-w", "--check", "--diff", "--json", "--tests", "--generated", "--embedded"), prefix)
	}
	return matching(packages, prefix)
}

func (a *app) completeEnv(_ *cobra.Command, args []string, prefix string) ([]string, cobra.ShellCompDirective) {
	switch {
	case len(args) > 0 && args[len(args)-1] == "--shell":
		return matching(a.flagValues("env", "shell"), prefix)
	case len(args) == 0 && prefix == "":
		return matching(oneOf("init", "status", "trust", "untrust", "--explain", "--shell"), prefix)
	case strings.HasPrefix(prefix, "-"):
		return matching(oneOf("--explain", "--shell", "--json", "-changed\tgo's", "-json\tgo's", "-u\tgo's", "-w\tgo's"), prefix)
	}
	return matching(func(string) []string { return append(a.goVariables(), "init", "status", "trust", "untrust") }, prefix)
}

// goVariables are the names of what go env prints.
func (a *app) goVariables() []string {
	text, err := a.askGo("env", "-json")
	vars := map[string]string{}
	if err != nil || json.Unmarshal(text, &vars) != nil {
		return nil
	}
	return slices.Sorted(maps.Keys(vars))
}

func (a *app) askGo(args ...string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(context.Background(), completionTime)
	defer cancel()
	g, err := a.findGo()
	if err != nil {
		return nil, err
	}
	return g.Output(ctx, args...)
}

// completeGo completes what is passed on to go, so that alias go=gust loses
// nothing.
func (a *app) completeGo(_ *cobra.Command, args []string, prefix string) ([]string, cobra.ShellCompDirective) {
	if len(args) == 0 {
		if strings.HasPrefix(prefix, "-") {
			return matching(oneOf("--help", "--version"), prefix)
		}
		found, _ := matching(oneOf(a.onlyGo()...), prefix)
		return found, cobra.ShellCompDirectiveNoFileComp
	}
	if args[0] == "vet" {
		if of := vetFlags(args, prefix); of != nil {
			return matching(of, prefix)
		}
	}
	var of candidates
	switch command := strings.Join(args, " "); {
	case command == "mod":
		of = oneOf("download", "edit", "graph", "init", "tidy", "vendor", "verify", "why")
	case command == "work":
		of = oneOf("edit", "init", "sync", "use", "vendor")
	case command == "telemetry":
		of = oneOf("local", "off", "on")
	case command == "tool":
		of = func(string) []string {
			text, err := a.askGo("tool")
			if err != nil {
				return nil
			}
			return strings.Fields(string(text))
		}
	case args[0] == "get" || strings.HasPrefix(command, "mod why") || strings.HasPrefix(command, "mod download"):
		of = a.modules
	case slices.Contains([]string{"clean", "fix", "fmt", "generate", "list", "vet"}, args[0]):
		of = packages
	default:
		return nil, cobra.ShellCompDirectiveDefault
	}
	return matching(of, prefix)
}

// vetFlags are the flag of gust vet that is not go's, or its values; nil if nobody asks
// for them.
func vetFlags(args []string, prefix string) candidates {
	const flag = "--remote-cache-mode"
	modes := remoteModes()
	switch {
	case args[len(args)-1] == flag:
		return oneOf(modes...)
	case strings.HasPrefix(prefix, flag+"="):
		for i := range modes {
			modes[i] = flag + "=" + modes[i]
		}
		return oneOf(modes...)
	case strings.HasPrefix(prefix, "--"):
		return oneOf(flag)
	}
	return nil
}

// onlyGo are go's commands that gust has none for.
func (a *app) onlyGo() []string {
	root := a.root()
	var names []string
	for _, name := range gocmd.Commands() {
		if !isOwn(root, name) {
			names = append(names, name+"\tgo "+name)
		}
	}
	return names
}
