package testview

import (
	"fmt"
	"path/filepath"
	"strconv"
	"strings"
	"unicode"
)

// maxBesides is how many lines of a kind there are for one package.
const maxBesides = 5

// Besides says what the tests of a run did besides their work. Paths below dir
// and home are shortened.
func (d *Digest) Besides(dir, home string) string {
	var b strings.Builder
	wrote := false
	for _, e := range d.Sandbox {
		lines := rows{b: &b, pkg: e.Package}
		if e.Error != "" {
			lines.add("box", "ran without a sandbox: "+e.Error)
		}
		for _, w := range e.Wrote {
			wrote = true
			lines.add("wrote", shorten(w.Path, dir, home)+" ("+w.Op+")")
		}
		lines.more("wrote", len(e.Wrote))
		for _, args := range e.Left {
			lines.add("left", "a process: "+strings.Join(args, " "))
		}
		lines.more("left", len(e.Left))
		if n := len(e.Temp); n > 0 {
			what := e.Temp[0]
			if n > 1 {
				what += fmt.Sprintf(" and %d more", n-1)
			}
			lines.add("temp", what)
		}
	}
	if wrote {
		b.WriteString("  what was written is kept aside: gust test diff shows it, gust test apply brings it in\n")
	}
	return b.String()
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
