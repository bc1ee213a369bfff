package testview

import (
	"slices"
	"strings"

	"github.com/gust-go/gust/internal/event"
)

// maxKept is how much of a failed test's output is kept for summaries.
const maxKept = 8 << 10

// A Digest gathers from the events of a run what summaries show. It is an
// event.Sink for one goroutine at a time.
type Digest struct {
	// Failures are the tests that failed and did not pass in a rerun, the
	// innermost of each.
	Failures []event.TestCase
	// Flaky are those that failed and then passed.
	Flaky []event.TestFlaky
	// Packages are the packages that failed outside of their tests or could
	// not be built.
	Packages []event.TestPackage
	// Uncached are the packages whose tests ran though they might have been
	// cached, with the reason.
	Uncached []event.TestPackage
	// Slowest are the tests that took longest, the longest first.
	Slowest []event.TestCase
	// Sandbox says what packages did besides their tests.
	Sandbox []event.TestSandbox
	// Diagnoses say what failed tests depend on.
	Diagnoses []event.TestDiagnosis
	// Isolation says which were isolated less than fully.
	Isolation []event.TestIsolation
	// Sum is the end of the run.
	Sum event.TestSummary

	skipped []event.TestCase
	// moved are packages that ran again on the host's network, and what they tried
	// to reach.
	moved map[string][]string
}

// slowest is how many tests Slowest holds.
const slowest = 5

// Emit implements event.Sink.
func (d *Digest) Emit(e event.Event) {
	switch e := e.(type) {
	case event.TestCase:
		d.testCase(e)
	case event.TestHostNetwork:
		d.move(e)
	case event.TestPackage:
		if e.Outcome == event.BuildFailed || e.Outcome == event.TestFailed && e.Failed == 0 {
			e.Output = clip(e.Output)
			d.Packages = append(d.Packages, e)
		}
		if e.Uncached != "" {
			e.Output, e.BuildOutput = "", ""
			d.Uncached = append(d.Uncached, e)
		}
	case event.TestFlaky:
		d.Flaky = append(d.Flaky, e)
		if e.Failing {
			return
		}
		d.Failures = slices.DeleteFunc(d.Failures, func(c event.TestCase) bool { return c.Package == e.Package && c.Test == e.Test })
	case event.TestDiagnosis:
		d.Diagnoses = append(d.Diagnoses, e)
	case event.TestSandbox:
		d.Sandbox = append(d.Sandbox, e)
	case event.TestIsolation:
		d.Isolation = append(d.Isolation, e)
	case event.TestSummary:
		d.Sum = e
	}
}

// move forgets how a package failed that runs again on the host's network: what
// it comes to there counts.
func (d *Digest) move(e event.TestHostNetwork) {
	if d.moved == nil {
		d.moved = make(map[string][]string)
	}
	d.moved[e.Package] = e.Reached
	d.Failures = slices.DeleteFunc(d.Failures, func(c event.TestCase) bool { return c.Package == e.Package })
	d.Packages = slices.DeleteFunc(d.Packages, func(p event.TestPackage) bool { return p.Package == e.Package })
}

// passedMoved reports whether a package that was moved has not failed again.
func (d *Digest) passedMoved(pkg string) bool {
	return d.moved[pkg] != nil && !slices.ContainsFunc(d.Failures, func(c event.TestCase) bool { return c.Package == pkg }) &&
		!slices.ContainsFunc(d.Packages, func(p event.TestPackage) bool { return p.Package == pkg })
}

func (d *Digest) testCase(c event.TestCase) {
	d.slow(c)
	switch c.Outcome {
	case event.Skipped:
		c.Output = clip(c.Output)
		d.skipped = append(d.skipped, c)
	case event.TestFailed, event.Unfinished:
		c.Output = clip(c.Output)
		d.Failures = slices.DeleteFunc(d.Failures, func(o event.TestCase) bool { return o.Package == c.Package && o.Test == c.Test })
		d.Failures = append(d.Failures, c)
	}
}

// slow keeps the tests that took longest. A test with subtests takes as long
// as they do, and is left out for them.
func (d *Digest) slow(c event.TestCase) {
	if len(d.Slowest) == slowest && c.ElapsedNS <= d.Slowest[slowest-1].ElapsedNS || c.ElapsedNS == 0 || c.Run > 0 {
		return
	}
	if slices.ContainsFunc(d.Slowest, func(o event.TestCase) bool {
		return o.Package == c.Package && strings.HasPrefix(o.Test, c.Test+"/")
	}) {
		return
	}
	c.Output = ""
	i, _ := slices.BinarySearchFunc(d.Slowest, c, func(a, b event.TestCase) int { return int(b.ElapsedNS - a.ElapsedNS) })
	d.Slowest = slices.Insert(d.Slowest, i, c)
	d.Slowest = d.Slowest[:min(len(d.Slowest), slowest)]
}

// failedBefore reports whether a test has failed in this run of gust.
func (d *Digest) failedBefore(c event.TestCase) bool {
	return slices.ContainsFunc(d.Failures, func(o event.TestCase) bool { return o.Package == c.Package && o.Test == c.Test })
}

// Innermost are the failed tests without those that failed because a subtest
// did.
func (d *Digest) Innermost() []event.TestCase {
	return slices.DeleteFunc(slices.Clone(d.Failures), func(c event.TestCase) bool {
		return c.Output == "" && slices.ContainsFunc(d.Failures, func(o event.TestCase) bool {
			return o.Package == c.Package && strings.HasPrefix(o.Test, c.Test+"/")
		})
	})
}

// clip keeps the beginning of a text.
func clip(text string) string {
	if len(text) <= maxKept {
		return text
	}
	return strings.ToValidUTF8(text[:maxKept], "") + "\n(cut)\n"
}
