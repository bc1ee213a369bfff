package event

// Outcomes of a test in [TestCase].
const (
	// Passed: the test passed.
	Passed = "pass"
	// Skipped: the test skipped itself.
	Skipped = "skip"
	// TestFailed: the test failed.
	TestFailed = "fail"
	// Unfinished: the test began and did not end, since it or another called
	// os.Exit, panicked or was killed. It counts as failed.
	Unfinished = "unfinished"
)

// Outcomes of a package in [TestPackage], besides pass and fail.
const (
	// NoTests: there was nothing to run.
	NoTests = "no-tests"
	// BuildFailed: the package or its tests could not be built.
	BuildFailed = "build-failed"
)

// TestStart reports that a test or subtest has begun.
type TestStart struct {
	// Package is its import path.
	Package string `json:"package"`
	// Test is its name, as test -run takes it.
	Test string `json:"test"`
}

// EventType implements [Event].
func (TestStart) EventType() string { return "test.start" }

// TestOutput is a part of go's output in a run with -v.
type TestOutput struct {
	// Package is the import path of the package it belongs to.
	Package string `json:"package"`
	// Test is the test it belongs to, empty for the package itself.
	Test string `json:"test,omitempty"`
	// Text is the output, usually one line.
	Text string `json:"text"`
}

// EventType implements [Event].
func (TestOutput) EventType() string { return "test.output" }

// TestCase reports that a test or subtest has ended.
type TestCase struct {
	// Package is its import path.
	Package string `json:"package"`
	// Test is its name.
	Test string `json:"test"`
	// Outcome is pass, skip, fail or unfinished.
	Outcome string `json:"outcome"`
	// Run counts reruns, 0 is the first run.
	Run int `json:"run,omitempty"`
	// ElapsedNS is the time it took; zero if it did not finish.
	ElapsedNS int64 `json:"elapsed_ns"`
	// Output is what it wrote and logged, unless it passed.
	Output string `json:"output,omitempty"`
	// File and Line are where the first message of a failed test points to,
	// as far as its output tells; File is relative to the package or absolute.
	File string `json:"file,omitempty"`
	// Line is the line in File.
	Line int `json:"line,omitempty"`
}

// EventType implements [Event].
func (TestCase) EventType() string { return "test.case" }

// TestPackage reports that the tests of a package have ended.
type TestPackage struct {
	// Package is its import path.
	Package string `json:"package"`
	// Outcome is pass, fail, no-tests or build-failed.
	Outcome string `json:"outcome"`
	// Run counts reruns, 0 is the first run.
	Run int `json:"run,omitempty"`
	// Cached is true if go took the result from its cache.
	Cached bool `json:"cached,omitempty"`
	// Uncached says why go had no result of its tests in its cache; with
	// --explain only.
	Uncached string `json:"uncached,omitempty"`
	// ElapsedNS is the time the package took.
	ElapsedNS int64 `json:"elapsed_ns"`
	// Tests counts tests and subtests that ended.
	Tests int `json:"tests"`
	// Failed counts those that failed or did not finish.
	Failed int `json:"failed,omitempty"`
	// Skipped counts those that skipped themselves.
	Skipped int `json:"skipped,omitempty"`
	// Line is go's line about the package, such as "ok  	p	0.1s".
	Line string `json:"line,omitempty"`
	// Coverage is what go said of it, such as "coverage: 81.2% of statements".
	Coverage string `json:"coverage,omitempty"`
	// Output is what the package wrote outside of its tests or after they had
	// ended, unless it passed.
	Output string `json:"output,omitempty"`
	// BuildOutput is what the compiler, the linker or vet said of it.
	BuildOutput string `json:"build_output,omitempty"`
	// ErrorsWith is the package whose event has the errors if several could not
	// be built for the same ones. BuildOutput then says just that.
	ErrorsWith string `json:"errors_with,omitempty"`
}

// EventType implements [Event].
func (TestPackage) EventType() string { return "test.package" }

// TestSlow reports a test that has been running for long.
type TestSlow struct {
	// Package is its import path.
	Package string `json:"package"`
	// Test is its name.
	Test string `json:"test"`
	// RunningNS is for how long it has been running.
	RunningNS int64 `json:"running_ns"`
	// Killed is true if that is longer than --test-timeout allows and the
	// package's tests are being stopped.
	Killed bool `json:"killed,omitempty"`
}

// EventType implements [Event].
func (TestSlow) EventType() string { return "test.slow" }

// TestStatus says what is running, when the user asks.
type TestStatus struct {
	// Running are the tests, the one that has been running longest first.
	Running []RunningTest `json:"running"`
}

// EventType implements [Event].
func (TestStatus) EventType() string { return "test.status" }

// A RunningTest is running now.
type RunningTest struct {
	// Package is its import path.
	Package string `json:"package"`
	// Test is its name; empty if the package runs none of its tests.
	Test string `json:"test,omitempty"`
	// RunningNS is for how long it has been running.
	RunningNS int64 `json:"running_ns"`
}

// TestRerun reports that failed tests are about to run again.
type TestRerun struct {
	// Run is the number of the rerun, from 1.
	Run int `json:"run"`
	// Tests counts the tests to run.
	Tests int `json:"tests"`
}

// EventType implements [Event].
func (TestRerun) EventType() string { return "test.rerun" }

// TestRepeat reports that all tests are about to run once more, for --stress.
type TestRepeat struct {
	// Run is the number of the run, from 1.
	Run int `json:"run"`
	// Of is how many there will be; zero if time decides.
	Of int `json:"of,omitempty"`
}

// EventType implements [Event].
func (TestRepeat) EventType() string { return "test.repeat" }

// TestFlaky reports a test that failed and then passed.
type TestFlaky struct {
	// Package is its import path.
	Package string `json:"package"`
	// Test is its name.
	Test string `json:"test"`
	// Runs counts how often it ran.
	Runs int `json:"runs"`
	// Failed counts how often it failed.
	Failed int `json:"failed"`
	// Failing is true if the test counts as failed all the same, with --stress.
	Failing bool `json:"failing,omitempty"`
}

// EventType implements [Event].
func (TestFlaky) EventType() string { return "test.flaky" }

// TestSummary is the last event of a test run.
type TestSummary struct {
	// Packages counts the packages, those without tests included.
	Packages int `json:"packages"`
	// PackagesFailed counts those that failed.
	PackagesFailed int `json:"packages_failed"`
	// PackagesCached counts those whose result came from go's cache.
	PackagesCached int `json:"packages_cached"`
	// BuildFailed counts those that could not be built.
	BuildFailed int `json:"build_failed"`
	// Tests counts tests and subtests that ended, reruns not counted.
	Tests int `json:"tests"`
	// Failed counts the tests that failed, and did not pass in a rerun.
	Failed int `json:"failed"`
	// Skipped counts the tests that skipped themselves.
	Skipped int `json:"skipped"`
	// Flaky counts the tests that failed and then passed.
	Flaky int `json:"flaky"`
	// Runs counts the first run and the attempts at what had failed.
	Runs int `json:"runs"`
	// WallNS is the time of everything.
	WallNS int64 `json:"wall_ns"`
	// ExitCode is that of the tests: 0 if all passed in the end.
	ExitCode int `json:"exit_code"`
	// RerunAborted says why failed tests were not run again, though asked for.
	RerunAborted string `json:"rerun_aborted,omitempty"`
}

// EventType implements [Event].
func (TestSummary) EventType() string { return "test.summary" }
