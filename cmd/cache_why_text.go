package cmd

import (
	"fmt"
	"slices"
	"strings"

	"github.com/gust-go/gust/internal/event"
	"github.com/gust-go/gust/internal/words"
)

// maxFiles bounds how many files and dependencies are named.
const maxFiles = 10

// whyText says in words what an event says. Much of it was written by whoever can
// write to the remote cache.
func whyText(e event.CacheWhy) string {
	path := printable(e.ImportPath)
	other := "the remote cache's"
	if e.Where == "machine" {
		other = "that of another checkout on this machine"
	}
	switch e.Verdict {
	case whyFound:
		return path + ": nothing differs, the remote cache has what this compile makes\n"
	case whySame:
		return fmt.Sprintf("%s: the compiler gets the same as in %s; go's key is another for what it does not get,\n"+
			"such as the C compiler of cgo or what is stamped into a program (go version -m). gust build reuses the compile all the same\n", path, other)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s: this compile is not %s\n", path, other)
	for _, line := range whyLines(e) {
		fmt.Fprintf(&b, "  %s\n", line)
	}
	return b.String()
}

// whyLines are the differences: first what makes all packages differ.
func whyLines(e event.CacheWhy) (lines []string) {
	var here, there, files, imports, names []string
	is := func(kind string) bool {
		return slices.ContainsFunc(e.Differences, func(d event.CacheDifference) bool { return d.Kind == kind })
	}
	follows, toolchain, platform := false, is("toolchain"), is("platform")
	for _, d := range e.Differences {
		switch d.Kind {
		case "flag":
			if toolchain && strings.HasPrefix(d.Here+d.There, "-goversion=") {
				continue // that of the toolchain
			}
			here, there = appendSome(here, flagText(d.Here)), appendSome(there, flagText(d.There))
		case "file", "embed":
			files = append(files, fileText(d))
		case "import":
			imports = append(imports, importText(d))
			names = append(names, d.Subject)
		case "env":
			if !platform && (!toolchain || d.Subject != "GOROOT") { // which goes with it
				lines = append(lines, partText(d))
			}
			follows = true
		default:
			lines = append(lines, partText(d))
			follows = follows || d.Kind != "module"
		}
	}
	if len(here)+len(there) > 0 {
		follows = true
		lines = append(lines, "flags differ: "+sides(strings.Join(here, " "), strings.Join(there, " ")))
	}
	lines = append(lines, limited(files, "file", "files")...)
	switch {
	case len(imports) == 0:
	case follows:
		lines = append(lines, words.Counts(len(imports), "dependency differs", "dependencies differ")+", too, as can be expected then")
	case len(e.Roots) > 0 && len(e.Roots) < len(names):
		for _, root := range e.Roots[:min(len(e.Roots), maxFiles)] {
			lines = append(lines, fmt.Sprintf("dependency %s differs: gust cache why %s", foreign(root), foreign(root)))
		}
		lines = append(lines, fmt.Sprintf("and because of %s", words.Counts(len(names)-len(e.Roots), "dependency that imports it", "dependencies that import it")))
	default:
		lines = append(lines, limited(imports, "dependency", "dependencies")...)
	}
	return lines
}

func appendSome(list []string, text string) []string {
	if text == "" {
		return list
	}
	return append(list, text)
}

// limited cuts a list.
func limited(list []string, one, many string) []string {
	if len(list) <= maxFiles {
		return list
	}
	n := len(list) - maxFiles
	return append(list[:maxFiles:maxFiles], "and "+words.Counts(n, "more "+one, "more "+many))
}

// flagText is a flag of the compiler as one would write it.
func flagText(flag string) string { return foreign(strings.TrimSuffix(flag, "=true")) }

// sides says what is here and what there.
func sides(here, there string) string {
	switch {
	case here == "":
		return there + " there, not here"
	case there == "":
		return here + " here, not there"
	}
	return fmt.Sprintf("%s here, %s there", here, there)
}

func partText(d event.CacheDifference) string {
	here, there := foreign(d.Here), foreign(d.There)
	switch d.Kind {
	case "platform":
		return "the platform is another: " + sides(here, there)
	case "toolchain":
		return fmt.Sprintf("the toolchain is another (%s)", sides(here, there))
	case "path":
		return fmt.Sprintf("the checkout path is part of the key (use -trimpath): %s", sides(here, there))
	case "module":
		return "the module is another version: " + sides(here, there)
	}
	return fmt.Sprintf("%s differs: %s", foreign(d.Subject), sides(here, there))
}

func fileText(d event.CacheDifference) string {
	name, what := foreign(d.Subject), "file "
	switch {
	case d.Kind == "embed":
		what = "embedded file "
	case strings.HasPrefix(d.Subject, "-"):
		what = "the file of "
	case strings.HasPrefix(d.Subject, "$OBJ/"):
		what, name = "generated file ", strings.TrimPrefix(name, "$OBJ/")
	}
	switch {
	case d.Here == "":
		return what + name + " is there only"
	case d.There == "":
		return what + name + " is here only"
	}
	return what + name + " differs"
}

func importText(d event.CacheDifference) string {
	name := foreign(d.Subject)
	switch {
	case d.Here == "":
		return "dependency " + name + " is there only"
	case d.There == "":
		return "dependency " + name + " is here only"
	case d.Here == d.There:
		return fmt.Sprintf("dependency %s differs, but not its interface: gust cache why %s", name, name)
	}
	return fmt.Sprintf("dependency %s differs: gust cache why %s", name, name)
}

// foreign is text of somebody else's, for a terminal and no longer than a line.
func foreign(text string) string {
	const most = 200
	text = printable(strings.ReplaceAll(text, "\t", " "))
	if r := []rune(text); len(r) > most {
		return string(r[:most]) + "…"
	}
	return text
}
