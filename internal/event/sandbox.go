package event

import "time"

// TestSandbox reports what a package's test binary did besides its tests, if it
// did anything, or why it ran without a sandbox.
type TestSandbox struct {
	// Package is its import path.
	Package string `json:"package"`
	// Isolation is full, landlock, basic or off.
	Isolation string `json:"isolation,omitempty"`
	// Error says why it is not full.
	Error string `json:"error,omitempty"`
	// NotRun is true if the tests did not run for that.
	NotRun bool `json:"not_run,omitempty"`
	// Wrote are files in the checkout or the home directory that it wrote.
	Wrote []TestWrite `json:"wrote,omitempty"`
	// WroteInPlace are files there that it wrote where writes are not kept aside.
	WroteInPlace []string `json:"wrote_in_place,omitempty"`
	// Reached are addresses outside of the sandbox that it tried to connect to.
	Reached []string `json:"reached,omitempty"`
	// HostNetwork is true if it was on the host's network.
	HostNetwork bool `json:"host_network,omitempty"`
	// Left are the command lines of processes that it left running. They were
	// killed.
	Left [][]string `json:"left,omitempty"`
	// LeftProcesses are the same processes, with what else is known of them.
	LeftProcesses []TestProcess `json:"left_processes,omitempty"`
	// ReadOutside are files that tests in strict mode read though they are neither
	// the module's nor the system's.
	ReadOutside []string `json:"read_outside,omitempty"`
	// Broke says what tests in strict mode did that they must not.
	Broke []string `json:"broke,omitempty"`
	// Leaked is true if what was left behind fails the run.
	Leaked bool `json:"leaked,omitempty"`
	// Goroutines are those that it had when it ended, but for those of package
	// testing and the runtime.
	Goroutines []TestGoroutine `json:"goroutines,omitempty"`
	// Temp are files that it left in temporary directories. They were removed.
	Temp []string `json:"temp,omitempty"`
	// Limits are those that it hit.
	Limits []TestLimit `json:"limits,omitempty"`
}

// EventType implements [Event].
func (TestSandbox) EventType() string { return "test.sandbox" }

// TestIsolation reports that tests of a run were isolated less than fully, once for
// each level and reason.
type TestIsolation struct {
	// Isolation is landlock, basic or off.
	Isolation string `json:"isolation"`
	// Packages is how many ran like that.
	Packages int `json:"packages"`
	// Reason is what went wrong.
	Reason string `json:"reason"`
	// Missing is what the system lacks, if that is known.
	Missing string `json:"missing,omitempty"`
	// Action is how to allow it: a command where there is one.
	Action string `json:"action,omitempty"`
}

// EventType implements [Event].
func (TestIsolation) EventType() string { return "test.isolation" }

// TestHostNetwork reports that a package that failed is run again on the host's
// network, since it tried to connect to something outside of its sandbox.
type TestHostNetwork struct {
	// Package is its import path.
	Package string `json:"package"`
	// Reached are the addresses.
	Reached []string `json:"reached"`
}

// EventType implements [Event].
func (TestHostNetwork) EventType() string { return "test.host_network" }

// TestTouched reports what the tests of a package did, as far as it was recorded.
type TestTouched struct {
	// Package is its import path.
	Package string `json:"package"`
	// Time is when they ran.
	Time time.Time `json:"time"`
	// Trace is writes or reads.
	Trace string `json:"trace"`
	// Full is true if there was more than was kept.
	Full bool `json:"full,omitempty"`
	// Lost is how many files were opened that nothing is known of. Then full is true.
	Lost uint64 `json:"lost,omitempty"`
	// Touched is what they did, in the order in which it was done first.
	Touched []TestTouch `json:"touched"`
}

// EventType implements [Event].
func (TestTouched) EventType() string { return "test.touched" }

// A TestTouch is something that a test did.
type TestTouch struct {
	// Kind is write, read, exec, bind or connect.
	Kind string `json:"kind"`
	// What is a file or an address.
	What string `json:"what"`
	// Outside is true of an address at which nobody in the sandbox is.
	Outside bool `json:"outside,omitempty"`
	// Test is the test that ran then, if only one did.
	Test string `json:"test,omitempty"`
	// Count is how often it was done.
	Count int `json:"count"`
}

// A TestProcess is a process that tests left running.
type TestProcess struct {
	// Args is its command line.
	Args []string `json:"args"`
	// Test is the test that ran when it was started, if that is known.
	Test string `json:"test,omitempty"`
	// Ports are the addresses on which it listened.
	Ports []string `json:"ports,omitempty"`
}

// A TestWrite is a file that a test made, changed or removed.
type TestWrite struct {
	// Path is the file.
	Path string `json:"path"`
	// Op is created, modified or deleted.
	Op string `json:"op"`
}

// A TestLimit is a limit of what tests may use of the machine that a package hit.
type TestLimit struct {
	// Limit is memory, processes, open-files, file-size, disk or time.
	Limit string `json:"limit"`
	// Value is what it was set to: bytes, a number, or nanoseconds.
	Value int64 `json:"value"`
	// Test is the test that ran then, if only one did.
	Test string `json:"test,omitempty"`
	// Killed is true if the tests were ended for it.
	Killed bool `json:"killed,omitempty"`
}

// A TestGoroutine is one that tests left, or several that are alike.
type TestGoroutine struct {
	// Function is what it ran, the first that does not only wait for others.
	Function string `json:"function"`
	// Place is the file and line in there.
	Place string `json:"place"`
	// State is what it waited for.
	State string `json:"state"`
	// Creator is the function that started it.
	Creator string `json:"creator,omitempty"`
	// CreatedAt is the file and line in there.
	CreatedAt string `json:"created_at,omitempty"`
	// Count is how many there were.
	Count int `json:"count"`
}
