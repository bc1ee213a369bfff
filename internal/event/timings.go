package event

// Outcomes of a step in [BuildAction] besides those of [BuildPackage].
const (
	// Cached: go found the result in its build cache.
	Cached = "cached"
	// Linked: the linker ran.
	Linked = "linked"
	// NotRun: the step was not run, because one it depends on failed.
	NotRun = "skipped"
)

// BuildAction reports one step of a build as go timed it, with --timings only.
// The events follow each other at the end of the build, in the order of id.
// Times are counted from the start of gust.
type BuildAction struct {
	// ID is the number of the step in this build.
	ID int `json:"id"`
	// Package is the import path as go prints it; empty for steps that only
	// wait for others.
	Package string `json:"package,omitempty"`
	// Phase is one of: check (look a result up in the cache), cgo, cc (the C
	// compiler), asm, compile, link, install, vet, cover, test, run, other.
	Phase string `json:"phase"`
	// Detail is the C file of a cc step, or what go calls an other step.
	Detail string `json:"detail,omitempty"`
	// Outcome of a compile step is that of build.package, or cached (go found
	// it in its build cache) or skipped (a step it depends on failed). That of
	// a link step is linked, cached, failed or skipped.
	Outcome string `json:"outcome,omitempty"`
	// Deps are the steps that had to be done before.
	Deps []int `json:"deps,omitempty"`
	// BlockedBy is the one of Deps that was done last, which the step had to
	// wait for.
	BlockedBy int `json:"blocked_by,omitempty"`
	// Critical is true on the critical path.
	Critical bool `json:"critical,omitempty"`
	// ReadyNS is when nothing was left to wait for but a free worker.
	ReadyNS int64 `json:"ready_ns"`
	// StartNS is when go began with the step.
	StartNS int64 `json:"start_ns"`
	// DoneNS is when it ended.
	DoneNS int64 `json:"done_ns"`
	// CPUNS is the CPU time of the tools that ran, user and system.
	CPUNS int64 `json:"cpu_ns,omitempty"`
	// SavedNS is the compile time recorded for an object that was reused.
	SavedNS int64 `json:"saved_ns,omitempty"`
	// Parts divide the step by tools, if more than one ran.
	Parts []ActionPart `json:"parts,omitempty"`
}

// EventType implements [Event].
func (BuildAction) EventType() string { return "build.action" }

// An ActionPart is the time of one tool within a step.
type ActionPart struct {
	// Phase is one of those of build.action.
	Phase string `json:"phase"`
	// StartNS is when the tool started.
	StartNS int64 `json:"start_ns"`
	// DoneNS is when the next one started, or the step was done.
	DoneNS int64 `json:"done_ns"`
}

// BuildTimings sums up the build.action events, which it follows.
type BuildTimings struct {
	// Began is when gust started, in the form of RFC 3339.
	Began string `json:"began"`
	// LoadNS is the time before go began with the first step: gust's own start
	// and go's loading of packages.
	LoadNS int64 `json:"load_ns"`
	// WallNS is the time of the whole build.
	WallNS int64 `json:"wall_ns"`
	// CriticalNS is the length of the critical path: the longest chain of steps
	// that depend on each other. No number of processors makes the steps take
	// less.
	CriticalNS int64 `json:"critical_ns"`
	// Critical are the steps of that path, first to last.
	Critical []int `json:"critical,omitempty"`
	// Parallel is how many steps go runs at a time (-p).
	Parallel int `json:"parallel"`
	// CPUNS is the CPU time of all tools.
	CPUNS int64 `json:"cpu_ns"`
	// File is where the report was written; empty if it could not be.
	File string `json:"file,omitempty"`
}

// EventType implements [Event].
func (BuildTimings) EventType() string { return "build.timings" }
