// Package history remembers the results and durations of test runs.
//
// A run becomes one [Record] per package ([Collector]), and a [Log]
// keeps the records of one module in a file of bounded size. What reads them
// later: the report of gust test history ([Summarize]), gust test --failed
// ([Failed]), sharding and filters ([Durations], [LastResults]).
//
// The log may be lost or damaged without harm. Lines that cannot be read are
// skipped, and a run must not fail because its log could not be written.
package history

import (
	"cmp"
	"maps"
	"slices"
	"time"
)

// Results of a test or package.
const (
	Pass = "pass"
	Fail = "fail"
	Skip = "skip"
	// Flaky is a test that failed and passed when it was run again.
	Flaky = "flaky"
)

// A Record is what became of one package in one run: a line of the log.
type Record struct {
	// V is the version of the format, 1.
	V int `json:"v"`
	// Run is the same for all records of a run.
	Run string `json:"run"`
	// Time is when the run ended.
	Time time.Time `json:"time"`
	// Root is the directory of the main module, which tells the checkouts of
	// a module apart.
	Root    string `json:"root"`
	Package string `json:"package"`
	Result  string `json:"result"`
	// Cached packages did not run; their tests are left out.
	Cached bool `json:"cached,omitempty"`
	// Partial is true if flags such as -run chose among the package's tests.
	Partial bool `json:"partial,omitempty"`
	// ElapsedNS is the time of the package's process in nanoseconds.
	ElapsedNS int64  `json:"elapsed_ns"`
	Tests     []Test `json:"tests,omitempty"`
}

// A Test is the result of one test or subtest.
type Test struct {
	Name      string `json:"name"`
	Result    string `json:"result"`
	ElapsedNS int64  `json:"elapsed_ns"`
}

// A Run is what the records of one run have in common.
type Run struct {
	ID      string
	Time    time.Time
	Root    string
	Partial bool
}

// Failed returns the tests of one checkout whose latest result is a failure,
// by package. A package that failed outside any test has an empty list: all
// of its tests are to be run. A test that a later run of its whole package
// did not have is gone.
func Failed(records []Record, root string) map[string][]string {
	failed := make(map[string]map[string]bool)
	for _, r := range records {
		if r.Root != root {
			continue
		}
		if !r.Partial || failed[r.Package] == nil || r.Result == Pass && failed[r.Package][""] {
			failed[r.Package] = make(map[string]bool)
		}
		found := false
		for _, t := range r.Tests {
			if t.Result != Fail {
				delete(failed[r.Package], t.Name)
				continue
			}
			failed[r.Package][t.Name] = true
			found = true
		}
		if r.Result == Fail && !found {
			failed[r.Package][""] = true
		}
	}
	out := make(map[string][]string)
	for pkg, tests := range failed {
		switch {
		case tests[""]:
			out[pkg] = nil
		case len(tests) > 0:
			out[pkg] = slices.Sorted(maps.Keys(tests))
		}
	}
	return out
}

// Durations returns how long each package took when it last ran: the median
// of its last five complete runs.
func Durations(records []Record) map[string]time.Duration {
	const keep = 5
	recent := make(map[string][]time.Duration)
	for _, r := range records {
		if r.Cached || r.Partial || r.Result == Skip {
			continue
		}
		times := append(recent[r.Package], time.Duration(r.ElapsedNS))
		recent[r.Package] = times[max(0, len(times)-keep):]
	}
	out := make(map[string]time.Duration, len(recent))
	for pkg, times := range recent {
		out[pkg] = median(times)
	}
	return out
}

func median(times []time.Duration) time.Duration {
	sorted := slices.Sorted(slices.Values(times))
	return sorted[len(sorted)/2]
}

// A Stat sums up all that is known about one test.
type Stat struct {
	Package, Test string
	// Runs counts results; skips are not among them.
	Runs, Failures, Flakes, Skips int
	// Median and Max are over the runs that passed in the end.
	Median, Max time.Duration
	// Last is the latest result and LastTime when that was.
	Last     string
	LastTime time.Time
	// Recent are the latest results, oldest first, at most ten.
	Recent []string
}

// FlakyRate is the share of runs in which the test failed first and then
// passed.
func (s Stat) FlakyRate() float64 {
	if s.Runs == 0 {
		return 0
	}
	return float64(s.Flakes) / float64(s.Runs)
}

// Summarize returns one Stat per test, sorted by package and test.
func Summarize(records []Record) []Stat {
	const keep = 10
	stats := make(map[[2]string]*Stat)
	times := make(map[[2]string][]time.Duration)
	for _, r := range records {
		for _, t := range r.Tests {
			key := [2]string{r.Package, t.Name}
			s := stats[key]
			if s == nil {
				s = &Stat{Package: r.Package, Test: t.Name}
				stats[key] = s
			}
			s.count(t.Result)
			s.Last, s.LastTime = t.Result, r.Time
			s.Recent = append(s.Recent, t.Result)
			s.Recent = s.Recent[max(0, len(s.Recent)-keep):]
			if t.Result == Pass || t.Result == Flaky {
				times[key] = append(times[key], time.Duration(t.ElapsedNS))
			}
		}
	}
	out := make([]Stat, 0, len(stats))
	for key, s := range stats {
		if d := times[key]; len(d) > 0 {
			s.Median, s.Max = median(d), slices.Max(d)
		}
		out = append(out, *s)
	}
	slices.SortFunc(out, func(a, b Stat) int {
		return cmp.Or(cmp.Compare(a.Package, b.Package), cmp.Compare(a.Test, b.Test))
	})
	return out
}

func (s *Stat) count(result string) {
	switch result {
	case Skip:
		s.Skips++
		return
	case Fail:
		s.Failures++
	case Flaky:
		s.Flakes++
	}
	s.Runs++
}
