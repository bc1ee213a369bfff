package report

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// A table lines up the rows of a report: label, package, reason, note.
type table struct{ rows []row }

type row struct {
	color func(string) string
	cells [4]string
}

// Columns wider than this push their own row out rather than everybody's.
const maxColumn = 60

func (t *table) add(color func(string) string, label, subject, reason, note string) {
	t.rows = append(t.rows, row{color, [4]string{label, subject, reason, note}})
}

// more says how many rows were left out.
func (t *table) more(label string, n int) {
	if n > 0 {
		t.add(func(s string) string { return s }, label, fmt.Sprintf("and %d more", n), "", "")
	}
}

func (t *table) render(b *strings.Builder) {
	var widths [4]int
	for _, r := range t.rows {
		for i, cell := range r.cells {
			if n := utf8.RuneCountInString(cell); n <= maxColumn {
				widths[i] = max(widths[i], n)
			}
		}
	}
	for _, r := range t.rows {
		text := "  " + r.color(r.cells[0]) + pad(r.cells[0], widths[0])
		for i, cell := range r.cells[1:] {
			text += "  " + cell + pad(cell, widths[i+1])
		}
		b.WriteString(strings.TrimRight(text, " ") + "\n")
	}
}

func pad(cell string, width int) string {
	return strings.Repeat(" ", max(0, width-utf8.RuneCountInString(cell)))
}
