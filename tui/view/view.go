// Package view makes the text of a screen from a state: it knows sizes, colours
// and the width of characters, and nothing of where the state comes from.
package view

import (
	"fmt"
	"strings"
	"time"

	"github.com/charmbracelet/x/ansi"

	"github.com/gust-go/gust/internal/words"
	"github.com/gust-go/gust/tui/state"
)

// The smallest screen that has room for more than a line, and the smallest that
// has it for what is behind the selected row.
const (
	MinWidth  = 60
	MinHeight = 15
	wide      = 110
)

// Options say how to draw.
type Options struct {
	Width, Height int
	// Color allows escape sequences for colours, of the terminal's own sixteen,
	// and for bold, faint and reversed text.
	Color bool
	// ASCII keeps to it.
	ASCII bool
	// Title is what the packages are those of, such as the name of a folder.
	Title string
	// Now is the time to tell the age of runs by.
	Now time.Time
}

// Chrome is how many lines of the screen are no rows.
const Chrome = 4

type view struct {
	o  Options
	s  *state.State
	st styles
}

// View is the screen, Height lines of at most Width cells.
func View(s *state.State, o Options) string {
	if o.Width <= 0 || o.Height <= 0 {
		return ""
	}
	v := &view{o: o, s: s, st: newStyles(o.Color)}
	if o.Width < MinWidth || o.Height < MinHeight {
		return v.fit("gust: "+s.Status(o.Now), o.Width)
	}
	lines := []string{v.tabs(), v.status(), v.rule()}
	body := o.Height - Chrome
	switch {
	case s.ShowHelp:
		lines = append(lines, v.help(body)...)
	case s.Detail != nil:
		lines = append(lines, v.detail(s.Detail, s.DetailTop, o.Width, body)...)
	case o.Width >= wide:
		lines = append(lines, v.split(body)...)
	default:
		lines = append(lines, v.rows(o.Width, body)...)
	}
	for len(lines) < o.Height-1 {
		lines = append(lines, "")
	}
	return strings.Join(append(lines, v.bottom()), "\n")
}

// tabs names the panes, with what came of their last runs; the one that is shown
// is in brackets. What it is about is at the right.
func (v *view) tabs() string {
	var b strings.Builder
	width := 0
	for i, name := range state.Names() {
		p := state.Pane(i)
		sign, ink := v.sign(v.s.Mark(p))
		if sign = " " + sign; sign == "  " || v.o.Width < 80 {
			sign = ""
		}
		text := fmt.Sprintf(" %d %s", i+1, name)
		if p == v.s.Pane {
			b.WriteString(v.st.tab.Render("[" + text[1:] + sign + "]"))
		} else {
			b.WriteString(text + ink.Render(sign) + " ")
		}
		width += len(text) + ansi.StringWidth(sign) + 1
	}
	title := v.fit(v.o.Title, v.o.Width-width-2)
	gap := v.o.Width - width - ansi.StringWidth(title)
	if v.o.Width < 80 || gap < 1 {
		return strings.TrimRight(b.String(), " ")
	}
	return strings.TrimRight(b.String()+strings.Repeat(" ", gap)+v.st.dim.Render(title), " ")
}

func (v *view) status() string {
	text := v.s.Status(v.o.Now)
	switch {
	case v.s.Filtering:
		text = "filter: " + v.s.Filter + "_"
	case v.s.Filter != "":
		text = fmt.Sprintf("filter: %s (%s; esc shows all)", v.s.Filter, words.Count(len(v.s.Rows()), "line"))
	}
	return v.fit(" "+text, v.o.Width)
}

// rule is a line, with where in the rows or the text the screen is.
func (v *view) rule() string {
	at, of := v.s.Selected()+1, len(v.s.Rows())
	where := ""
	switch {
	case v.s.ShowHelp:
		where = " keys; up and down scroll, any other goes back "
	case v.s.Detail != nil:
		where = fmt.Sprintf(" line %d of %d, esc goes back ", v.s.DetailTop+1, len(v.s.Detail))
	case of > 0:
		where = fmt.Sprintf(" %d of %d ", at, of)
	}
	line := strings.Repeat("─", max(0, v.o.Width-len(where)-2)) + where + "──"
	return v.st.dim.Render(v.fit(line, v.o.Width))
}

// split shows the rows and, beside them, what is behind the selected one.
func (v *view) split(height int) []string {
	left := v.o.Width * 3 / 5
	right := v.o.Width - left - 3
	rows := v.rows(left, height)
	var text []string
	if i := v.s.Selected(); i >= 0 {
		if d := v.s.Rows()[i].Detail; d != nil {
			text = v.detail(strings.Split(strings.TrimRight(d(), "\n"), "\n"), 0, right, height)
		}
	}
	bar := v.st.dim.Render(v.fit("│", 1))
	lines := make([]string, height)
	for i := range lines {
		row := ""
		if i < len(rows) {
			row = rows[i]
		}
		lines[i] = row + strings.Repeat(" ", max(0, left-ansi.StringWidth(row))) + " " + bar
		if i < len(text) {
			lines[i] = strings.TrimRight(lines[i]+" "+text[i], " ")
		}
	}
	return lines
}

func (v *view) rows(width, height int) []string {
	rows := v.s.Rows()
	top := v.s.Top[v.s.Pane]
	var lines []string
	for i := top; i < len(rows) && len(lines) < height; i++ {
		lines = append(lines, v.row(rows[i], i == v.s.Selected(), width))
	}
	return lines
}

// barWidth is how wide the bars are that show when something ran.
const barWidth = 16

// row is a line: where the selection is, the mark, the text, and the note at the
// right, of which at most half of the line is shown.
func (v *view) row(r state.Row, selected bool, width int) string {
	sign, st := v.sign(r.Mark)
	note := r.Note
	if !r.Since.IsZero() {
		note = strings.TrimSpace(note + " " + v.o.Now.Sub(r.Since).Truncate(time.Second).String())
	}
	note = v.fit(note, width/2)
	bar := ""
	if r.To > r.From && width >= 64 {
		bar = v.bar16(r.From, r.To) + " "
	}
	front := "  "
	if selected {
		front = "> "
	}
	front += strings.Repeat("  ", min(r.Depth, 8)) + v.fold(r.Fold) + " "
	if sign += " "; r.Head && r.Mark == state.None {
		sign = ""
	}
	room := width - ansi.StringWidth(front+sign) - ansi.StringWidth(bar) - ansi.StringWidth(note) - 1
	text := v.fit(r.Text, room)
	aside := v.fit(r.Aside, room-ansi.StringWidth(text)-2)
	if ansi.StringWidth(aside) < 8 {
		aside = "" // of which nothing can be made out
	} else {
		aside = "  " + aside
	}
	gap := strings.Repeat(" ", max(1, room-ansi.StringWidth(text+aside)+1))
	if selected {
		line := strings.TrimRight(front+sign+text+aside+gap+bar+note, " ")
		if v.o.Color { // as wide as the pane
			line += strings.Repeat(" ", max(0, width-ansi.StringWidth(line)))
		}
		return v.st.selected.Render(line)
	}
	style := v.st.plain
	if r.Head {
		style = v.st.bold
	}
	return strings.TrimRight(front+st.Render(sign)+style.Render(text)+v.st.dim.Render(aside)+gap+v.st.cyan.Render(bar)+v.st.dim.Render(note), " ")
}

// bar16 is a part of a whole.
func (v *view) bar16(from, to float64) string {
	full, rest := "█", "·"
	if v.o.ASCII {
		full, rest = "#", "."
	}
	a := min(barWidth-1, max(0, int(from*barWidth)))
	b := min(barWidth, max(a+1, int(to*barWidth+0.5)))
	return strings.Repeat(rest, a) + strings.Repeat(full, b-a) + strings.Repeat(rest, barWidth-b)
}

// detail shows a text. It may be as long as what a test wrote, so only what is
// shown is looked at.
func (v *view) detail(text []string, top, width, height int) []string {
	var lines []string
	for i := top; i < len(text) && len(lines) < height; i++ {
		line := clean(strings.ReplaceAll(text[i], "\t", "    "))
		if len(line) > 8*width*height {
			line = line[:8*width*height] // more has no room, and takes time
		}
		for part := range strings.SplitSeq(ansi.Wrap(line, width, ""), "\n") {
			part = v.fit(part, width)
			if i == 0 {
				part = v.st.bold.Render(part)
			}
			lines = append(lines, part)
		}
	}
	return lines[:min(len(lines), height)]
}

// bottom is what there is to say, or else the keys.
func (v *view) bottom() string {
	if v.s.Message != "" {
		return v.st.bold.Render(v.fit(" "+v.s.Message, v.o.Width))
	}
	return v.bar()
}
