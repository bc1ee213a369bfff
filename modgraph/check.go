package modgraph

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"golang.org/x/mod/module"

	"github.com/gust-go/gust/internal/config"
	"github.com/gust-go/gust/internal/fault"
)

// A Violation is a rule that the graph breaks.
type Violation struct {
	// Rule is its key in gust.toml.
	Rule   string
	Module Version
	// Text says what is wrong, Advice what to do.
	Text, Advice string
	// File and Line are where go.mod names the module; Line is 0 if nowhere.
	File string
	Line int
	// Excused is the reason of the exception that covers it, empty if none.
	Excused string
}

// CheckOptions say what to hold a graph to.
type CheckOptions struct {
	Rules config.Graph
	// Base is the graph to compare with for deny-new-dependencies; nil skips
	// that rule.
	Base *Graph
	// Now is the time that ages and expiry dates are compared with.
	Now time.Time
}

// Check holds the graph to the rules. Violations are sorted by rule and
// module; exceptions that have expired are violations of their own. A rule
// that names what does not exist is an error.
func (l *Loader) Check(ctx context.Context, g *Graph, opts CheckOptions) ([]Violation, error) {
	c := &checker{l: l, g: g, opts: opts, rules: opts.Rules}
	for _, pass := range []func(context.Context) error{c.cycles, c.phantoms, c.modules, c.news, c.network} {
		if err := pass(ctx); err != nil {
			return nil, err
		}
	}
	c.excuse()
	slices.SortStableFunc(c.found, func(a, b Violation) int {
		if a.Rule != b.Rule {
			return strings.Compare(a.Rule, b.Rule)
		}
		return compareVersions(a.Module, b.Module)
	})
	return c.found, c.locate()
}

type checker struct {
	l     *Loader
	g     *Graph
	opts  CheckOptions
	rules config.Graph
	found []Violation
}

func (c *checker) add(rule string, m Version, advice, format string, args ...any) {
	c.found = append(c.found, Violation{Rule: rule, Module: m, Text: fmt.Sprintf(format, args...), Advice: advice})
}

func (c *checker) cycles(context.Context) error {
	for _, kind := range c.rules.DenyCycles {
		if kind != VersionCycle && kind != ModuleCycle && kind != SelfCycle {
			return fault.New(fault.Usage, "see docs/graph.md", "deny-cycles: %q is none of versions, modules and self", kind)
		}
	}
	if len(c.rules.DenyCycles) == 0 {
		return nil
	}
	for _, cycle := range c.g.Cycles() {
		if slices.Contains(c.rules.DenyCycles, cycle.Kind) {
			names := make([]string, len(cycle.Example))
			for i, v := range cycle.Example {
				names[i] = v.String()
			}
			c.add("deny-cycles", cycle.Members[0], "run: gust graph cycles", "%s cycle of %d: %s", cycle.Kind, len(cycle.Members), strings.Join(names, " -> "))
		}
	}
	return nil
}

func (c *checker) phantoms(ctx context.Context) error {
	if len(c.rules.DenyPhantoms) == 0 {
		return nil
	}
	denied, deep := make(map[Class]bool), false
	for _, name := range c.rules.DenyPhantoms {
		class, ok := ParseClass(name)
		if !ok {
			return fault.New(fault.Usage, "see docs/graph.md", "deny-phantoms: %q is no class", name)
		}
		denied[class] = true
		deep = deep || class.Deep()
	}
	list, err := c.l.Phantoms(ctx, c.g, PhantomOptions{Deep: deep})
	if err != nil {
		return err
	}
	for _, p := range list {
		if denied[p.Class] {
			c.add("deny-phantoms", p.Module, p.Advice, "%s %s: %s", p.Class, p.Name, p.Evidence)
		}
	}
	return nil
}

// modules checks what each module is by itself.
func (c *checker) modules(context.Context) error {
	r := c.rules
	for _, m := range c.g.Modules {
		if m.Main {
			continue
		}
		c.license(m)
		c.host(m)
		if m.Replace != nil && m.Replace.Local && r.DenyReplacePaths {
			c.add("deny-replace-paths", m.Version, "run: go mod edit -dropreplace="+m.Path, "replaced by the folder %q", m.Replace.Path)
		}
		if r.DirectOnly && !m.Direct {
			continue
		}
		v := m.Version.Version
		if m.Replace != nil && !m.Replace.Local {
			v = m.Replace.Version.Version
		}
		if r.DenyPseudoVersions && module.IsPseudoVersion(v) {
			c.add("deny-pseudo-versions", m.Version, "run: go get "+m.Path+"@latest", "%s is no release", v)
		}
		if r.DenyIncompatible && strings.HasSuffix(v, "+incompatible") {
			c.add("deny-incompatible", m.Version, "ask its author for a go.mod file", "%s has a major version without a go.mod file", v)
		}
		if published, ok := pseudoTime(v); ok && r.MaxAgeDays > 0 {
			c.age(m, published)
		}
	}
	return nil
}

func pseudoTime(v string) (time.Time, bool) {
	t, err := module.PseudoVersionTime(v)
	return t, err == nil
}

func (c *checker) age(m Module, published time.Time) {
	if days := int(c.opts.Now.Sub(published).Hours() / 24); days > c.rules.MaxAgeDays {
		c.add("max-age-days", m.Version, "run: go get "+m.Path+"@latest", "published %s, %d days ago (at most %d are allowed)", published.UTC().Format(time.DateOnly), days, c.rules.MaxAgeDays)
	}
}

func (c *checker) license(m Module) {
	r := c.rules
	if len(r.AllowLicenses) == 0 && len(r.DenyLicenses) == 0 {
		return
	}
	l := Licenses(m.Dir)
	for _, id := range l.IDs {
		if slices.Contains(r.DenyLicenses, id) {
			c.add("deny-licenses", m.Version, "run: gust graph cut "+m.Path, "its licence is %s", id)
		}
		if len(r.AllowLicenses) > 0 && !slices.Contains(r.AllowLicenses, id) {
			c.add("allow-licenses", m.Version, "run: gust graph cut "+m.Path, "its licence is %s", id)
		}
	}
	if len(l.IDs) > 0 || len(r.AllowLicenses) == 0 {
		return
	}
	switch l.Verdict {
	case LicenseNoFiles:
		// Source that is in no build is not downloaded, and not used.
		if c.g.mayMatter(m) {
			c.add("allow-licenses", m.Version, "run: go mod download "+m.Path, "could not tell its licence: the source is not on this machine")
		}
	case LicenseUnknown:
		c.add("allow-licenses", m.Version, "read "+strings.Join(l.Files, " "), "its licence is not a known one")
	case LicenseMissing:
		c.add("allow-licenses", m.Version, "ask its author", "it has no licence file")
	}
}

// mayMatter reports whether a module that is not downloaded may be part of a
// build: go lists what is in its go.mod, and with pruning that is everything
// that provides packages.
func (g *Graph) mayMatter(m Module) bool {
	i, ok := g.Find(m.Path)
	if !ok {
		return false
	}
	for _, e := range g.In(i) {
		if g.Modules[e.From].Main {
			return true
		}
	}
	return false
}

func (c *checker) host(m Module) {
	from := m.Path
	if m.Replace != nil && !m.Replace.Local {
		from = m.Replace.Path
	}
	under := func(prefix string) bool {
		prefix = strings.TrimSuffix(prefix, "/")
		return from == prefix || strings.HasPrefix(from, prefix+"/")
	}
	if slices.ContainsFunc(c.rules.DenyHosts, under) {
		c.add("deny-hosts", m.Version, "run: gust graph why "+m.Path, "it comes from %s", from)
	}
	if len(c.rules.AllowHosts) > 0 && !slices.ContainsFunc(c.rules.AllowHosts, under) {
		c.add("allow-hosts", m.Version, "run: gust graph why "+m.Path, "it comes from %s", from)
	}
}

func (c *checker) news(context.Context) error {
	if !c.rules.DenyNewDependencies || c.opts.Base == nil {
		return nil
	}
	for _, change := range Diff(c.opts.Base, c.g) {
		if change.Kind == Added {
			i, _ := c.g.Find(change.Path)
			c.add("deny-new-dependencies", c.g.Modules[i].Version, "run: gust graph why "+change.Path, "it is new")
		}
	}
	return nil
}

// network checks what only the module proxy knows.
func (c *checker) network(ctx context.Context) error {
	r := c.rules
	if !r.DenyRetracted && !r.DenyDeprecated && r.MaxAgeDays == 0 {
		return nil
	}
	if r.DenyRetracted || r.DenyDeprecated {
		list, err := c.l.Updates(ctx, c.g, !r.DirectOnly)
		if err != nil {
			return err
		}
		for _, m := range list {
			if r.DenyRetracted && m.Retracted != nil {
				c.add("deny-retracted", m.Version, "run: go get "+m.Path+"@latest", "its author retracted it: %s", strings.Join(m.Retracted, "; "))
			}
			if r.DenyDeprecated && m.Deprecated != "" {
				c.add("deny-deprecated", m.Version, "run: gust graph why "+m.Path, "its author deprecated it: %s", m.Deprecated)
			}
		}
	}
	if r.MaxAgeDays == 0 {
		return nil
	}
	times, err := c.l.published(ctx, c.g)
	if err != nil {
		return err
	}
	for _, m := range c.g.Modules {
		t, ok := times[m.Version]
		if _, pseudo := pseudoTime(m.Version.Version); ok && !pseudo && (!r.DirectOnly || m.Direct) {
			c.age(m, t)
		}
	}
	return nil
}

// excuse marks what exceptions cover, and reports those that have expired.
func (c *checker) excuse() {
	today := c.opts.Now
	for _, e := range c.rules.Exceptions {
		end := e.Expires.AsTime(time.UTC).AddDate(0, 0, 1)
		expired := !today.Before(end)
		for i := range c.found {
			v := &c.found[i]
			if v.Excused != "" || e.Rule != "*" && e.Rule != v.Rule || !covers(e.Module, v.Module.Path) {
				continue
			}
			if expired {
				v.Text += fmt.Sprintf(" (its exception expired on %s)", e.Expires)
				continue
			}
			v.Excused = fmt.Sprintf("%s (until %s)", e.Reason, e.Expires)
		}
	}
}

func covers(pattern, path string) bool {
	if prefix, ok := strings.CutSuffix(pattern, "/..."); ok {
		return path == prefix || strings.HasPrefix(path, prefix+"/")
	}
	return path == pattern
}

// locate finds the lines of go.mod that name the modules.
func (c *checker) locate() error {
	for i := range c.found {
		c.found[i].File = "go.mod"
	}
	for _, n := range c.g.Mains() {
		file, err := c.l.MainFile(c.g.Modules[n])
		if err != nil || file == nil {
			return err
		}
		rel, err := filepath.Rel(c.l.Root(), file.Syntax.Name)
		if err != nil {
			rel = "go.mod"
		}
		lines := make(map[string]int)
		for _, r := range file.Require {
			lines[r.Mod.Path] = r.Syntax.Start.Line
		}
		for i := range c.found {
			v := &c.found[i]
			if line := lines[v.Module.Path]; line > 0 && v.Line == 0 {
				v.File, v.Line = filepath.ToSlash(rel), line
			}
		}
	}
	return nil
}
