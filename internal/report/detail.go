package report

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/gust-go/gust/internal/event"
)

// Match returns the packages that name means: those of that import path or,
// if there is none, those whose import path ends in it. Test variants count
// as their package.
func Match(packages []event.BuildPackage, name string) []event.BuildPackage {
	var exact, suffix []event.BuildPackage
	for _, p := range sorted(packages) {
		switch {
		case p.ImportPath == name || plain(p.ImportPath) == name:
			exact = append(exact, p)
		case MatchPath(p.ImportPath, name):
			suffix = append(suffix, p)
		}
	}
	if len(exact) > 0 {
		return exact
	}
	return suffix
}

// MatchPath reports whether name is importPath or its last elements.
func MatchPath(importPath, name string) bool {
	path := plain(importPath)
	return name != "" && (path == name || strings.HasSuffix(path, "/"+name))
}

// Package writes everything known about the packages that name matches, as
// found by [Match], and about what followed for their importers.
func (x Explain) Package(w io.Writer, matched, all []event.BuildPackage) error {
	var b strings.Builder
	for i, p := range matched {
		if i > 0 {
			b.WriteByte('\n')
		}
		x.detail(&b, p, all)
	}
	return write(w, &b)
}

func (x Explain) detail(b *strings.Builder, p event.BuildPackage, all []event.BuildPackage) {
	fmt.Fprintf(b, "%s: %s in %s", p.ImportPath, x.outcome(p), Duration(time.Duration(p.WallNS)))
	if p.SavedNS > 0 {
		fmt.Fprintf(b, ", saved %s", palette(x.Color).green(Duration(time.Duration(p.SavedNS))))
	}
	b.WriteByte('\n')
	for _, r := range p.Reasons {
		fmt.Fprintf(b, "  %-7s %s\n", r.Kind, x.reasonText(p, r))
	}
	if len(p.Reasons) == 0 {
		b.WriteString("  no reason on record\n")
	}
	x.followers(b, p, all)
}

func (x Explain) outcome(p event.BuildPackage) string {
	c := palette(x.Color)
	switch {
	case p.Outcome == event.Failed:
		return c.red("failed")
	case p.Outcome != event.Compiled:
		return c.green(p.Outcome)
	case p.Root:
		return c.yellow("compiled (root)")
	}
	return c.yellow("compiled (cascade)")
}

// followers lists the packages that name p among their reasons.
func (x Explain) followers(b *strings.Builder, p event.BuildPackage, all []event.BuildPackage) {
	var t table
	for _, q := range sorted(all) {
		if slices.ContainsFunc(q.Reasons, func(r event.Reason) bool {
			return r.Kind == "import" && r.Subject == plain(p.ImportPath)
		}) {
			t.add(func(s string) string { return s }, q.Outcome, x.short(q.ImportPath), "", "")
		}
	}
	if len(t.rows) == 0 {
		return
	}
	fmt.Fprintf(b, "%s\n", importersText(importers(all)[plain(p.ImportPath)]))
	t.render(b)
}
