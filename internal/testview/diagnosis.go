package testview

import (
	"fmt"
	"strings"

	"github.com/gust-go/gust/internal/event"
)

// because says what the cause of a failure means.
var because = map[string]string{
	event.CauseNetwork:         "passes on the machine's network: it needs something there",
	event.CauseDisk:            "passes with temporary files in memory: it depends on how fast the disk is, or on its kind",
	event.CauseSandbox:         "passes without a sandbox: it needs something of the machine",
	event.CauseOthers:          "passes alone: it depends on what other tests of its package leave behind",
	event.CauseParallel:        "passes with -cpu=1: a race, or too much at the same time",
	event.CauseOrder:           "depends on the order of the tests of its package",
	event.CauseItself:          "fails in whatever way it runs: nothing around it makes a difference",
	event.CauseChance:          "fails now and then, and nothing around it makes a difference",
	event.CauseNeedsOthers:     "fails alone: it needs other tests of its package to run before",
	event.CauseNeedsCPUs:       "fails with -cpu=1: it needs several processors, or much time",
	event.CauseNeedsDisk:       "fails with temporary files in memory",
	event.CauseNeedsOwnNetwork: "fails on the machine's network, as a port that is taken there",
	event.CauseNeedsSandbox:    "fails without a sandbox: something on the machine is in its way",
	event.CauseGone:            "did not fail again, in whatever way it ran",
}

// Diagnosed says what failed tests depend on, and how they did in other ways.
func (d *Digest) Diagnosed() string {
	var b strings.Builder
	for _, e := range d.Diagnoses {
		text := because[e.Cause]
		if e.After != "" {
			text = "passes alone, fails after " + e.After
		}
		if e.Sometimes && e.Cause != event.CauseChance {
			text += "; fails only at times"
		}
		fmt.Fprintf(&b, "  why    %s %s  %s\n        ", e.Package, visible(e.Test), visible(text))
		for i, t := range e.Tries {
			if i > 0 {
				b.WriteString(",")
			}
			fmt.Fprintf(&b, " %s %d of %d", t.Way, t.Passed, t.Runs)
			if t.Flag != "" && t.Passed < t.Runs && t.Passed > 0 {
				fmt.Fprintf(&b, " (not with %s)", t.Flag)
			}
		}
		b.WriteString("\n")
	}
	if b.Len() > 0 {
		b.WriteString("         (how often it passed)\n")
	}
	return b.String()
}
