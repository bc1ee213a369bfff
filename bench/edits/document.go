package main

import (
	"fmt"
	"strings"

	"github.com/gust-go/gust/bench/internal/lab"
	"github.com/gust-go/gust/bench/internal/result"
)

// document renders what the program prints and keeps.
func document(b *bench, rows []row, machine string) string {
	var out strings.Builder
	label := b.Label
	if label == "" {
		label = "a module"
	}
	fmt.Fprintf(&out, "Builds of %s, `%s`, after an edit of `%s`.\n", label, b.Pkg, b.File)
	fmt.Fprintf(&out, "Rounds per edit: %d; times are medians. In each round the sides build in turn.\n\n", b.Runs)
	out.WriteString(table(b.Lab, rows).String())
	out.WriteString("\nThe figure before the plus sign counts compiles that ran, the one behind it compiles\n" +
		"that go asked for and gust answered from its store. \"Same\" says whether gust's program\n" +
		"equals go's byte for byte once the build IDs are blanked.\n\n")
	out.WriteString(memory(b))
	out.WriteString(machine)
	return out.String()
}

func table(l *lab.Lab, rows []row) *result.Table {
	t := &result.Table{Header: []string{"Edit", "go", "compiles"}}
	for _, s := range l.Gust() {
		t.Header = append(t.Header, s.Title, "ratio", "compiles", "same")
	}
	for _, r := range rows {
		goWall := result.Median(r.walls[0])
		cells := []string{r.title, result.Seconds(goWall), r.counts[0].String()}
		for i, s := range l.Gust() {
			wall := result.Median(r.walls[i+1])
			cells = append(cells, result.Seconds(wall), result.Ratio(wall, goWall),
				r.counts[i+1].String(), r.verdicts[i+1].Cell(s))
		}
		t.Add(cells...)
	}
	return t
}

// memory tells gust's own peak; the compiler's is go's affair.
func memory(b *bench) string {
	show := func(bytes int64) string {
		if bytes == 0 {
			return "not seen"
		}
		return result.MiB(bytes)
	}
	return fmt.Sprintf("Peak memory of one gust process, compiler and linker not included: `gust build` %s,\n"+
		"`gust toolexec` %s.\n\n", show(b.peak.Command), show(b.peak.Wrapper))
}

// badCases counts the cases in which a side broke its contract: an exact one
// by other bytes, any by a build that fails otherwise than go's.
func badCases(l *lab.Lab, rows []row) int {
	bad := 0
	for _, r := range rows {
		for i, s := range l.Sides {
			if r.verdicts[i].Breaks(s) {
				bad++
			}
		}
	}
	return bad
}
