package lab

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/gust-go/gust/bench/internal/rss"
	"github.com/gust-go/gust/bench/internal/side"
)

// A Verdict says how one side's build compares with go's.
type Verdict int

// The verdicts of a comparison.
const (
	// Equal: both built the same bytes, build IDs blanked.
	Equal Verdict = iota
	// Differs: the bytes are others.
	Differs
	// FailsAlike: both failed with the same exit code and messages.
	FailsAlike
	// FailsOtherwise: one failed, or they failed in different ways.
	FailsOtherwise
)

// String answers whether the builds are the same.
func (v Verdict) String() string {
	return [...]string{"yes", "no", "both fail", "fails otherwise"}[v]
}

// Cell is the form for a table cell of side s: bold where it should not be.
func (v Verdict) Cell(s *side.Side) string {
	if v.Breaks(s) {
		return "**" + v.String() + "**"
	}
	return v.String()
}

// Breaks says that v breaks the contract of s.
func (v Verdict) Breaks(s *side.Side) bool {
	return v == FailsOtherwise || (v == Differs && s.Exact)
}

// A Round is one build by every side of the same tree, in the order of
// [Lab.Sides].
type Round struct {
	Results  []side.Result
	Verdicts []Verdict
	// Digest identifies go's program, build IDs blanked; empty if it failed.
	Digest string
	// Peak is the memory of gust's processes, if it was watched.
	Peak rss.Peak
}

// OK says that every side built its program.
func (r Round) OK() bool {
	return !slices.ContainsFunc(r.Results, func(r side.Result) bool { return r.Exit != 0 })
}

// Observe says what to find out about a round besides its duration.
type Observe struct {
	// Compiles makes go count its compiles, which costs it some 20 ms.
	Compiles bool
	// Memory samples gust's memory, which disturbs its timing.
	Memory bool
}

// Run has every side build pkg of the module in tree and compares the
// outcomes. Nothing runs between the builds of a round but the builds.
func (l *Lab) Run(ctx context.Context, number int, tree, pkg string, what Observe) (Round, error) {
	r := Round{Results: make([]side.Result, len(l.Sides)), Verdicts: make([]Verdict, len(l.Sides))}
	for _, s := range l.Order(number) {
		result, peak, err := build(ctx, s, tree, pkg, what)
		if err != nil {
			return Round{}, err
		}
		r.Results[slices.Index(l.Sides, s)] = result
		r.Peak = r.Peak.Max(peak)
		l.Logf("  %-12s %7.2f s  compiles %s", s.Title, result.Wall.Seconds(), result.Counts)
	}
	return r, l.compare(&r)
}

func build(ctx context.Context, s *side.Side, tree, pkg string, what Observe) (side.Result, rss.Peak, error) {
	if !s.Gust || !what.Memory {
		result, err := s.Build(ctx, tree, pkg, what.Compiles)
		return result, rss.Peak{}, err
	}
	sampler := rss.Watch(s.Exe)
	result, err := s.Build(ctx, tree, pkg, what.Compiles)
	return result, sampler.Stop(), err
}

func (l *Lab) compare(r *Round) error {
	want := r.Results[0]
	if want.Exit == 0 {
		var err error
		if r.Digest, err = l.Sides[0].Digest(); err != nil {
			return err
		}
	}
	for i, s := range l.Sides[1:] {
		got := r.Results[i+1]
		switch {
		case want.Exit != 0 && failsAlike(want, got):
			r.Verdicts[i+1] = FailsAlike
		case want.Exit != 0 || got.Exit != 0:
			r.Verdicts[i+1] = FailsOtherwise
			l.Logf("  %s exits %d, go exits %d\n%s", s.Title, got.Exit, want.Exit, got.Output)
		default:
			digest, err := s.Digest()
			if err != nil {
				return err
			}
			if digest != r.Digest {
				r.Verdicts[i+1] = Differs
				l.Logf("  %s: the program differs from go's", s.Title)
			}
		}
		if s.Exact && r.Verdicts[i+1] == Differs {
			if err := l.keepEvidence(s); err != nil {
				return err
			}
		}
	}
	return nil
}

// failsAlike compares exit codes and messages. go reports packages in the
// order in which they fail, so the order of lines does not count.
func failsAlike(a, b side.Result) bool {
	sorted := func(s string) []string {
		return slices.Sorted(strings.Lines(s))
	}
	return a.Exit == b.Exit && slices.Equal(sorted(a.Output), sorted(b.Output))
}

// keepEvidence copies the first programs that differ before the next build
// overwrites them. They are large; one pair is enough to find the cause.
func (l *Lab) keepEvidence(s *side.Side) error {
	if l.evidence {
		return nil
	}
	l.evidence = true
	for name, of := range map[string]*side.Side{"differs-go": l.Sides[0], "differs-gust": s} {
		data, err := os.ReadFile(of.Binary())
		if err == nil {
			err = os.WriteFile(filepath.Join(l.Work, name), data, 0o755)
		}
		if err != nil {
			return fmt.Errorf("keep programs that differ: %w", err)
		}
	}
	l.Logf("  THE PROGRAMS DIFFER ALTHOUGH LINES ARE EXACT: see differs-go and differs-gust in %s", l.Work)
	return nil
}
