package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/gust-go/gust/bench/internal/edit"
	"github.com/gust-go/gust/bench/internal/lab"
	"github.com/gust-go/gust/bench/internal/result"
)

// A bench is one run of the program.
type bench struct {
	*lab.Lab
	options
}

// A benchCase is a row of the table.
type benchCase struct {
	title string
	file  string // absolute
	// apply makes the text of a round.
	apply func(src []byte, seed, round int) ([]byte, error)
	// same says that the edit must not change the program.
	same bool
}

// A row is what was measured for a case.
type row struct {
	title   string
	go_     []time.Duration
	gust    []time.Duration
	current int // rounds in which gust did not start go
	verdict lab.Verdict
}

func (b *bench) run(ctx context.Context) ([]row, error) {
	module, err := filepath.Abs(b.Module)
	if err == nil {
		b.Module, err = filepath.EvalSymlinks(module)
	}
	if err != nil {
		return nil, fmt.Errorf("find module: %w", err)
	}
	cases, err := b.cases()
	if err != nil {
		return nil, err
	}
	var rows []row
	for _, c := range cases {
		r, err := b.measure(ctx, c)
		if err != nil {
			return nil, fmt.Errorf("case %q: %w", c.title, err)
		}
		rows = append(rows, r)
	}
	return rows, nil
}

func (b *bench) cases() ([]benchCase, error) {
	of := func(k edit.Kind, fn string) func([]byte, int, int) ([]byte, error) {
		return func(src []byte, seed, round int) ([]byte, error) { return k.Apply(src, fn, seed, round) }
	}
	file := filepath.Join(b.Module, filepath.FromSlash(b.File))
	test := filepath.Join(b.Module, filepath.FromSlash(b.Test))
	if b.Test == "" {
		test = strings.TrimSuffix(file, ".go") + "_test.go"
	}
	if _, err := os.Stat(test); err != nil {
		return nil, fmt.Errorf("find a test to edit: %w", err)
	}
	cases := []benchCase{
		{"nothing changed", file, of(edit.None, ""), true},
		{"comment, no line moves", file, of(edit.Comment, ""), true},
		{"test file: a new function", test, func(src []byte, seed, round int) ([]byte, error) {
			return fmt.Appendf(src[:len(src):len(src)], "\nfunc benchNoop%d() {}\n", seed+round), nil
		}, true},
	}
	if b.Main != "" {
		main := filepath.Join(b.Module, filepath.FromSlash(b.Main))
		cases = append(cases, benchCase{"main package: func main, lines move", main, of(edit.BodyMoved, "main"), false})
	}
	return cases, nil
}

// measure runs one case. Its file is restored whatever happens.
func (b *bench) measure(ctx context.Context, c benchCase) (r row, err error) {
	src, err := os.ReadFile(c.file)
	if err != nil {
		return row{}, fmt.Errorf("read the file to edit: %w", err)
	}
	seed, err := b.NextSeed(b.Runs+2, time.Now())
	if err != nil {
		return row{}, err
	}
	defer func() {
		if restoreErr := os.WriteFile(c.file, src, 0o644); restoreErr != nil && err == nil {
			err = fmt.Errorf("restore the edited file: %w", restoreErr)
		}
	}()
	r.title = c.title
	digest := ""
	// The first two rounds warm the caches and are not timed.
	for n := range b.Runs + 2 {
		text, err := c.apply(src, seed, n)
		if err != nil {
			return row{}, err
		}
		if err := os.WriteFile(c.file, text, 0o644); err != nil {
			return row{}, fmt.Errorf("edit: %w", err)
		}
		b.Logf("%s: round %d", c.title, n)
		round, err := b.Run(ctx, n, b.Module, b.Pkg, lab.Observe{})
		if err != nil {
			return row{}, err
		}
		if !round.OK() {
			return row{}, fmt.Errorf("the module does not build:\n%s", round.Results[0].Output)
		}
		if n > 1 {
			if (round.Digest == digest) != c.same {
				return row{}, errors.New("the edit did to the program what it should not do")
			}
			r.add(round)
		}
		digest = round.Digest
	}
	return r, nil
}

func (r *row) add(round lab.Round) {
	gust := round.Results[1]
	r.go_ = append(r.go_, round.Results[0].Wall)
	r.gust = append(r.gust, gust.Wall)
	r.verdict = max(r.verdict, round.Verdicts[1])
	if gust.Counts.Current {
		r.current++
	}
}

// document renders what the program prints and keeps.
func (b *bench) document(rows []row, machine string) string {
	label := b.Label
	if label == "" {
		label = "a module"
	}
	t := &result.Table{Header: []string{"Case", "go", "gust", "ratio", "without go", "same"}}
	for _, r := range rows {
		goWall, gustWall := result.Median(r.go_), result.Median(r.gust)
		ratio := fmt.Sprintf("%.3f", gustWall.Seconds()/goWall.Seconds())
		t.Add(r.title, millis(goWall), millis(gustWall), ratio,
			fmt.Sprintf("%d of %d", r.current, len(r.gust)), r.verdict.Cell(b.Sides[1]))
	}
	return fmt.Sprintf("Builds of %s, `%s`; medians of %d rounds, in which the sides build in turn.\n"+
		"\"Without go\" counts the rounds in which gust did not start go.\n\n", label, b.Pkg, b.Runs) +
		t.String() + "\n" + machine
}

func millis(d time.Duration) string {
	return fmt.Sprintf("%.0f ms", float64(d.Microseconds())/1000)
}
