// Package view makes the text of a screen from a state: it knows sizes, colours
// and the width of characters, and nothing of where the state comes from.
package view

import (
	"fmt"
	"strings"
	"time"
	"unicode"

	"github.com/charmbracelet/x/ansi"

	"github.com/gust-go/gust/tui/state"
)

// The smallest screen that has room for more than a line.
const (
	MinWidth  = 60
	MinHeight = 15
)

// Options say how to draw.
type Options struct {
	Width, Height int
	// Color allows escape sequences for colours, of the terminal's own sixteen,
	// which suit light and dark ones.
	Color bool
	// ASCII keeps to it.
	ASCII bool
	// Now is the time to tell the age of runs by.
	Now time.Time
}

// Chrome is how many lines of the screen are no rows.
const Chrome = 4

// View is the screen, Height lines of at most Width cells.
func View(s *state.State, o Options) string {
	if o.Width <= 0 || o.Height <= 0 {
		return ""
	}
	v := &view{o: o, s: s}
	if o.Width < MinWidth || o.Height < MinHeight {
		return v.fit("gust: "+s.Status(o.Now), o.Width)
	}
	lines := []string{v.tabs(), v.status()}
	body := o.Height - Chrome
	switch {
	case s.ShowHelp:
		lines = append(lines, v.help(body)...)
	case s.Detail != nil:
		lines = append(lines, v.detail(body)...)
	default:
		lines = append(lines, v.rows(body)...)
	}
	for len(lines) < o.Height-2 {
		lines = append(lines, "")
	}
	lines = append(lines, v.message(), v.bar())
	return strings.Join(lines, "\n")
}

type view struct {
	o Options
	s *state.State
}

// The attributes, as parameters of SGR.
const (
	bold    = "1"
	dim     = "2"
	reverse = "7"
	red     = "31"
	green   = "32"
	yellow  = "33"
	cyan    = "36"
)

func (v *view) paint(sgr, text string) string {
	if !v.o.Color || sgr == "" || text == "" {
		return text
	}
	return "\x1b[" + sgr + "m" + text + "\x1b[0m"
}

// clean takes out of a text what could move the cursor: it comes from a checkout.
func clean(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\t':
			return ' '
		case unicode.IsPrint(r):
			return r
		}
		return '\uFFFD'
	}, text)
}

// fit cleans a text and cuts it to a width.
func (v *view) fit(text string, width int) string {
	end := "…"
	text = clean(text)
	if v.o.ASCII {
		end = "~"
		text = strings.Map(func(r rune) rune {
			if r > unicode.MaxASCII {
				return asciiOf(r)
			}
			return r
		}, text)
	}
	return ansi.Truncate(text, max(0, width), end)
}

// asciiOf stands for what trees and separators are made of.
func asciiOf(r rune) rune {
	switch r {
	case '│', '├', '└':
		return '|'
	case '─':
		return '-'
	case '·':
		return '.'
	}
	return '?'
}

// tabs names the panes; the one that is shown is in brackets.
func (v *view) tabs() string {
	var b strings.Builder
	width := 0
	for i, name := range state.Names() {
		text := fmt.Sprintf(" %d %s ", i+1, name)
		sgr := dim
		if state.Pane(i) == v.s.Pane {
			text, sgr = fmt.Sprintf("[%d %s]", i+1, name), bold
		}
		if width += len(text); width > v.o.Width {
			break
		}
		b.WriteString(v.paint(sgr, text))
	}
	return strings.TrimRight(b.String(), " ")
}

func (v *view) status() string {
	text := v.s.Status(v.o.Now)
	switch {
	case v.s.Filtering:
		text = "filter: " + v.s.Filter + "_"
	case v.s.Filter != "":
		text = fmt.Sprintf("filter: %s (%d lines; esc shows all)", v.s.Filter, len(v.s.Rows()))
	}
	return v.fit(text, v.o.Width)
}

// sign is what stands for a mark; its meaning does not need the colour.
func (v *view) sign(m state.Mark) (text, sgr string) {
	i := 0
	if v.o.ASCII {
		i = 1
	}
	switch m {
	case state.OK:
		return [2]string{"✓", "+"}[i], green
	case state.Fail:
		return [2]string{"✗", "X"}[i], red
	case state.Running:
		return [2]string{"▸", ">"}[i], cyan
	case state.Skipped:
		return "-", dim
	case state.Flaky:
		return "~", yellow
	case state.Warning:
		return "!", yellow
	case state.Unknown:
		return "?", yellow
	case state.Info:
		return "i", dim
	}
	return " ", ""
}

func (v *view) rows(height int) []string {
	rows := v.s.Rows()
	if len(rows) == 0 {
		return nil
	}
	top := v.s.Top[v.s.Pane]
	var lines []string
	for i := top; i < len(rows) && len(lines) < height; i++ {
		lines = append(lines, v.row(rows[i], i == v.s.Selected()))
	}
	return lines
}

// row is a line: where the selection is, the mark, the text, and the note at the
// right, of which at most half of the line is shown.
func (v *view) row(r state.Row, selected bool) string {
	sign, sgr := v.sign(r.Mark)
	note := v.fit(r.Note, v.o.Width/2)
	front := "  "
	if selected {
		front = "> "
	}
	indent := strings.Repeat("  ", min(r.Depth, 8))
	room := v.o.Width - len(front) - len(indent) - 2 - ansi.StringWidth(note) - 1
	text := v.fit(r.Text, room)
	gap := strings.Repeat(" ", max(1, room-ansi.StringWidth(text)+1))
	if selected {
		line := strings.TrimRight(front+indent+sign+" "+text+gap+note, " ")
		if v.o.Color { // as wide as the screen
			line += strings.Repeat(" ", max(0, v.o.Width-ansi.StringWidth(line)))
		}
		return v.paint(reverse, line)
	}
	return strings.TrimRight(front+indent+v.paint(sgr, sign)+" "+text+gap+v.paint(dim, note), " ")
}

// detail shows a text. It may be as long as what a test wrote, so only what is
// shown is looked at.
func (v *view) detail(height int) []string {
	var lines []string
	for i := v.s.DetailTop; i < len(v.s.Detail) && len(lines) < height; i++ {
		line := clean(strings.ReplaceAll(v.s.Detail[i], "\t", "    "))
		if len(line) > 8*v.o.Width*height {
			line = line[:8*v.o.Width*height] // more has no room, and takes time
		}
		for part := range strings.SplitSeq(ansi.Wrap(line, v.o.Width, ""), "\n") {
			lines = append(lines, v.fit(part, v.o.Width))
		}
	}
	return lines[:min(len(lines), height)]
}

func (v *view) help(height int) []string {
	var lines []string
	for _, b := range state.Bindings() {
		lines = append(lines, v.fit(fmt.Sprintf("  %-18s %s", strings.Join(b.Keys, " "), b.Help), v.o.Width))
	}
	if len(lines) > height { // two columns
		half := (len(lines) + 1) / 2
		column := v.o.Width / 2
		var both []string
		for i := range half {
			line := v.fit(lines[i], column-1)
			if i+half < len(lines) {
				line += strings.Repeat(" ", column-ansi.StringWidth(line)) + v.fit(lines[i+half], v.o.Width-column)
			}
			both = append(both, line)
		}
		lines = both
	}
	return lines[:min(len(lines), height)]
}

func (v *view) message() string { return v.paint(yellow, v.fit(v.s.Message, v.o.Width)) }

// bar is the most important keys, as many as fit.
func (v *view) bar() string {
	var b strings.Builder
	for _, k := range state.Bindings() {
		if !k.Bar {
			continue
		}
		text := k.Keys[0] + " " + k.Help
		if b.Len() > 0 {
			text = "  " + text
		}
		if b.Len()+len(text) > v.o.Width {
			break
		}
		b.WriteString(text)
	}
	return v.paint(dim, b.String())
}
