package doctor

import (
	"context"
	"fmt"
	"go/version"
	"os"
	"path/filepath"
	"strings"
)

// checkGo says which go runs, and why.
func checkGo(_ context.Context, f *facts) []Finding {
	if f.chosen == nil {
		finding := Finding{ID: "go-missing", Level: Problem, Text: "there is no go command: " + f.noGo.Error(),
			Evidence: []string{"PATH=" + f.getenv("PATH")}, Consequence: "nothing can be built",
			Fix: "install Go from https://go.dev/dl"}
		for _, g := range f.gos {
			if g.ver != "" {
				finding.Evidence = append(finding.Evidence, describe(g))
				finding.Fix = `export PATH="$PATH:` + filepath.Dir(g.path) + `"`
			}
		}
		return []Finding{finding}
	}
	var all []Finding
	var evidence []string
	for _, g := range f.gos {
		evidence = append(evidence, describe(g))
		if g.err != nil && g.path == f.chosen.Path {
			all = append(all, Finding{ID: "go-broken", Level: Problem, Text: g.path + " does not work: " + g.err.Error(),
				Evidence: []string{describe(g)}, Consequence: "everything that needs go fails",
				Fix: "install Go anew from https://go.dev/dl, or put a go that works in front of it in PATH"})
		}
	}
	why := "it is the first in PATH"
	if value := f.getenv("GUST_GO"); value != "" {
		why = "GUST_GO=" + value + " names it"
	}
	all = append(all, Finding{ID: "go-chosen", Level: Info, Text: f.chosen.Path + " runs: " + why, Evidence: evidence})
	if f.envErr != nil {
		all = append(all, Finding{ID: "go-env", Level: Problem, Text: "go env fails here: " + f.envErr.Error(),
			Evidence: []string{"in " + f.Dir}, Consequence: "go refuses every command in this directory; what go would say of its settings is not examined",
			Fix: "gust doctor explain go-env"})
	}
	return all
}

// describe tells of one go in a line.
func describe(g foundGo) string {
	text := g.path
	if g.real != g.path {
		text += " -> " + g.real
	}
	switch {
	case g.gust:
		text += ": gust"
	case g.err != nil:
		text += ": " + g.err.Error()
	default:
		text += ": " + g.ver
	}
	if !g.inPath {
		text += " (not in PATH)"
	}
	return text
}

// first is the go in PATH that a shell runs, leaving gust out.
func (f *facts) first() *foundGo {
	for i, g := range f.gos {
		if g.inPath && !g.gust {
			return &f.gos[i]
		}
	}
	return nil
}

// newest is the newest go of a release that was found.
func (f *facts) newest() *foundGo {
	var best *foundGo
	for i, g := range f.gos {
		if version.IsValid(g.ver) && (best == nil || version.Compare(g.ver, best.ver) > 0) {
			best = &f.gos[i]
		}
	}
	return best
}

// checkShadow looks for a newer go behind the one that runs.
func checkShadow(_ context.Context, f *facts) []Finding {
	first, newest := f.first(), f.newest()
	if first == nil || newest == nil || !version.IsValid(first.ver) || version.Compare(newest.ver, first.ver) <= 0 {
		return nil
	}
	finding := Finding{ID: "go-shadow", Level: Warning,
		Text:        fmt.Sprintf("%s is %s and hides %s, which is %s", first.path, first.ver, newest.path, newest.ver),
		Evidence:    []string{describe(*first), describe(*newest), "PATH=" + f.getenv("PATH")},
		Consequence: "the older go is what runs, without a word; or it downloads a newer one each time a go.mod asks",
		Fix:         fmt.Sprintf(`export PATH="%s:$PATH"`, filepath.Dir(newest.path))}
	if pkg := f.distribution(first); pkg != "" {
		finding.Evidence = append(finding.Evidence, first.path+" comes from the distribution: "+pkg)
		finding.Fix += ", or remove the distribution's package"
	}
	return []Finding{finding}
}

// distribution says which package of the distribution a go belongs to, "" if
// it seems to be none.
func (f *facts) distribution(g *foundGo) string {
	lists, _ := filepath.Glob(filepath.Join(f.Root, "/var/lib/dpkg/info/golang*.list"))
	for _, list := range lists {
		data, err := os.ReadFile(list)
		if err != nil {
			continue
		}
		for line := range strings.Lines(string(data)) {
			if path := strings.TrimSpace(line); path == strings.TrimPrefix(g.path, f.Root) || path == strings.TrimPrefix(g.real, f.Root) {
				name, _, _ := strings.Cut(strings.TrimSuffix(filepath.Base(list), ".list"), ":")
				return name
			}
		}
	}
	for _, dir := range []string{"/usr/lib/go", "/usr/share/go", "/usr/lib/golang", "/snap"} {
		if strings.HasPrefix(g.real, filepath.Join(f.Root, dir)) {
			return "it lies in " + dir
		}
	}
	return ""
}

// checkPath looks for entries of PATH through which a directory can put
// programs in go's place.
func checkPath(_ context.Context, f *facts) []Finding {
	for i, dir := range filepath.SplitList(f.getenv("PATH")) {
		if filepath.IsAbs(dir) {
			continue
		}
		return []Finding{{ID: "path-relative", Level: Warning,
			Text:        fmt.Sprintf("entry %d of PATH is %q, which is the current directory or below it", i+1, dir),
			Evidence:    []string{"PATH=" + f.getenv("PATH")},
			Consequence: "a checkout can put programs of its own in the place of others; go and gust skip the entry, other programs do not",
			Fix:         "remove the entry from PATH"}}
	}
	return nil
}
