package junit

import (
	"cmp"
	"encoding/xml"
	"maps"
	"slices"
	"strings"

	"gotest.tools/gotestsum/testjson"
)

type state int

const (
	failed state = iota
	skipped
	passed
)

// A result is what became of one test.
type result struct {
	testjson.TestCase
	state state
	// earlier are the failed attempts before the one that counts.
	earlier []testjson.TestCase
}

// merge folds the attempts at each test into one result: failed ones first,
// then skipped, then passed. Only runs of go test that followed another make
// attempts; several results in one run, as with -count, stand for themselves,
// and so do all if every is true.
func merge(pkg *testjson.Package, every bool) []result {
	var all []result
	last := make(map[testjson.TestName]int) // the last run of each test
	add := func(s state, cases []testjson.TestCase) {
		for _, tc := range cases {
			all = append(all, result{TestCase: tc, state: s})
			last[tc.Test] = max(last[tc.Test], tc.RunID)
		}
	}
	add(failed, pkg.Failed)
	add(skipped, pkg.Skipped)
	add(passed, pkg.Passed)

	if every {
		return all
	}
	superseded := make(map[testjson.TestName][]testjson.TestCase)
	for _, r := range all {
		if r.state == failed && r.RunID < last[r.Test] {
			superseded[r.Test] = append(superseded[r.Test], r.TestCase)
		}
	}
	merged := all[:0]
	for _, r := range all {
		if r.state == failed && r.RunID < last[r.Test] {
			continue
		}
		if r.RunID == last[r.Test] {
			r.earlier = superseded[r.Test]
			slices.SortFunc(r.earlier, func(a, b testjson.TestCase) int { return cmp.Compare(a.ID, b.ID) })
			delete(superseded, r.Test)
		}
		merged = append(merged, r)
	}
	return merged
}

// attempts are the elements for the attempts that are not the case's failure.
// Surefire has the first failure in the failure element, and names the others
// after what became of the test.
func attempts(pkg *testjson.Package, r result) []rerun {
	cases, element := r.earlier, "flakyFailure"
	if r.state == failed && len(cases) > 0 {
		cases, element = append(slices.Clone(cases[1:]), r.TestCase), "rerunFailure"
	}
	var out []rerun
	for _, tc := range cases {
		out = append(out, rerun{
			XMLName: xml.Name{Local: element}, Message: "Failed", Type: "failed",
			Stack: output(pkg, tc),
		})
	}
	return out
}

// caseProperties are the attributes that a test set with T.Attr and what gust
// knows about it.
func (o Options) caseProperties(name string, r result) *properties {
	var list []Property
	for _, key := range slices.Sorted(maps.Keys(r.Attributes)) {
		list = append(list, Property{Name: key, Value: r.Attributes[key]})
	}
	if len(r.earlier) > 0 && r.state != failed {
		list = append(list, Property{Name: "gust.flaky", Value: "true"})
	}
	if o.Quarantined != nil {
		if reason, ok := o.Quarantined(name, r.Test.Name()); ok {
			list = append(list, Property{Name: "gust.quarantined", Value: reason})
		}
	}
	if len(list) == 0 {
		return nil
	}
	return &properties{List: list}
}

// output is all that a test wrote; that of the package for the zero case.
func output(pkg *testjson.Package, tc testjson.TestCase) string {
	if tc.ID == 0 {
		var b strings.Builder
		// A strings.Builder does not fail.
		_ = pkg.WriteOutputTo(&b, 0)
		return b.String()
	}
	return strings.Join(pkg.OutputLines(tc), "")
}
