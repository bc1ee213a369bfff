package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/gust-go/gust/bench/internal/edit"
	"github.com/gust-go/gust/bench/internal/lab"
	"github.com/gust-go/gust/bench/internal/rss"
	"github.com/gust-go/gust/bench/internal/side"
)

// A bench is one run of the program.
type bench struct {
	*lab.Lab
	options
	peak rss.Peak
}

// A benchCase is a row of the table: one kind of edit to one file.
type benchCase struct {
	title string
	kind  edit.Kind
	file  string // absolute
	fn    string
}

// A row is what was measured for a case, with figures by side.
type row struct {
	title    string
	walls    [][]time.Duration
	counts   []*side.Counts
	verdicts []lab.Verdict
}

func (b *bench) run(ctx context.Context) ([]row, error) {
	module, err := filepath.Abs(b.Module)
	if err != nil {
		return nil, fmt.Errorf("find module: %w", err)
	}
	if b.Module, err = filepath.EvalSymlinks(module); err != nil {
		return nil, fmt.Errorf("find module: %w", err)
	}
	cases, err := b.cases(ctx)
	if err != nil {
		return nil, err
	}
	var rows []row
	if b.Cold {
		r, err := b.cold(ctx)
		if err != nil {
			return nil, err
		}
		rows = append(rows, r)
	}
	for _, c := range cases {
		r, err := b.measure(ctx, c)
		if err != nil {
			return nil, fmt.Errorf("case %q: %w", c.title, err)
		}
		rows = append(rows, r)
	}
	return rows, nil
}

func (b *bench) cases(ctx context.Context) ([]benchCase, error) {
	file := filepath.Join(b.Module, filepath.FromSlash(b.File))
	mainFile, err := b.mainFile(ctx)
	if err != nil {
		return nil, err
	}
	var cases []benchCase
	for _, k := range []edit.Kind{edit.None, edit.Comment, edit.Body, edit.BodyMoved, edit.API} {
		cases = append(cases, benchCase{title: k.Title, kind: k, file: file, fn: b.Func})
	}
	cases = append(cases, benchCase{
		title: "main package: func main, lines move",
		kind:  edit.BodyMoved, file: mainFile, fn: "main",
	})
	return slices.DeleteFunc(cases, func(c benchCase) bool {
		return !b.Cases.MatchString(c.title)
	}), nil
}

// mainFile finds the file with func main of the package that is built.
func (b *bench) mainFile(ctx context.Context) (string, error) {
	cmd := exec.CommandContext(ctx, b.Sides[0].Exe, "list", "-f",
		`{{.Dir}}{{range .GoFiles}}{{"\n"}}{{.}}{{end}}`, b.Pkg)
	cmd.Dir = b.Module
	cmd.Stderr = b.Log
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("list package %q: %w", b.Pkg, err)
	}
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	for _, name := range lines[1:] {
		file := filepath.Join(lines[0], name)
		src, err := os.ReadFile(file)
		if err != nil {
			return "", fmt.Errorf("find func main: %w", err)
		}
		if _, err := edit.BodyMoved.Apply(src, "main", 0, 0); err == nil {
			return file, nil
		}
	}
	return "", fmt.Errorf("package %q has no func main that can be edited", b.Pkg)
}

// cold builds once with empty caches, which are thrown away.
func (b *bench) cold(ctx context.Context) (row, error) {
	b.Logf("cold")
	chilled := *b.Lab
	chilled.Sides = nil
	for _, s := range b.Sides {
		c := *s
		c.Dir = filepath.Join(b.Work, "cold", filepath.Base(s.Dir))
		if err := os.RemoveAll(c.Dir); err != nil {
			return row{}, fmt.Errorf("empty the caches: %w", err)
		}
		chilled.Sides = append(chilled.Sides, &c)
	}
	round, err := chilled.Run(ctx, 0, b.Module, b.Pkg, lab.Observe{Compiles: true})
	if err != nil {
		return row{}, err
	}
	if !round.OK() {
		return row{}, fmt.Errorf("the module does not build:\n%s", round.Results[0].Output)
	}
	r := newRow("cold: empty build caches", len(b.Sides))
	r.add(round, true)
	return r, os.RemoveAll(filepath.Join(b.Work, "cold"))
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
	r = newRow(c.title, len(b.Sides))
	var last string
	// Round 0 warms the caches, round 1 is observed, the others are timed.
	for n := range b.Runs + 2 {
		what := lab.Observe{Compiles: n == 1, Memory: n == 1}
		round, err := b.round(ctx, c, src, seed, n, what)
		if err != nil {
			return row{}, err
		}
		if n > 0 {
			if err := c.check(round, last); err != nil {
				return row{}, err
			}
			r.add(round, n > 1)
		}
		last = round.Digest
	}
	return r, nil
}

func (b *bench) round(ctx context.Context, c benchCase, src []byte, seed, n int, what lab.Observe) (lab.Round, error) {
	b.Logf("%s: %s", c.title, [...]string{"warm up", "observe", "time"}[min(n, 2)])
	text, err := c.kind.Apply(src, c.fn, seed, n)
	if err != nil {
		return lab.Round{}, err
	}
	if err := os.WriteFile(c.file, text, 0o644); err != nil {
		return lab.Round{}, fmt.Errorf("edit: %w", err)
	}
	round, err := b.Run(ctx, n, b.Module, b.Pkg, what)
	if err != nil {
		return lab.Round{}, err
	}
	if out := round.Results[0]; out.Exit != 0 {
		return lab.Round{}, fmt.Errorf("go build fails:\n%s", out.Output)
	}
	b.peak = b.peak.Max(round.Peak)
	return round, nil
}

// check makes sure that the edit was real: a case in which nothing happened
// would look like a fast build.
func (c benchCase) check(r lab.Round, last string) error {
	if counts := r.Results[0].Counts; counts != nil && c.kind.Title != edit.None.Title && counts.Compiled == 0 {
		return fmt.Errorf("go compiled nothing: is %q part of the build?", c.file)
	}
	switch same := r.Digest == last; {
	case c.kind.Effect == edit.SameProgram && !same:
		return fmt.Errorf("the program changed although the edit moves and changes nothing")
	case c.kind.Effect == edit.OtherProgram && same:
		return fmt.Errorf("the program did not change: is the edited function linked? Name another with -func")
	}
	return nil
}

func newRow(title string, sides int) row {
	return row{
		title:    title,
		walls:    make([][]time.Duration, sides),
		counts:   make([]*side.Counts, sides),
		verdicts: make([]lab.Verdict, sides),
	}
}

// add takes over a round's figures. Counts are those of the last round that
// has some, verdicts the worst.
func (r *row) add(round lab.Round, timed bool) {
	for i, res := range round.Results {
		if timed {
			r.walls[i] = append(r.walls[i], res.Wall)
		}
		if res.Counts != nil {
			r.counts[i] = res.Counts
		}
		r.verdicts[i] = max(r.verdicts[i], round.Verdicts[i])
	}
}
