package testview

import (
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"gotest.tools/gotestsum/testjson"

	"github.com/gust-go/gust/internal/event"
	"github.com/gust-go/gust/internal/report"
	"github.com/gust-go/gust/internal/words"
)

// Options say how a [Gust] view shows a run. The zero value of every field
// but the writers and the clock is usable.
type Options struct {
	// Out receives results, Err progress.
	Out, Err io.Writer
	// Live repaints a status line on Err and shows failures at once; else the
	// output is that of go test, package by package, with a summary.
	Live bool
	// Verbose shows all output, as go test -v does.
	Verbose bool
	// Color allows colour in what goes to Out.
	Color bool
	// GitHub writes commands of GitHub's runner that fold what passed.
	GitHub bool
	// Width returns the number of columns of the terminal.
	Width func() int
	// Clock is the source of time.
	Clock report.Clock
	// Shown are the parts of the summary to show.
	Shown testjson.Summary
	// Repro returns a command that runs a test again; nil shows none.
	Repro func(pkg, test string) string
}

// repaintEvery is how often the status line may change.
const repaintEvery = 100 * time.Millisecond

// Gust shows a run in gust's own format. It is an event.Sink.
type Gust struct {
	opts Options
	line *report.Line // nil unless live
	out  io.Writer
	err  io.Writer
	stop func()

	mu       sync.Mutex
	began    time.Time
	running  map[test]time.Time
	failing  map[string][]string // text of failed tests by package, until it ends
	innerBad map[test]bool       // tests of which a subtest failed
	order    order
	palette
	stress  bool   // all tests run again and again
	current string // what is being compiled
	tests   int
	failed  int
	ended   int // packages
	Digest
}

// A test is named by its package and its name in it.
type test struct{ pkg, name string }

// New returns a view. The caller must Close it.
func New(opts Options) *Gust {
	g := &Gust{
		opts: opts, out: opts.Out, err: opts.Err, stop: func() {}, began: opts.Clock.Now(),
		palette: palette(opts.Color), running: make(map[test]time.Time), failing: make(map[string][]string), innerBad: make(map[test]bool),
	}
	g.order.fold = opts.GitHub
	if opts.Live {
		g.line = report.NewLine(opts.Err)
		g.out, g.err = g.line.Writer(opts.Out), g.line.Writer(opts.Err)
	}
	return g
}

// Begin puts the status line up.
func (g *Gust) Begin() {
	if g.line != nil {
		g.repaint()
	}
}

// Gathered is what summaries show.
func (g *Gust) Gathered() *Digest { return &g.Digest }

// Stderr is where to write what is neither result nor progress.
func (g *Gust) Stderr() io.Writer { return g.err }

// Close removes the status line.
func (g *Gust) Close() {
	g.stop()
	if g.line != nil {
		g.line.Set("")
	}
}

// Err shows a line of go's stderr.
func (g *Gust) Err(text string) error {
	_, err := io.WriteString(g.err, text+"\n")
	return err
}

// Foreign shows what stands in the stream but is no event.
func (g *Gust) Foreign(text []byte) { _, _ = g.err.Write(text) }

// Event implements testjson.EventHandler; everything comes through Emit.
func (g *Gust) Event(testjson.TestEvent, *testjson.Execution) error { return nil }

// BeforeRerun implements testrun.View.
func (g *Gust) BeforeRerun(*testjson.Execution) {}

// Emit implements event.Sink.
func (g *Gust) Emit(e event.Event) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.Digest.Emit(e)
	switch e := e.(type) {
	case event.BuildPackage:
		g.current = e.ImportPath
	case event.TestStart:
		g.running[test{e.Package, e.Test}] = g.opts.Clock.Now()
	case event.TestOutput:
		g.print(g.order.output(e.Package, e.Text))
	case event.TestCase:
		g.testCase(e)
	case event.TestPackage:
		g.pkg(e)
	case event.TestSlow, event.TestStatus:
		_, _ = io.WriteString(g.err, g.notice(e))
	case event.TestRerun:
		g.print(fmt.Sprintf("\n%s %d: %s\n", g.paint(yellow, "RERUN"), e.Run, words.Count(e.Tests, "test")))
	case event.TestHostNetwork:
		g.print(fmt.Sprintf("%s on the host's network, since it tried to reach %s: %s\n", g.paint(yellow, "AGAIN"), visible(strings.Join(e.Reached, ", ")), e.Package))
	case event.TestDiagnosing:
		which := words.Count(e.Tests, "test")
		if e.Tests < e.Of {
			which = fmt.Sprintf("%d of %d tests", e.Tests, e.Of)
		}
		g.print(fmt.Sprintf("%s %s in other ways, %s each\n", g.paint(yellow, "DIAGNOSE"), which, words.Count(e.Runs, "run")))
	case event.TestRepeat:
		g.repeat(e)
	case event.TestSummary:
		g.print(g.order.rest() + g.summary(e))
	}
}

func (g *Gust) print(text string) {
	if text != "" {
		// Nobody is left to tell if stdout is closed.
		_, _ = io.WriteString(g.out, text)
	}
}

func (g *Gust) testCase(c event.TestCase) {
	delete(g.running, test{c.Package, c.Test})
	g.tests++
	switch {
	case c.Outcome == event.Passed && c.Run > 0 && !g.stress && g.Digest.failedBefore(c):
		g.show(c.Package, fmt.Sprintf("--- %s: %s (passed in run %d)\n", g.paint(yellow, "FLAKY"), c.Test, c.Run+1))
	case c.Outcome == event.TestFailed, c.Outcome == event.Unfinished:
		g.failed++
		// A slash may be part of a name, so any of them may be a test's end.
		for i, char := range c.Test {
			if char == '/' {
				g.innerBad[test{c.Package, c.Test[:i]}] = true
			}
		}
		g.show(c.Package, g.failure(c))
	}
}

// show prints the text about a test now or when its package ends.
func (g *Gust) show(pkg, text string) {
	switch {
	case g.opts.Verbose: // the stream has it
	case g.opts.Live:
		g.print(text)
	default:
		g.failing[pkg] = append(g.failing[pkg], text)
	}
}

// failure is the text about a failed test. That a test failed whose subtest
// did needs no saying unless it has something to say itself.
func (g *Gust) failure(c event.TestCase) string {
	key := test{c.Package, c.Test}
	inner := g.innerBad[key]
	delete(g.innerBad, key)
	if inner && c.Output == "" {
		return ""
	}
	took := fmt.Sprintf("%.2fs", time.Duration(c.ElapsedNS).Seconds())
	if c.Outcome == event.Unfinished {
		took = "did not finish"
	}
	head := fmt.Sprintf("--- %s: %s (%s)", g.paint(red, "FAIL"), c.Test, took)
	if g.opts.Live {
		head += "  " + c.Package
	}
	return head + "\n" + endLine(c.Output)
}

// repeat begins a run of --stress.
func (g *Gust) repeat(e event.TestRepeat) {
	of := ""
	if e.Of > 0 {
		of = fmt.Sprintf(" of %d", e.Of)
	}
	g.stress = true
	g.print(fmt.Sprintf("%s %d%s\n", g.paint(dim, "RUN"), e.Run, of))
}

func (g *Gust) pkg(p event.TestPackage) {
	g.ended++
	// go says on stderr why it could not build, and once.
	if p.ErrorsWith == "" {
		_, _ = io.WriteString(g.err, endLine(p.BuildOutput))
	}
	var text string
	if !g.opts.Verbose {
		text += strings.Join(g.failing[p.Package], "") + endLine(p.Output)
		delete(g.failing, p.Package)
		text += g.pkgLine(p)
	}
	g.print(g.order.end(p.Package, text))
}

// pkgLine is go's line about a package. Live, what took no time needs none.
func (g *Gust) pkgLine(p event.TestPackage) string {
	bad := p.Outcome == event.TestFailed || p.Outcome == event.BuildFailed
	switch {
	case bad && p.Line == "":
		return g.paint(red, "FAIL") + "\t" + p.Package + "\n"
	case bad:
		return g.paint(red, "FAIL") + strings.TrimPrefix(p.Line, "FAIL") + "\n"
	case p.Line == "", g.stress && p.Run > 0, g.opts.Live && p.Coverage == "" && (p.Cached || p.Outcome == event.NoTests):
		return ""
	case strings.HasPrefix(p.Line, "ok "):
		return g.paint(green, "ok") + p.Line[2:] + "\n"
	}
	return p.Line + "\n"
}

// endLine ends text that is not empty in a newline.
func endLine(text string) string {
	if text == "" || strings.HasSuffix(text, "\n") {
		return text
	}
	return text + "\n"
}
