package main

import (
	"fmt"
	"strings"

	"github.com/gust-go/gust/bench/internal/gitrepo"
	"github.com/gust-go/gust/bench/internal/lab"
	"github.com/gust-go/gust/bench/internal/result"
	"github.com/gust-go/gust/bench/internal/side"
)

// document renders what the program prints and keeps.
func document(l *lab.Lab, o options, r gitrepo.Range, steps []step, machine string) string {
	var out strings.Builder
	label := o.Label
	if label == "" {
		label = "a repository"
	}
	fmt.Fprintf(&out, "Builds of %s, `%s`, after each of %d consecutive first-parent commits that touch\n"+
		"non-test Go files, from the one after %s on.\n\n", label, o.Pkg, len(steps), r.Base.Short())
	out.WriteString(table(l, steps).String())
	out.WriteString("\nThe figure before the plus sign counts compiles that ran, the one behind it compiles\n" +
		"that go asked for and gust answered from its store. \"Same\" says whether gust's program\n" +
		"equals go's byte for byte once the build IDs are blanked.\n")
	switch n := excluded(steps); n {
	case 0:
	case 1:
		out.WriteString("1 of these commits does not build and is not part of the sum.\n")
	default:
		fmt.Fprintf(&out, "%d of these commits do not build and are not part of the sum.\n", n)
	}
	out.WriteString("\n" + machine)
	return out.String()
}

func table(l *lab.Lab, steps []step) *result.Table {
	t := &result.Table{Header: []string{"Commit", "go", "compiles"}}
	for _, s := range l.Gust() {
		t.Header = append(t.Header, s.Title, "ratio", "compiles", "same")
	}
	for _, st := range steps {
		t.Add(cells(l, title(st.Commit), st.Round)...)
	}
	sum := total(len(l.Sides), steps)
	t.Add(cells(l, "**total**", sum)...)
	return t
}

func cells(l *lab.Lab, title string, r lab.Round) []string {
	wall := r.Results[0].Wall
	row := []string{title, seconds(r, 0), r.Results[0].Counts.String()}
	for i, s := range l.Gust() {
		res, verdict := r.Results[i+1], r.Verdicts[i+1]
		ratio := "–"
		if r.OK() {
			ratio = result.Ratio(res.Wall, wall)
		}
		row = append(row, seconds(r, i+1), ratio, res.Counts.String(), verdict.Cell(s))
	}
	return row
}

func seconds(r lab.Round, i int) string {
	if r.Results[i].Exit != 0 {
		return "fails"
	}
	return result.Seconds(r.Results[i].Wall)
}

// title is a commit's first cell: subjects are cut to keep the table narrow.
func title(c gitrepo.Commit) string {
	const limit = 50
	subject := []rune(c.Subject)
	if len(subject) > limit {
		subject = append(subject[:limit-1], '…')
	}
	return c.Short() + " " + string(subject)
}

// total adds up the steps in which every side built its program, in the form
// of a round.
func total(sides int, steps []step) lab.Round {
	sum := lab.Round{Results: make([]side.Result, sides), Verdicts: make([]lab.Verdict, sides)}
	for i := range sum.Results {
		sum.Results[i].Counts = new(side.Counts)
	}
	for _, st := range steps {
		for i, v := range st.Verdicts {
			if v != lab.FailsAlike {
				sum.Verdicts[i] = max(sum.Verdicts[i], v)
			}
		}
		if !st.OK() {
			continue
		}
		for i, res := range st.Results {
			sum.Results[i].Wall += res.Wall
			sum.Results[i].Counts.Add(res.Counts)
		}
	}
	return sum
}

func excluded(steps []step) int {
	n := 0
	for _, st := range steps {
		if !st.OK() {
			n++
		}
	}
	return n
}

// badSteps counts the steps in which a side broke its contract.
func badSteps(l *lab.Lab, steps []step) int {
	bad := 0
	for _, st := range steps {
		for i, s := range l.Sides {
			if st.Verdicts[i].Breaks(s) {
				bad++
				break
			}
		}
	}
	return bad
}
