package testview

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/gust-go/gust/internal/report"
	"github.com/gust-go/gust/internal/words"
)

// repaint shows the status line at every tick until stop is called.
func (g *Gust) repaint() {
	ticks, stopTicks := g.opts.Clock.Tick(repaintEvery)
	quit, done := make(chan struct{}), make(chan struct{})
	g.stop = func() {
		stopTicks()
		close(quit)
		<-done
		g.stop = func() {}
	}
	go func() {
		defer close(done)
		for {
			select {
			case <-quit:
				return
			case now := <-ticks:
				g.line.Set(g.status(now))
			}
		}
	}()
}

// status is the status line.
func (g *Gust) status(now time.Time) string {
	g.mu.Lock()
	defer g.mu.Unlock()
	text := fmt.Sprintf("[%s, %s", words.Count(g.tests, "test"), words.Count(g.ended, "package"))
	if g.failed > 0 {
		text += fmt.Sprintf(", %d failed", g.failed)
	}
	text += "] " + report.Duration(now.Sub(g.began))
	if what := g.busy(now); what != "" {
		text += "  " + what
	}
	runes := []rune(text)
	if width := g.opts.Width() - 1; len(runes) > width {
		runes = runes[:max(width, 0)]
	}
	return string(runes)
}

// busy names what is going on: the tests that run, the oldest first, or else
// what was compiled last.
func (g *Gust) busy(now time.Time) string {
	names := g.Running(now)
	if len(names) == 0 {
		return g.current
	}
	text := strings.Join(names[:min(len(names), 3)], ", ")
	if more := len(names) - 3; more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text
}

// Running lists the tests that run, the oldest first, and for how long. Tests
// with subtests that run are left out for these.
func (g *Gust) Running(now time.Time) []string {
	outer := make(map[test]bool)
	for t := range g.running {
		for i, c := range t.name {
			if c == '/' {
				outer[test{t.pkg, t.name[:i]}] = true
			}
		}
	}
	var all []test
	for t := range g.running {
		if !outer[t] {
			all = append(all, t)
		}
	}
	slices.SortFunc(all, func(a, b test) int {
		return cmp.Or(g.running[a].Compare(g.running[b]), cmp.Compare(a.pkg, b.pkg), cmp.Compare(a.name, b.name))
	})
	names := make([]string, len(all))
	for i, t := range all {
		names[i] = fmt.Sprintf("%s %s (%s)", lastElement(t.pkg), t.name, report.Duration(now.Sub(g.running[t])))
	}
	return names
}

// lastElement shortens an import path to what tells packages apart at a
// glance.
func lastElement(path string) string { return path[strings.LastIndexByte(path, '/')+1:] }
