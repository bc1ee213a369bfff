package view

import (
	"io"
	"strings"
	"unicode"

	"github.com/charmbracelet/lipgloss"
	"github.com/charmbracelet/x/ansi"
	"github.com/muesli/termenv"

	"github.com/gust-go/gust/tui/state"
)

// styles are how things look. Text keeps the terminal's own colours and is bold,
// faint or reversed; of the sixteen colours only signs and bars have any. So it
// can be read on dark and on light, and nobody has to ask the terminal which.
type styles struct {
	plain, bold, dim, tab, selected lipgloss.Style
	red, green, yellow, cyan        lipgloss.Style
}

func newStyles(color bool) styles {
	r := lipgloss.NewRenderer(io.Discard)
	r.SetHasDarkBackground(true) // or else it would be asked for
	r.SetColorProfile(termenv.Ascii)
	if color {
		r.SetColorProfile(termenv.ANSI)
	}
	s := r.NewStyle()
	ink := func(c string) lipgloss.Style { return s.Foreground(lipgloss.Color(c)) }
	return styles{
		plain: s, bold: s.Bold(true), dim: s.Faint(true), tab: s.Bold(true).Reverse(true), selected: s.Reverse(true),
		red: ink("1"), green: ink("2"), yellow: ink("3").Bold(true), cyan: ink("6").Bold(true),
	}
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

// more stands for what has no room.
func (v *view) more() string {
	if v.o.ASCII {
		return "~"
	}
	return "…"
}

// fit cleans a text and cuts it to a width.
func (v *view) fit(text string, width int) string {
	text = clean(text)
	if v.o.ASCII {
		text = strings.Map(func(r rune) rune {
			if r > unicode.MaxASCII {
				return asciiOf(r)
			}
			return r
		}, text)
	}
	return ansi.Truncate(text, max(0, width), v.more())
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
	case '→':
		return '>'
	case '…':
		return '~'
	}
	return '?'
}

// sign is what stands for a mark; its meaning does not need the colour.
func (v *view) sign(m state.Mark) (text string, st lipgloss.Style) {
	i := 0
	if v.o.ASCII {
		i = 1
	}
	switch m {
	case state.OK:
		return [2]string{"✓", "+"}[i], v.st.green
	case state.Fail:
		return [2]string{"✗", "X"}[i], v.st.red
	case state.Running:
		return [2]string{"●", "*"}[i], v.st.cyan
	case state.Skipped:
		return "-", v.st.dim
	case state.Flaky:
		return "~", v.st.yellow
	case state.Warning:
		return "!", v.st.yellow
	case state.Unknown:
		return "?", v.st.yellow
	case state.Info:
		return "i", v.st.dim
	}
	return " ", v.st.plain
}

// fold is the sign of a row that has others below it.
func (v *view) fold(f state.Fold) string {
	i := 0
	if v.o.ASCII {
		i = 1
	}
	switch f {
	case state.Folded:
		return [2]string{"▸", ">"}[i]
	case state.Unfolded:
		return [2]string{"▾", "v"}[i]
	}
	return " "
}
