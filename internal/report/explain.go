package report

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/gust-go/gust/internal/event"
	"github.com/gust-go/gust/internal/words"
)

// Explain says how to render the report behind --explain.
type Explain struct {
	// Module is the path of the main module. Import paths below it are shown
	// without it.
	Module string
	Color  bool
	// All shows every package; otherwise long sections are cut.
	All bool
}

// How many packages a section shows before it is cut.
const (
	maxRoots    = 20
	maxCascades = 10
)

// Build writes the report about a build: what was compiled and why, roots
// first, what followed from them, and what was reused. The same events give
// the same bytes in whatever order they came.
func (x Explain) Build(w io.Writer, packages []event.BuildPackage, sum event.BuildSummary) error {
	var b strings.Builder
	packages = sorted(packages)
	b.WriteString(x.headline(packages, sum))
	imp := importers(packages)
	var t table
	x.failed(&t, packages)
	x.first(&t, packages)
	x.roots(&t, packages, imp)
	x.cascades(&t, packages)
	t.render(&b)
	return write(w, &b)
}

func (x Explain) headline(packages []event.BuildPackage, sum event.BuildSummary) string {
	wall := Duration(time.Duration(sum.WallNS))
	if sum.Current {
		return fmt.Sprintf("nothing to build in %s: nothing that matters has changed, go was not started\n", wall)
	}
	if len(packages) == 0 {
		return fmt.Sprintf("nothing to compile in %s: every package was up to date\n", wall)
	}
	var n counts
	for _, p := range packages {
		n.add(p)
	}
	text := fmt.Sprintf("%d of %s compiled in %s, %d reused",
		n.compiled+n.failed, words.Count(len(packages), "package"), wall, n.reused)
	if n.failed > 0 {
		text += fmt.Sprintf(", %d failed", n.failed)
	}
	if sum.SavedNS > 0 {
		saved := "saved " + Duration(time.Duration(sum.SavedNS))
		text += " (" + palette(x.Color).green(saved) + ")"
	}
	if sum.Direct {
		text += ", go was not started"
	}
	return text + "\n"
}

func (x Explain) failed(t *table, packages []event.BuildPackage) {
	for _, p := range packages {
		if p.Outcome == event.Failed {
			t.add(palette(x.Color).red, "failed", x.short(p.ImportPath), x.reason(p), "")
		}
	}
}

// first counts the packages that were compiled because there was no earlier
// compile to compare with. In a first build that is all of them.
func (x Explain) first(t *table, packages []event.BuildPackage) {
	var first []event.BuildPackage
	for _, p := range packages {
		if p.Outcome == event.Compiled && isFirst(p) {
			first = append(first, p)
		}
	}
	if len(first) > 3 && !x.All {
		t.add(palette(x.Color).yellow, "first", words.Count(len(first), "package"), "no earlier compile on record", "")
		return
	}
	for _, p := range first {
		t.add(palette(x.Color).yellow, "first", x.short(p.ImportPath), x.reason(p), "")
	}
}

func (x Explain) roots(t *table, packages []event.BuildPackage, imp map[string]counts) {
	shown, hidden := 0, 0
	for _, p := range packages {
		if p.Outcome != event.Compiled || !p.Root || isFirst(p) {
			continue
		}
		if shown++; shown > maxRoots && !x.All {
			hidden++
			continue
		}
		t.add(palette(x.Color).yellow, "root", x.short(p.ImportPath), x.reason(p), importersText(imp[plain(p.ImportPath)]))
	}
	t.more("root", hidden)
}

func (x Explain) cascades(t *table, packages []event.BuildPackage) {
	shown, hidden := 0, 0
	for _, p := range packages {
		if p.Outcome != event.Compiled || p.Root || isFirst(p) {
			continue
		}
		if shown++; shown > maxCascades && !x.All {
			hidden++
			continue
		}
		t.add(palette(x.Color).dim, "cascade", x.short(p.ImportPath), x.reason(p), "")
	}
	t.more("cascade", hidden)
}

// reason renders the most important reason and how many there are besides.
func (x Explain) reason(p event.BuildPackage) string {
	if len(p.Reasons) == 0 {
		return ""
	}
	text := x.reasonText(p, p.Reasons[0])
	if n := len(p.Reasons) - 1; n > 0 {
		text += fmt.Sprintf(" (and %d more)", n)
	}
	return text
}

// reasonText renders one reason for p. Files are named within the package.
func (x Explain) reasonText(p event.BuildPackage, r event.Reason) string {
	subject := r.Subject
	switch r.Kind {
	case "import":
		subject = x.short(subject)
	case "file", "embed":
		subject = strings.TrimPrefix(subject, plain(x.short(p.ImportPath))+"/")
	}
	if subject == "" {
		return r.Text
	}
	return subject + ": " + r.Text
}

// short leaves out the module path, which is the same in most lines.
func (x Explain) short(importPath string) string {
	if rest, ok := strings.CutPrefix(importPath, x.Module+"/"); ok && x.Module != "" {
		return rest
	}
	return importPath
}

// importers counts, for each package that is the reason of another's compile
// or reuse, what came of those.
func importers(packages []event.BuildPackage) map[string]counts {
	all := make(map[string]counts)
	for _, p := range packages {
		seen := make(map[string]bool)
		for _, r := range p.Reasons {
			if r.Kind == "import" && !seen[r.Subject] {
				seen[r.Subject] = true
				n := all[r.Subject]
				n.add(p)
				all[r.Subject] = n
			}
		}
	}
	return all
}

func importersText(n counts) string {
	switch {
	case n == counts{}:
		return ""
	case n.compiled+n.failed == 0:
		return words.Count(n.reused, "importer") + " reused"
	case n.reused == 0:
		return words.Count(n.compiled+n.failed, "importer") + " compiled"
	}
	return fmt.Sprintf("%s compiled, %d reused", words.Count(n.compiled+n.failed, "importer"), n.reused)
}

func isFirst(p event.BuildPackage) bool {
	return len(p.Reasons) > 0 && p.Reasons[0].Kind == "first"
}

// plain strips the test variant from an import path: "p [p.test]" is "p".
func plain(importPath string) string {
	path, _, _ := strings.Cut(importPath, " ")
	return path
}

// sorted returns a copy in the order of import paths.
func sorted(packages []event.BuildPackage) []event.BuildPackage {
	out := slices.Clone(packages)
	slices.SortStableFunc(out, func(a, b event.BuildPackage) int {
		return cmp.Or(cmp.Compare(a.ImportPath, b.ImportPath), cmp.Compare(a.Outcome, b.Outcome))
	})
	return out
}
