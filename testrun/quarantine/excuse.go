package quarantine

import (
	"strings"

	"gotest.tools/gotestsum/testjson"
)

// A Failure is a failed test that the list covers.
type Failure struct {
	Package, Test string
	Entry         Entry
}

// A Verdict says what remains of a run's failures.
type Verdict struct {
	// Failures are those that the list covers, in packages that count as
	// failed and in packages that do not.
	Failures []Failure
	// Excused are the packages that failed for nothing else.
	Excused []string
	// Failed are the packages that stay failed.
	Failed []string
}

// Excuse applies the list to a run. A package is excused only if it ran to
// its end and each of its failed tests is covered, or is the parent of a
// covered one and said nothing itself. A panic, a timeout, a process that
// exited by itself and a failed build are never excused, since they keep
// other tests from running.
func (l List) Excuse(exec *testjson.Execution) Verdict {
	var v Verdict
	for _, name := range exec.Packages() {
		pkg := exec.Package(name)
		if pkg.Result() != testjson.ActionFail && len(pkg.Failed) == 0 {
			continue
		}
		covered, all := l.cover(name, pkg)
		v.Failures = append(v.Failures, covered...)
		if all && len(covered) > 0 && ranToItsEnd(pkg) {
			v.Excused = append(v.Excused, name)
		} else {
			v.Failed = append(v.Failed, name)
		}
	}
	return v
}

// cover returns the covered failures of a package and whether those are all
// there are.
func (l List) cover(name string, pkg *testjson.Package) (covered []Failure, all bool) {
	all = true
	parents := make(map[string]bool)
	var rest []testjson.TestCase
	for _, tc := range pkg.Failed {
		e, ok := l.Find(name, tc.Test.Name())
		if !ok {
			rest = append(rest, tc)
			continue
		}
		covered = append(covered, Failure{Package: name, Test: tc.Test.Name(), Entry: e})
		for p := tc.Test.Parent(); p != ""; p = testjson.TestName(p).Parent() {
			parents[p] = true
		}
	}
	for _, tc := range rest {
		if !parents[tc.Test.Name()] || spoke(pkg, tc) {
			all = false
		}
	}
	return covered, all
}

// spoke reports whether a test wrote anything besides what package testing
// writes for it. A parent that failed only because a subtest did is silent.
func spoke(pkg *testjson.Package, tc testjson.TestCase) bool {
	for _, line := range strings.Split(output(pkg, tc.ID), "\n") {
		line = strings.TrimSpace(line)
		if line != "" && !strings.HasPrefix(line, "=== ") && !strings.HasPrefix(line, "--- FAIL: ") {
			return true
		}
	}
	return false
}

// output is what a test wrote, or with 0 the package.
func output(pkg *testjson.Package, id int) string {
	var b strings.Builder
	// A strings.Builder does not fail.
	_ = pkg.WriteOutputTo(&b, id)
	return b.String()
}

// ranToItsEnd reports whether all tests of a failed package ended, and the
// process after them without a word: what TestMain finds after m.Run is not
// quarantined. Go does not tell the exit status of a process that wrote FAIL,
// so a TestMain that fails in silence as well goes unseen.
func ranToItsEnd(pkg *testjson.Package) bool {
	if pkg.TestMainFailed() {
		return false
	}
	for _, tc := range pkg.Failed {
		if tc.Elapsed < 0 || abnormal(output(pkg, tc.ID)) {
			return false // the run ended before the test did
		}
	}
	text := output(pkg, 0)
	return !abnormal(text) && silentEnd(text)
}

func abnormal(output string) bool {
	for _, line := range strings.Split(output, "\n") {
		if strings.HasPrefix(line, "panic: ") || strings.HasPrefix(line, "fatal error: ") {
			return true
		}
	}
	return false
}

// silentEnd reports whether nothing stands between the verdict of package
// testing and that of go, but for lines of their own.
func silentEnd(output string) bool {
	_, tail, found := strings.Cut("\n"+output, "\nFAIL\n")
	if !found {
		return false
	}
	for _, line := range strings.Split(tail, "\n") {
		switch {
		case line == "", line == "FAIL", line == "exit status 1",
			strings.HasPrefix(line, "FAIL\t"), strings.HasPrefix(line, "coverage: "):
		default:
			return false
		}
	}
	return true
}
