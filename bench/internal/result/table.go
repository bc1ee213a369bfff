// Package result turns measurements into the Markdown that a benchmark prints
// and keeps in a document: medians and ratios, tables, and the marked block of
// the document that belongs to the benchmark.
package result

import (
	"strings"
	"unicode/utf8"
)

// A Table is a Markdown table. The first column is left-aligned, the others
// hold figures and are right-aligned.
type Table struct {
	Header []string
	Rows   [][]string
}

// Add appends a row.
func (t *Table) Add(cells ...string) { t.Rows = append(t.Rows, cells) }

// String renders the table with padded cells, so that it can be read both as
// Markdown and on a terminal.
func (t *Table) String() string {
	rows := append([][]string{t.Header}, t.Rows...)
	width := make([]int, len(t.Header))
	for _, row := range rows {
		for i, cell := range row {
			width[i] = max(width[i], utf8.RuneCountInString(escape(cell)), 3)
		}
	}
	var out strings.Builder
	for i, row := range rows {
		writeRow(&out, row, width)
		if i == 0 {
			writeRule(&out, width)
		}
	}
	return out.String()
}

func writeRow(out *strings.Builder, row []string, width []int) {
	for i, w := range width {
		cell := ""
		if i < len(row) {
			cell = escape(row[i])
		}
		pad := strings.Repeat(" ", w-utf8.RuneCountInString(cell))
		if i == 0 {
			out.WriteString("| " + cell + pad + " |")
		} else {
			out.WriteString(" " + pad + cell + " |")
		}
	}
	out.WriteByte('\n')
}

func writeRule(out *strings.Builder, width []int) {
	for i, w := range width {
		if i == 0 {
			out.WriteString("| " + strings.Repeat("-", w) + " |")
		} else {
			out.WriteString(" " + strings.Repeat("-", w-1) + ": |")
		}
	}
	out.WriteByte('\n')
}

// escape keeps a cell in its cell: commit subjects hold anything.
func escape(cell string) string {
	cell = strings.Join(strings.Fields(cell), " ")
	return strings.NewReplacer(`\`, `\\`, "|", `\|`, "<", "&lt;").Replace(cell)
}
