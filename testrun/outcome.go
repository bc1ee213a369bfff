package testrun

import (
	"cmp"
	"iter"
	"maps"
	"slices"

	"github.com/gust-go/gust/internal/event"
	"github.com/gust-go/gust/testrun/wire"
)

// Flaky is a test that failed and passed in one run of gust.
type Flaky struct {
	Package, Test string
	// Runs counts how often it ran, Failed how often it failed.
	Runs, Failed int
}

// counts is what became of one test that ever failed.
type counts struct {
	runs, failed int
	// first is true if it failed in the first run, passed if it passed in the
	// last.
	first, passed bool
}

// count notes how a test ended.
func (d *digest) count(key testKey, outcome string) {
	failed := outcome == event.TestFailed || outcome == event.Unfinished
	if d.watch != nil {
		d.watch[key] = wire.Pass
		if failed {
			d.watch[key] = wire.Fail
		}
	}
	if d.run == 0 {
		d.sum.Tests++
		switch {
		case failed:
			d.sum.Failed++
		case outcome == event.Skipped:
			d.sum.Skipped++
		}
	}
	c := d.outcomes[key]
	if c == nil {
		if !failed {
			return
		}
		c = &counts{first: d.run == 0}
		d.outcomes[key] = c
	}
	c.runs++
	c.passed = !failed
	if failed {
		c.failed++
	}
}

// countPackage notes how a package ended. Reruns count packages only that
// were not there before.
func (d *digest) countPackage(p *pkgState) {
	if d.seen[p.Package] {
		return
	}
	d.seen[p.Package] = true
	d.sum.Packages++
	switch {
	case p.Cached:
		d.sum.PackagesCached++
	case p.Outcome == event.BuildFailed:
		d.sum.BuildFailed++
		d.sum.PackagesFailed++
	case p.Outcome == event.TestFailed:
		d.sum.PackagesFailed++
	}
}

// flaky are the tests that failed and whose last run passed; under stress
// those that did not fail each time.
func (d *digest) flaky() []Flaky {
	if d.stress {
		all := d.list(func(c *counts) bool { return c.failed <= d.run })
		for i := range all {
			all[i].Runs = d.run + 1 // counting began with the first failure
		}
		return all
	}
	return slices.DeleteFunc(d.list(func(c *counts) bool { return c.passed && c.first }),
		func(f Flaky) bool { return d.moved[f.Package] })
}

// settleMoved corrects the sums for packages that passed on another network.
func (d *digest) settleMoved() {
	for _, f := range d.list(func(c *counts) bool { return c.passed && c.first }) {
		if d.moved[f.Package] {
			d.sum.Failed--
		}
	}
	for pkg := range d.moved {
		if !d.failing[pkg] {
			d.sum.PackagesFailed--
		}
	}
}

// list are the tests that ever failed and that ok picks, sorted.
func (d *digest) list(ok func(*counts) bool) []Flaky {
	var all []Flaky
	for key, c := range d.outcomes {
		if ok(c) {
			all = append(all, Flaky{key.pkg, key.test, c.runs, c.failed})
		}
	}
	slices.SortFunc(all, func(a, b Flaky) int {
		return cmp.Or(cmp.Compare(a.Package, b.Package), cmp.Compare(a.Test, b.Test))
	})
	return all
}

func sortedTests(tests map[string]*liveTest) []string { return slices.Sorted(maps.Keys(tests)) }

func mapsKeys[V any](m map[string]V) iter.Seq[string] { return maps.Keys(m) }
