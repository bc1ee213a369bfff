package event

// TestDiagnosing reports that failed tests are about to run in other ways.
type TestDiagnosing struct {
	// Tests counts the tests.
	Tests int `json:"tests"`
	// Of counts all that failed.
	Of int `json:"of"`
	// Runs is how often they run in each way.
	Runs int `json:"runs"`
}

// EventType implements [Event].
func (TestDiagnosing) EventType() string { return "test.diagnosing" }

// TestDiagnosis reports what made a difference to a test that failed.
type TestDiagnosis struct {
	// Package is its import path.
	Package string `json:"package"`
	// Test is its name.
	Test string `json:"test"`
	// Cause is what made the difference.
	Cause string `json:"cause"`
	// Sometimes is true if it passed at times without a difference.
	Sometimes bool `json:"sometimes,omitempty"`
	// After is the one other test that makes it fail, if one does.
	After string `json:"after,omitempty"`
	// Tries are the ways in which it ran.
	Tries []TestTry `json:"tries"`
}

// EventType implements [Event].
func (TestDiagnosis) EventType() string { return "test.diagnosis" }

// A TestTry is a way in which a test ran, several times.
type TestTry struct {
	// Way is its name.
	Way string `json:"way"`
	// Flag is that of go test with which it failed last.
	Flag string `json:"flag,omitempty"`
	// Runs is how often it ran.
	Runs int `json:"runs"`
	// Passed is how often it passed.
	Passed int `json:"passed"`
}

// Causes for which tests fail. Those that begin with needs are of tests that pass
// as they ran first.
const (
	// CauseNetwork: it passes on the network of the machine.
	CauseNetwork = "network"
	// CauseDisk: it passes with temporary files in memory.
	CauseDisk = "disk"
	// CauseSandbox: it passes without a sandbox.
	CauseSandbox = "sandbox"
	// CauseOthers: it passes without the other tests of its package.
	CauseOthers = "others"
	// CauseParallel: it passes on one processor.
	CauseParallel = "parallel"
	// CauseOrder: it depends on the order of tests.
	CauseOrder = "order"
	// CauseItself: it fails in whatever way it runs.
	CauseItself = "itself"
	// CauseChance: it fails now and then, and nothing made a difference.
	CauseChance = "chance"
	// CauseNeedsOthers: it fails alone.
	CauseNeedsOthers = "needs-others"
	// CauseNeedsCPUs: it fails on one processor.
	CauseNeedsCPUs = "needs-cpus"
	// CauseNeedsDisk: it fails with temporary files in memory.
	CauseNeedsDisk = "needs-disk"
	// CauseNeedsOwnNetwork: it fails on the network of the machine.
	CauseNeedsOwnNetwork = "needs-own-network"
	// CauseNeedsSandbox: it fails without a sandbox.
	CauseNeedsSandbox = "needs-sandbox"
	// CauseGone: it did not fail again.
	CauseGone = "gone"
)
