// Package testview shows a test run: in one of gotestsum's formats, which
// package testjson renders, or in gust's own. It gets the events from package
// testrun and writes results to stdout, and what go and gust say besides to
// stderr.
package testview

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"

	"github.com/fatih/color"
	"gotest.tools/gotestsum/testjson"

	"github.com/gust-go/gust/internal/event"
)

// Default is the name of gust's own format.
const Default = "gust"

// Formats returns the names that --format takes.
func Formats() []string {
	return []string{Default, "dots", "dots-v2", "github-actions", "none", "pkgname", "pkgname-and-test-fails",
		"standard-json", "standard-quiet", "standard-verbose", "testdox", "testname"}
}

// synonyms are names that gotestsum takes besides.
func synonyms() []string {
	return []string{"debug", "dots-v1", "github-action", "gotestdox", "short", "short-verbose", "short-with-failures"}
}

// Icons returns the names that --format-icons takes.
func Icons() []string {
	return []string{"default", "codicons", "emoticons", "hivis", "octicons", "text"}
}

// ParseFormat checks the value of --format.
func ParseFormat(name string) error {
	if slices.Contains(Formats(), name) || slices.Contains(synonyms(), name) {
		return nil
	}
	return fmt.Errorf("%q is none of %s", name, strings.Join(Formats(), ", "))
}

// ParseSummary reads the value of --hide-summary: parts of the summary,
// separated by commas, that are not to be shown.
func ParseSummary(hide string) (testjson.Summary, error) {
	shown := testjson.SummarizeAll
	for _, name := range strings.Split(hide, ",") {
		part, ok := testjson.NewSummary(strings.TrimSpace(name))
		if !ok {
			return 0, fmt.Errorf("%q is none of skipped, failed, errors, output and all", name)
		}
		shown &^= part
	}
	return shown, nil
}

// SetColor switches colour on or off for all that testjson renders, which
// knows one switch for the whole program.
func SetColor(on bool) { color.NoColor = !on }

// Gotestsum shows a run as gotestsum does, byte for byte.
type Gotestsum struct {
	out, err  io.Writer
	formatter testjson.EventFormatter
	mu        sync.Mutex
	digest    Digest
}

// NewGotestsum returns a view in one of gotestsum's formats.
func NewGotestsum(out, err io.Writer, format string, opts testjson.FormatOptions) *Gotestsum {
	switch format {
	case "dots", "dots-v1", "dots-v2":
		// It would tear the rows of dots; the summary has it.
		err = io.Discard
	}
	return &Gotestsum{out: out, err: err, formatter: testjson.NewEventFormatter(out, format, opts)}
}

// Begin implements testrun.View.
func (g *Gotestsum) Begin() {}

// Event implements testjson.EventHandler.
func (g *Gotestsum) Event(e testjson.TestEvent, exec *testjson.Execution) error {
	return g.formatter.Format(e, exec)
}

// Err implements testjson.EventHandler.
func (g *Gotestsum) Err(text string) error {
	g.Foreign([]byte(text + "\n"))
	return nil
}

// Foreign shows what stands in the stream but is no event.
func (g *Gotestsum) Foreign(text []byte) {
	g.mu.Lock()
	defer g.mu.Unlock()
	// Nobody is left to tell if stderr is closed.
	_, _ = g.err.Write(text)
}

// BeforeRerun separates a run from the next.
func (g *Gotestsum) BeforeRerun(exec *testjson.Execution) {
	testjson.PrintSummary(g.out, exec, testjson.SummarizeNone)
	_, _ = io.WriteString(g.out, "\n")
}

// Emit implements event.Sink. testjson's events say most of what there is to
// show; what gotestsum does not know goes to stderr.
func (g *Gotestsum) Emit(e event.Event) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.digest.Emit(e)
	if text := palette(false).notice(e); text != "" {
		_, _ = io.WriteString(g.err, text)
	}
}

// Gathered is what summaries show.
func (g *Gotestsum) Gathered() *Digest { return &g.digest }

// Stderr is where to write what is neither result nor progress.
func (g *Gotestsum) Stderr() io.Writer { return g.err }

// Close implements what a view of gust's own needs.
func (g *Gotestsum) Close() {}
