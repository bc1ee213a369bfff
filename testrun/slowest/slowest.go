// Package slowest ranks the tests of a finished run by the time they took.
package slowest

import (
	"cmp"
	"slices"
	"time"

	"gotest.tools/gotestsum/testjson"
)

// A Test is one test and its time.
type Test struct {
	Package, Name string
	Elapsed       time.Duration
}

// Rank returns the n slowest tests that took at least threshold, slowest
// first. A test that ran several times counts once, with the median of its
// times. A parent is left out where a subtest took nearly all of its time,
// since then the subtest is what is slow.
func Rank(exec *testjson.Execution, n int, threshold time.Duration) []Test {
	var all []Test
	for _, name := range exec.Packages() {
		for test, times := range timesOf(exec.Package(name)) {
			slices.Sort(times)
			if d := times[len(times)/2]; d > 0 && d >= threshold {
				all = append(all, Test{Package: name, Name: test, Elapsed: d})
			}
		}
	}
	all = withoutShells(all)
	slices.SortFunc(all, func(a, b Test) int {
		return cmp.Or(cmp.Compare(b.Elapsed, a.Elapsed), cmp.Compare(a.Package, b.Package), cmp.Compare(a.Name, b.Name))
	})
	return all[:min(n, len(all))]
}

func timesOf(pkg *testjson.Package) map[string][]time.Duration {
	times := make(map[string][]time.Duration)
	for _, tc := range pkg.TestCases() {
		times[tc.Test.Name()] = append(times[tc.Test.Name()], tc.Elapsed)
	}
	return times
}

// shellShare is the part of a parent's time in tenths from which on its
// subtest stands for it.
const shellShare = 9

func withoutShells(tests []Test) []Test {
	shells := make(map[Test]bool)
	parents := make(map[[2]string]Test)
	for _, t := range tests {
		parents[[2]string{t.Package, t.Name}] = t
	}
	for _, t := range tests {
		parent, ok := parents[[2]string{t.Package, testjson.TestName(t.Name).Parent()}]
		if ok && t.Elapsed*10 >= parent.Elapsed*shellShare {
			shells[parent] = true
		}
	}
	return slices.DeleteFunc(tests, func(t Test) bool { return shells[t] })
}
