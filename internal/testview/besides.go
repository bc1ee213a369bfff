package testview

import (
	"fmt"
	"net/netip"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/gust-go/gust/internal/event"
	"github.com/gust-go/gust/internal/limit"
	"github.com/gust-go/gust/internal/words"
)

// maxBesides is how many lines of a kind there are for one package.
const maxBesides = 5

// Besides says what the tests of a run did besides their work. Paths below dir
// and home are shortened.
func (d *Digest) Besides(dir, home string) string {
	var b strings.Builder
	wrote, broke := false, false
	b.WriteString(d.isolation())
	for _, e := range d.Sandbox {
		lines := rows{b: &b, pkg: e.Package}
		if e.Error != "" && !lesser(e.Isolation) {
			lines.add("box", e.Error)
		}
		for _, l := range e.Limits {
			lines.add("limit", limitText(l))
		}
		for _, w := range e.Wrote {
			wrote = true
			lines.add("wrote", shorten(w.Path, dir, home)+" ("+w.Op+")")
		}
		lines.more("wrote", len(e.Wrote))
		for _, path := range e.WroteInPlace {
			lines.add("wrote", shorten(path, dir, home)+" (not kept aside)")
		}
		lines.more("wrote", len(e.WroteInPlace))
		for _, p := range e.LeftProcesses {
			lines.add("left", process(p))
		}
		lines.more("left", len(e.LeftProcesses))
		for _, g := range e.Goroutines {
			lines.add("go", goroutine(g, dir, home))
		}
		lines.more("go", len(e.Goroutines))
		if n := len(e.Temp); n > 0 {
			what := e.Temp[0]
			if n > 1 {
				what += fmt.Sprintf(" and %d more", n-1)
			}
			lines.add("temp", what)
		}
		lines.rules(e, dir, home)
		broke = broke || e.Leaked || len(e.Broke) > 0
		lines.net(d, e)
	}
	b.WriteString(d.proposal())
	b.WriteString(d.raise())
	if broke {
		b.WriteString("  the rules of the sandbox were broken: exit status 4\n")
	}
	if wrote {
		b.WriteString("  what was written is kept aside: gust test diff shows it, gust test apply brings it in\n")
	}
	return b.String()
}

// refusals are errors that tests get in a sandbox and, now and then, elsewhere.
var refusals = []string{
	"read-only file system", "invalid cross-device link", "operation not permitted", "permission denied", "network is unreachable", "no such process",
	"value too large for defined data type",
}

// SuspectsSandbox asks who has not asked for a sandbox to look whether a test fails for
// that: "" if none looks like it.
func (d *Digest) SuspectsSandbox() string {
	for _, f := range d.Failures {
		for _, text := range refusals {
			if strings.Contains(f.Output, text) {
				return fmt.Sprintf("  %s ran in a sandbox and says %q: gust test --sandbox=off shows whether that is why it fails\n", visible(f.Test), text)
			}
		}
	}
	return ""
}

// lesser reports whether tests were isolated less than fully.
func lesser(level string) bool { return level != "" && level != "full" }

// isolation says which tests were, and how to allow more.
func (d *Digest) isolation() string {
	var b strings.Builder
	for _, e := range d.Isolation {
		how := "with " + e.Isolation + " isolation, not full"
		if e.Isolation == "off" {
			how = "without a sandbox"
		}
		packages := strconv.Itoa(e.Packages) + " packages"
		if e.Packages == 1 {
			packages = "1 package"
		}
		reason := e.Reason
		if e.Missing != "" {
			reason += ": " + e.Missing
		}
		fmt.Fprintf(&b, "  box    %s ran %s: %s\n", packages, how, visible(reason))
	}
	if len(d.Isolation) > 0 && d.Isolation[0].Action != "" {
		fmt.Fprintf(&b, "         for full isolation: %s\n", visible(strings.TrimPrefix(d.Isolation[0].Action, "run: ")))
	}
	return b.String()
}

// limitText says which limit was hit.
func limitText(l event.TestLimit) string {
	text := "hit " + limit.Text(limit.Name(l.Limit), l.Value)
	if l.Test != "" {
		text += " in " + l.Test
	}
	if l.Killed {
		text += ": killed"
	}
	return text
}

// raise says how to allow more.
func (d *Digest) raise() string {
	for _, e := range d.Sandbox {
		for _, l := range e.Limits {
			more := strings.ReplaceAll(limit.Format(limit.Name(l.Limit), 2*l.Value), " ", "")
			return fmt.Sprintf("  to allow more: gust test --limit=%[1]s=%[2]s, or write limits = { %[1]s = %[2]q } to [sandbox] or [[sandbox.package]] of gust.toml\n", l.Limit, more)
		}
	}
	return ""
}

func goroutine(g event.TestGoroutine, dir, home string) string {
	text := fmt.Sprintf("%s in %s (%s)", words.Count(g.Count, "goroutine"), g.Function, g.State)
	if g.Creator != "" {
		file, line, _ := strings.Cut(g.CreatedAt, ":")
		text += fmt.Sprintf(" started by %s (%s:%s)", g.Creator, shorten(file, dir, home), line)
	}
	return text
}

func process(p event.TestProcess) string {
	text := "a process: " + strings.Join(p.Args, " ")
	if len(p.Ports) > 0 {
		text += " (listens on " + strings.Join(p.Ports, ", ") + ")"
	}
	if p.Test != "" {
		text += " (started by " + p.Test + ")"
	}
	return text
}

// rules says which rules of a strict sandbox were broken.
func (r *rows) rules(e event.TestSandbox, dir, home string) {
	for _, path := range e.ReadOutside {
		r.add("read", shorten(path, dir, home))
	}
	r.more("read", len(e.ReadOutside))
	for _, what := range e.Broke {
		r.add("rules", "broken: "+what)
	}
	r.more("rules", len(e.Broke))
	if e.Leaked {
		r.add("rules", "broken: left something behind")
	}
}

// net says what of the network a package missed.
func (r *rows) net(d *Digest, e event.TestSandbox) {
	switch {
	case e.HostNetwork && d.passedMoved(e.Package):
		r.add("net", "passed on the host's network, where it reached "+some(d.moved[e.Package]))
	case e.HostNetwork && d.moved[e.Package] != nil:
		r.add("net", "failed on the host's network as well")
	case d.moved[e.Package] == nil && len(e.Reached) > 0 && !e.HostNetwork:
		r.add("net", "nobody is there in the sandbox: "+some(e.Reached))
	}
}

// some are the first of a list.
func some(list []string) string {
	text := strings.Join(list[:min(3, len(list))], ", ")
	if n := len(list) - 3; n > 0 {
		text += fmt.Sprintf(" and %d more", n)
	}
	return text
}

// proposal is what to write to gust.toml for packages that passed on the host's
// network: the ports of this machine if those are all they need.
func (d *Digest) proposal() string {
	var ports, packages []string
	for pkg, reached := range d.moved {
		if !d.passedMoved(pkg) {
			continue
		}
		if slices.ContainsFunc(reached, func(addr string) bool { return !allowable(addr) }) {
			packages = append(packages, pkg)
		} else {
			ports = append(ports, reached...)
		}
	}
	var b strings.Builder
	if slices.Sort(ports); len(ports) > 0 {
		fmt.Fprintf(&b, "  to let tests reach it, write to gust.toml:\n    [sandbox]\n    net-allow = [%s]\n", quoted(slices.Compact(ports)))
	}
	slices.Sort(packages)
	for _, pkg := range packages {
		fmt.Fprintf(&b, "  to leave %s on the host's network, write to gust.toml:\n"+
			"    [[sandbox.package]]\n    match = \"./its/directory\"\n    net = \"host\"\n", visible(pkg))
	}
	return b.String()
}

// allowable reports whether net-allow can have an address: a port of the loopback
// interface, but for that of name servers, which are asked by UDP.
func allowable(addr string) bool {
	ap, err := netip.ParseAddrPort(addr)
	return err == nil && ap.Addr().IsLoopback() && ap.Port() != 0 && ap.Port() != 53
}

func quoted(list []string) string {
	for i, s := range list {
		list[i] = strconv.Quote(s)
	}
	return strings.Join(list, ", ")
}

// rows are lines about one package.
type rows struct {
	b    *strings.Builder
	pkg  string
	kind string
	n    int
}

func (r *rows) add(kind, text string) {
	if kind != r.kind {
		r.kind, r.n = kind, 0
	}
	if r.n++; r.n <= maxBesides {
		fmt.Fprintf(r.b, "  %-5s  %s  %s\n", kind, visible(r.pkg), visible(text))
	}
}

// more says how many rows of a kind were left out.
func (r *rows) more(kind string, n int) {
	if n > maxBesides {
		fmt.Fprintf(r.b, "  %-5s  %s  and %d more\n", kind, visible(r.pkg), n-maxBesides)
	}
}

// shorten shows a path as one would type it.
func shorten(path, dir, home string) string {
	// One may be in the other; the longer one says more.
	if rel, err := filepath.Rel(home, path); home != "" && err == nil && filepath.IsLocal(rel) && len(home) > len(dir) {
		return filepath.Join("~", rel)
	}
	if rel, err := filepath.Rel(dir, path); err == nil && filepath.IsLocal(rel) {
		return rel
	}
	if rel, err := filepath.Rel(home, path); home != "" && err == nil && filepath.IsLocal(rel) {
		return filepath.Join("~", rel)
	}
	return path
}

// visible quotes what a terminal would act upon: names of files and arguments
// of processes are what the tests make them.
func visible(s string) string {
	if strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsPrint(r) }) {
		return strconv.Quote(s)
	}
	return s
}
