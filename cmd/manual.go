package cmd

import (
	"bytes"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/gust-go/gust/internal/manual"
	"github.com/gust-go/gust/internal/term"
)

// Manual is all that there is to say in a manual: gust itself first, then its
// commands by name.
func Manual() []manual.Command {
	a := &app{term: &term.Term{}}
	root := a.root()
	pages := []manual.Command{{Name: "gust", Short: root.Short, Help: screen}}
	for _, c := range root.Commands() {
		if c.IsAvailableCommand() {
			pages = append(pages, helpOf(c))
		}
	}
	return pages
}

// helpOf is a command with what it prints when asked for help.
func helpOf(c *cobra.Command) manual.Command {
	var help bytes.Buffer
	c.InitDefaultHelpFlag()
	c.SetOut(&help)
	c.HelpFunc()(c, nil)
	page := manual.Command{Name: c.CommandPath(), Short: c.Short, Help: help.String()}
	for _, sub := range c.Commands() {
		if sub.IsAvailableCommand() {
			page.Subs = append(page.Subs, helpOf(sub))
		}
	}
	return page
}

// Guide is the page in docs that tells more of a command, "" if there is none.
func Guide(command string) string {
	page := strings.TrimPrefix(command, "gust ")
	switch page {
	case "install":
		page = "build"
	case "run":
		page = "watch"
	case "cacheprog":
		page = "remote-cache"
	case "hook":
		page = "hooks"
	case "version", "completion", "gust":
		return ""
	}
	return page + ".md"
}

// SeeAlso are the manual pages to look at beside one.
func SeeAlso(pages []manual.Command, page manual.Command) []string {
	names := map[string]bool{}
	for _, p := range pages {
		// The commands lead back to gust, and gust leads to them all.
		if (p.Name == "gust") != (page.Name == "gust") {
			names[p.FileName()] = true
		}
	}
	return slices.Sorted(maps.Keys(names))
}
