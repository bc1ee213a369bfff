package report

import (
	"fmt"
	"io"
	"strings"
	"time"
	"unicode"

	"github.com/gust-go/gust/internal/event"
)

// counts is how many compiles ended how.
type counts struct{ compiled, reused, failed int }

func (c *counts) add(p event.BuildPackage) {
	switch p.Outcome {
	case event.Reused, event.Relinked:
		c.reused++
	case event.Failed:
		c.failed++
	default:
		c.compiled++
	}
}

func (c counts) String() string {
	text := fmt.Sprintf("%d compiled, %d reused", c.compiled, c.reused)
	if c.failed > 0 {
		text += fmt.Sprintf(", %d failed", c.failed)
	}
	return text
}

// quietFor is how long a build without compiles shows nothing on a terminal,
// so that one that is up to date does not flicker.
const quietFor = time.Second

// progress shows how far the build is.
func (r *Reporter) progress(now time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	elapsed := now.Sub(r.start)
	if r.line == nil {
		_, _ = fmt.Fprintf(r.opts.Err, "gust: %s, %s\n", r.counts, Duration(elapsed))
		return
	}
	if r.current == "" && elapsed < quietFor {
		return
	}
	text := fmt.Sprintf("[%s] %s  %s", r.counts, Duration(elapsed), r.current)
	r.line.Set(truncate(strings.TrimRight(text, " "), r.opts.Width()-1))
}

// truncate cuts text to a number of columns. Import paths are nearly always
// ASCII, so runes stand in for columns.
func truncate(text string, columns int) string {
	runes := []rune(text)
	if len(runes) <= columns {
		return text
	}
	return string(runes[:max(columns, 0)])
}

// Duration renders a duration for people: 12ms, 3.1s, 2m05s.
func Duration(d time.Duration) string {
	switch {
	case d < time.Second:
		return fmt.Sprintf("%dms", d.Milliseconds())
	case d < time.Minute:
		// Cut, not rounded: 59.96s must not become 60.0s.
		return fmt.Sprintf("%.1fs", d.Truncate(100*time.Millisecond).Seconds())
	}
	d = d.Truncate(time.Second)
	return fmt.Sprintf("%dm%02ds", int(d.Minutes()), int(d.Seconds())%60)
}

// Note renders an error or a warning (by its label) with its hint, ending in
// a newline. Errors quote files of the checkout and what go says of them, so
// control characters are shown rather than sent.
func Note(color bool, label, text, hint string) string {
	var b strings.Builder
	p := palette(color)
	b.WriteString("gust: ")
	if label != "" {
		b.WriteString(p.yellow(label) + ": ")
	}
	b.WriteString(shown(text) + "\n")
	if hint != "" {
		b.WriteString(p.dim("hint: ") + shown(hint) + "\n")
	}
	return b.String()
}

// shown is s with control characters as escapes, but for line breaks and tabs.
func shown(s string) string {
	var b strings.Builder
	for _, r := range s {
		if unicode.IsControl(r) && r != '\n' && r != '\t' {
			fmt.Fprintf(&b, "\\x%02x", r)
			continue
		}
		b.WriteRune(r)
	}
	return b.String()
}

// A palette colours text, or leaves it alone.
type palette bool

func (p palette) yellow(s string) string { return p.paint("33", s) }
func (p palette) green(s string) string  { return p.paint("32", s) }
func (p palette) red(s string) string    { return p.paint("31", s) }
func (p palette) dim(s string) string    { return p.paint("2", s) }

func (p palette) paint(code, s string) string {
	if !p || s == "" {
		return s
	}
	return "\x1b[" + code + "m" + s + "\x1b[0m"
}

// Red colours a word that names something grave, if color is set.
func Red(color bool, s string) string { return palette(color).red(s) }

// Yellow is for what is less grave than Red.
func Yellow(color bool, s string) string { return palette(color).yellow(s) }

// write is fmt.Fprint for a report that has already been put together.
func write(w io.Writer, b *strings.Builder) error {
	_, err := io.WriteString(w, b.String())
	return err
}
