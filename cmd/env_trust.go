package cmd

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/gust-go/gust/internal/event"
	"github.com/gust-go/gust/internal/fault"
	"github.com/gust-go/gust/internal/projectenv"
	"github.com/gust-go/gust/internal/words"
)

// projectFile returns the project for a command that needs one.
func (a *app) projectFile() (*projectenv.Project, error) {
	switch {
	case a.env.project != nil:
		return a.env.project, nil
	case a.env.err != nil:
		return nil, a.env.err
	case strings.EqualFold(a.term.Getenv("GUST_ENV"), "off"):
		return nil, fault.New(fault.NotFound, "run it without GUST_ENV=off", "GUST_ENV=off leaves %s out", projectenv.FileName)
	}
	return nil, fault.New(fault.NotFound, "run: gust env init", "no %s beside go.mod or go.work", projectenv.FileName)
}

// envTrust approves the file as it is and says what that allows.
func (a *app) envTrust(args []string) error {
	if len(args) > 0 {
		return envUsageError("trust takes no arguments")
	}
	p, err := a.projectFile()
	if err != nil {
		return err
	}
	approved := p.NeedsApproval()
	if len(approved)+len(p.Aliases) == 0 {
		return a.print("nothing in %s needs trust\n", shown(p.Path))
	}
	if err := projectenv.TrustIn(a.env.process).Add(p.File); err != nil {
		return fault.New(fault.Capability, "", "%w", err)
	}
	if err := a.print("trusted %s as it is now:\n", shown(p.Path)); err != nil {
		return err
	}
	for _, r := range approved {
		if err := a.print("  line %d  %s=%q: %s\n", r.Line, r.Name, r.Value, r.Why); err != nil {
			return err
		}
	}
	for _, alias := range p.SortedAliases() {
		if err := a.print("  line %d  gust %s runs gust %q\n", alias.Line, alias.Name, alias.Args); err != nil {
			return err
		}
	}
	return nil
}

// envUntrust takes approvals back. It works on a file with errors, too.
func (a *app) envUntrust(args []string) error {
	if len(args) > 0 {
		return envUsageError("untrust takes no arguments")
	}
	dir, err := os.Getwd()
	if err != nil {
		return err
	}
	path := projectenv.Find(dir, a.term.Getenv("GOWORK"))
	if path == "" {
		_, err := a.projectFile()
		return err
	}
	if path, err = projectenv.Real(path); err != nil {
		return err
	}
	n, err := projectenv.TrustIn(a.env.process).Remove(path)
	if err != nil {
		return err
	}
	return a.print("took back %s of %s\n", words.Counts(n, "approval", "approvals"), shown(path))
}

// envStatus shows the file that applies.
func (a *app) envStatus(args []string) error {
	json := slices.Equal(args, []string{"--json"})
	if len(args) > 0 && !json {
		return envUsageError("status takes --json only")
	}
	p, err := a.projectFile()
	if err != nil {
		return err
	}
	if json {
		return a.emit(projectEvent(p, a.env.profile))
	}
	trust := "not trusted"
	switch {
	case p.Trusted:
		trust = "trusted"
	case len(p.NeedsApproval())+len(p.Aliases) == 0:
		trust = "needs no trust"
	}
	lines := []string{shown(p.Path) + ": " + trust}
	for _, name := range slices.Sorted(maps.Keys(p.Profiles)) {
		mark := ""
		if name == a.env.profile {
			mark = " (chosen)"
		}
		lines = append(lines, "  profile  "+name+mark)
	}
	for _, alias := range p.SortedAliases() {
		lines = append(lines, fmt.Sprintf("  alias    %s = gust %q", alias.Name, alias.Args))
	}
	for _, s := range p.Shadowed {
		lines = append(lines, "  weaker   "+s.Name+": the environment sets it")
	}
	for _, r := range p.Refused {
		lines = append(lines, "  refused  "+r.Name+": "+r.Why)
	}
	return a.print("%s\n", strings.Join(lines, "\n"))
}

func projectEvent(p *projectenv.Project, profile string) event.EnvProject {
	e := event.EnvProject{Path: p.Path, Trusted: p.Trusted, Profile: profile, Profiles: slices.Sorted(maps.Keys(p.Profiles))}
	for _, alias := range p.SortedAliases() {
		e.Aliases = append(e.Aliases, alias.Name)
	}
	for _, r := range p.Refused {
		e.Refused = append(e.Refused, event.EnvRefusal{Name: r.Name, Line: r.Line, Why: r.Why})
	}
	return e
}
