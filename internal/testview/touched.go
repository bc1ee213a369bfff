package testview

import (
	"fmt"
	"strings"
	"time"

	"github.com/gust-go/gust/internal/event"
)

// Touched shows what tests of a package did. Paths below dir and home are
// shortened.
func Touched(e event.TestTouched, dir, home string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s  (recorded %s)\n", visible(e.Package), e.Time.Local().Format(time.DateTime))
	for _, t := range e.Touched {
		what := visible(shorten(t.What, dir, home))
		if t.Outside {
			what += " (outside)"
		}
		if t.Count > 1 {
			what += fmt.Sprintf(" (%d times)", t.Count)
		}
		fmt.Fprintf(&b, "  %-7s  %s", t.Kind, what)
		if t.Test != "" {
			fmt.Fprintf(&b, "  in %s", visible(t.Test))
		}
		b.WriteString("\n")
	}
	switch {
	case e.Lost > 0:
		fmt.Fprintf(&b, "  and perhaps more: of %d files that were opened, nothing is known\n", e.Lost)
	case e.Full:
		b.WriteString("  and more\n")
	case len(e.Touched) == 0:
		b.WriteString("  nothing\n")
	}
	return b.String()
}
