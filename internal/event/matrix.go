package event

// MatrixTarget reports one target of gust build --matrix.
type MatrixTarget struct {
	// Name is what it is called, such as linux/amd64/v3.
	Name string `json:"name"`
	// Env are the variables that it was built with, as name=value.
	Env []string `json:"env"`
	// Dir is the folder of its programs.
	Dir string `json:"dir"`
	// Code is go's exit code.
	Code int `json:"exit_code"`
	// Error says why go was not run.
	Error string `json:"error,omitempty"`
	// Output is what go said.
	Output string `json:"output,omitempty"`
	// Current is true if nothing that matters had changed since the last build.
	Current bool `json:"current,omitempty"`
	// Compiled counts the packages that were compiled.
	Compiled int `json:"compiled"`
	// Reused counts the packages of which a stored object was used.
	Reused int `json:"reused"`
	// Programs are what was built.
	Programs []MatrixProgram `json:"programs,omitempty"`
	// WallNS is the time of the build.
	WallNS int64 `json:"wall_ns"`
}

// EventType implements [Event].
func (MatrixTarget) EventType() string { return "matrix.target" }

// A MatrixProgram is a program and what it needs.
type MatrixProgram struct {
	// File is where it is.
	File string `json:"file"`
	// Go is the version that built it.
	Go string `json:"go,omitempty"`
	// MinKernel is the oldest Linux that it starts on; it is left out where that
	// cannot be told and for other systems.
	MinKernel string `json:"min_kernel,omitempty"`
	// Level is its GOAMD64 or GOARM64.
	Level string `json:"level,omitempty"`
	// Hosts are the verdicts for the kernels and CPUs of gust.toml.
	Hosts []MatrixHost `json:"hosts,omitempty"`
}

// A MatrixHost says whether a program would run somewhere.
type MatrixHost struct {
	// Kernel is the kernel version.
	Kernel string `json:"kernel,omitempty"`
	// CPU is the level of the CPU.
	CPU string `json:"cpu,omitempty"`
	// Verdict is yes, no or "could not tell".
	Verdict string `json:"verdict"`
	// Findings are the rules behind a verdict other than yes.
	Findings []KernelFinding `json:"findings,omitempty"`
}

// MatrixSummary is the last event of gust build --matrix.
type MatrixSummary struct {
	// Targets counts them.
	Targets int `json:"targets"`
	// Failed counts those that were not built.
	Failed int `json:"failed"`
	// Unfit counts those that were built and would not run where they have to.
	Unfit int `json:"unfit"`
	// Undecided counts those of which that could not be told.
	Undecided int `json:"undecided"`
	// Code is the exit code.
	Code int `json:"exit_code"`
	// WallNS is how long everything took.
	WallNS int64 `json:"wall_ns"`
}

// EventType implements [Event].
func (MatrixSummary) EventType() string { return "matrix.summary" }
