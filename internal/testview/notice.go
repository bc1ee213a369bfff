package testview

import (
	"fmt"
	"strings"
	"time"

	"github.com/gust-go/gust/internal/event"
	"github.com/gust-go/gust/internal/report"
)

// notice is what goes to stderr while tests run, "" for other events.
func (p palette) notice(e event.Event) string {
	switch e := e.(type) {
	case event.TestSlow:
		took := report.Duration(time.Duration(e.RunningNS))
		if e.Killed {
			return fmt.Sprintf("%s %s %s has been running for %s; stopping the tests of its package\n", p.paint(red, "TIMEOUT"), e.Package, e.Test, took)
		}
		return fmt.Sprintf("%s %s %s has been running for %s\n", p.paint(yellow, "SLOW"), e.Package, e.Test, took)
	case event.TestStatus:
		if len(e.Running) == 0 {
			return "gust: no test is running\n"
		}
		var b strings.Builder
		for _, t := range e.Running {
			if t.Test == "" {
				fmt.Fprintf(&b, "%s %s outside of its tests\n", p.paint(yellow, "RUNNING"), t.Package)
				continue
			}
			fmt.Fprintf(&b, "%s %s %s for %s\n", p.paint(yellow, "RUNNING"), t.Package, t.Test, report.Duration(time.Duration(t.RunningNS)))
		}
		return b.String()
	}
	return ""
}

// A palette colours text, or leaves it alone.
type palette bool

type paint string

const (
	red    paint = "31"
	green  paint = "32"
	yellow paint = "33"
	dim    paint = "2"
)

func (p palette) paint(c paint, text string) string {
	if !p {
		return text
	}
	return "\x1b[" + string(c) + "m" + text + "\x1b[0m"
}
