package event

// RunBegin is the first line of a run in the run log, see gust report.
type RunBegin struct {
	// ID is what gust report takes.
	ID string `json:"id"`
	// Command is the gust command, such as test.
	Command string `json:"command"`
	// Args are what follows it.
	Args []string `json:"args,omitempty"`
	// Dir is the working directory.
	Dir string `json:"dir"`
	// Root is the directory of the workspace or module around Dir, if any.
	Root string `json:"root,omitempty"`
	// Began is when gust started, in the form of RFC 3339.
	Began string `json:"began"`
	// PID is gust's process.
	PID int `json:"pid,omitempty"`
}

// EventType implements [Event].
func (RunBegin) EventType() string { return "run.begin" }

// RunEnd is the last line of a run in the run log. A run without it is still
// going on, or was killed.
type RunEnd struct {
	// Code is the exit code, see exit-codes.md.
	Code int `json:"exit_code"`
	// WallNS is the time of the whole run.
	WallNS int64 `json:"wall_ns"`
	// Dropped counts events that were left out because the run had grown too
	// large.
	Dropped int `json:"dropped,omitempty"`
}

// EventType implements [Event].
func (RunEnd) EventType() string { return "run.end" }
