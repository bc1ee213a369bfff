package event

// TestSandbox reports what a package's test binary did besides its tests, if it
// did anything, or why it ran without a sandbox.
type TestSandbox struct {
	// Package is its import path.
	Package string `json:"package"`
	// Error says why there was no sandbox.
	Error string `json:"error,omitempty"`
	// NotRun is true if the tests did not run for that.
	NotRun bool `json:"not_run,omitempty"`
	// Wrote are files in the checkout or the home directory that it wrote.
	Wrote []TestWrite `json:"wrote,omitempty"`
	// Left are the command lines of processes that it left running. They were
	// killed.
	Left [][]string `json:"left,omitempty"`
	// Temp are files that it left in temporary directories. They were removed.
	Temp []string `json:"temp,omitempty"`
}

// EventType implements [Event].
func (TestSandbox) EventType() string { return "test.sandbox" }

// A TestWrite is a file that a test made, changed or removed.
type TestWrite struct {
	// Path is the file.
	Path string `json:"path"`
	// Op is created, modified or deleted.
	Op string `json:"op"`
}
