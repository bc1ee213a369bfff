package event

// Step reports one step of gust hook run or gust ci.
type Step struct {
	// Name is build, vet, test, tidy, tags, graph or kernel.
	Name string `json:"name"`
	// Dir is the module it ran in, relative to the root of the repository.
	Dir string `json:"dir"`
	// Args are the arguments that gust was run with.
	Args []string `json:"args,omitempty"`
	// Skipped says why it was not run.
	Skipped string `json:"skipped,omitempty"`
	// Code is its exit code.
	Code int `json:"exit_code"`
	// WallNS is how long it ran.
	WallNS int64 `json:"wall_ns"`
}

// EventType implements [Event].
func (Step) EventType() string { return "step" }

// StepSummary is the last event of gust hook run and gust ci.
type StepSummary struct {
	// Steps counts the steps that ran.
	Steps int `json:"steps"`
	// Failed counts those that failed.
	Failed int `json:"failed"`
	// Skipped counts the steps that had nothing to do.
	Skipped int `json:"skipped"`
	// Code is the exit code, that of the first step that failed.
	Code int `json:"exit_code"`
	// WallNS is how long everything took.
	WallNS int64 `json:"wall_ns"`
}

// EventType implements [Event].
func (StepSummary) EventType() string { return "step.summary" }
