package testview

import (
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"github.com/gust-go/gust/internal/event"
	"github.com/gust-go/gust/internal/report"
	"github.com/gust-go/gust/internal/words"
	"github.com/gust-go/gust/internal/workflow"
)

// GitHub renders what GitHub's runner and pages show of a run.
type GitHub struct {
	// Root is the directory that paths are given relative to.
	Root string
	// Work is go's working directory, which the compiler's paths start at.
	Work string
	// Dir returns the directory of a package, "" if unknown.
	Dir func(pkg string) string
	// Repro returns a command that runs a test again.
	Repro func(pkg, test string) string
}

// maxAnnotations is how many errors GitHub shows of one step.
const maxAnnotations = 10

// Annotations are commands that put errors at the lines they are about.
func (h GitHub) Annotations(d *Digest) string {
	var all []string
	for _, p := range d.Packages {
		file, line, text := buildError(p)
		all = append(all, annotation(workflow.Error, h.path(p.Package, file), line, p.Package, text))
	}
	for _, c := range d.Innermost() {
		all = append(all, annotation(workflow.Error, h.path(c.Package, c.File), c.Line, c.Package+" "+c.Test, c.Output))
	}
	if n := len(all); n > maxAnnotations {
		// Only so many are shown, so the last says what is missing.
		more := words.Counts(n-maxAnnotations+1, "more failure is", "more failures are") + " in the log"
		all = append(all[:maxAnnotations-1], annotation(workflow.Error, "", 0, "gust test", more))
	}
	for _, f := range d.Flaky {
		all = append(all, annotation(workflow.Warning, "", 0, f.Package+" "+f.Test, fmt.Sprintf("flaky: failed %d of %d runs", f.Failed, f.Runs)))
	}
	return strings.Join(all, "")
}

// buildError is what to say about a package that failed as a whole.
func buildError(p event.TestPackage) (file string, line int, text string) {
	text = p.BuildOutput
	if text == "" {
		text = p.Output
	}
	for _, l := range strings.Split(text, "\n") {
		var column int
		name, rest, ok := strings.Cut(l, ".go:")
		if ok && !strings.ContainsAny(name, " \t") {
			if n, _ := fmt.Sscanf(rest, "%d:%d", &line, &column); n > 0 {
				return "./" + strings.TrimPrefix(name+".go", "./"), line, l
			}
		}
	}
	return "", 0, text
}

// path makes the name of a file, as go prints it, relative to the root.
// Compilers name files relative to the working directory, with "./".
func (h GitHub) path(pkg, file string) string {
	switch {
	case file == "":
		return ""
	case strings.HasPrefix(file, "./"):
		file = filepath.Join(h.Work, file)
	case !filepath.IsAbs(file):
		dir := h.Dir(pkg)
		if dir == "" {
			return ""
		}
		file = filepath.Join(dir, file)
	}
	rel, err := filepath.Rel(h.Root, file)
	if err != nil || !filepath.IsLocal(rel) {
		return ""
	}
	return filepath.ToSlash(rel)
}

// annotation is one with the text about a place, which may be unknown.
func annotation(level, file string, line int, title, text string) string {
	return workflow.Annotation{Level: level, File: file, Line: line, Title: title, Text: text}.String()
}

// maxSummary is how much a step may write to its summary, and a little less:
// GitHub refuses all of it otherwise.
const maxSummary = 1000 << 10

// Markdown is the summary of a job: the verdict, what failed with its output
// and a command that runs it again, what is flaky, and what took longest.
func (h GitHub) Markdown(d *Digest) string {
	var b strings.Builder
	mark := "✅"
	if d.Sum.ExitCode != 0 {
		mark = "❌"
	}
	fmt.Fprintf(&b, "### %s go test: %s\n\n", mark, html(Verdict(d.Sum)))
	for _, p := range d.Packages {
		h.section(&b, p.Package, p.BuildOutput+p.Output, h.Repro(p.Package, ""))
	}
	for _, c := range d.Innermost() {
		h.section(&b, c.Package+" "+c.Test, c.Output, h.Repro(c.Package, c.Test))
	}
	for _, f := range d.Flaky {
		fmt.Fprintf(&b, "- ⚠️ flaky: %s %s failed %d of %d runs\n", code(f.Package), code(f.Test), f.Failed, f.Runs)
	}
	if len(d.Slowest) > 0 {
		b.WriteString("\n| slowest tests | |\n| --- | --- |\n")
	}
	for _, c := range d.Slowest {
		fmt.Fprintf(&b, "| %s | %s |\n", code(c.Package+" "+c.Test), report.Duration(time.Duration(c.ElapsedNS)))
	}
	return b.String()
}

// section is one failure. Once there is too much, only the names follow, and
// then nothing.
func (h GitHub) section(b *strings.Builder, title, output, repro string) {
	const room = 4 << 10
	if b.Len()+len(output)+room > maxSummary {
		if b.Len()+room < maxSummary {
			fmt.Fprintf(b, "- %s\n", code(title))
		}
		return
	}
	fmt.Fprintf(b, "<details><summary>%s</summary>\n\n", html(title))
	fence := fenceFor(output + repro)
	fmt.Fprintf(b, "%s\n%s\n%s\n\n%ssh\n%s\n%s\n\n</details>\n\n", fence, strings.TrimRight(output, "\n"), fence, fence, repro, fence)
}

// fenceFor is a fence of backquotes that does not stand in text.
func fenceFor(text string) string {
	fence := "```"
	for strings.Contains(text, fence) {
		fence += "`"
	}
	return fence
}

// code makes text a code span that does not end early, nor a table's cell.
func code(s string) string {
	return "`" + strings.NewReplacer("`", "'", "|", "\\|", "\n", " ").Replace(s) + "`"
}

func html(s string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", "\n", " ").Replace(s)
}
