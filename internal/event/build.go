package event

// Outcomes of a package's compile in [BuildPackage].
const (
	// Compiled: the compiler ran.
	Compiled = "compiled"
	// Reused: a stored object was used; nothing the compiler reads had changed.
	Reused = "reused"
	// Relinked: a stored object was used and the positions that moved in its
	// imports were brought up to date in its export data.
	Relinked = "relinked"
	// Failed: the compiler ran and reported errors.
	Failed = "failed"
)

// BuildPackage reports one compile action that cmd/go asked for. Packages
// that cmd/go found in its own cache have no event.
type BuildPackage struct {
	// ImportPath is as go prints it; a test variant reads "p [p.test]".
	ImportPath string `json:"import_path"`
	// Outcome is compiled (the compiler ran), reused (a stored object was
	// used), relinked (a stored object was used and the positions that moved
	// in its imports were brought up to date) or failed (the compiler
	// reported errors).
	Outcome string `json:"outcome"`
	// Root is true where the package's own inputs changed, false where the
	// compile was only a consequence of a changed import.
	Root bool `json:"root"`
	// Reasons say why it was compiled, most important first.
	Reasons []Reason `json:"reasons,omitempty"`
	// WallNS is the time gust and the compiler took, in nanoseconds.
	WallNS int64 `json:"wall_ns"`
	// SavedNS is the compile time recorded for the stored object less WallNS;
	// zero unless the object was reused or relinked.
	SavedNS int64 `json:"saved_ns,omitempty"`
}

// EventType implements [Event].
func (BuildPackage) EventType() string { return "build.package" }

// BuildStart reports that a tool has begun to work on a package, with
// --timings only. A compile ends with a [BuildPackage]; the end of other tools
// is not reported.
type BuildStart struct {
	// ImportPath is as go prints it; a test variant reads "p [p.test]".
	ImportPath string `json:"import_path"`
	// Tool is its name, such as compile, asm, link or vet.
	Tool string `json:"tool"`
}

// EventType implements [Event].
func (BuildStart) EventType() string { return "build.start" }

// BuildOutput is a part of what go said on stderr about a build, such as
// compiler errors. go writes it to stderr as well.
type BuildOutput struct {
	// Text is the output, usually some lines.
	Text string `json:"text"`
}

// EventType implements [Event].
func (BuildOutput) EventType() string { return "build.output" }

// A Reason names one input that made a compile necessary.
type Reason struct {
	// Kind is one of: first, file, import, flags, tool, env, embed, other.
	Kind string `json:"kind"`
	// Subject is the file, import path, flag or variable concerned.
	Subject string `json:"subject,omitempty"`
	// Text says what happened to Subject, such as "func (*Head) Append: body
	// changed, lines moved".
	Text string `json:"text"`
}

// BuildSummary is the last event of a build.
type BuildSummary struct {
	// Compiled counts the packages with that outcome.
	Compiled int `json:"compiled"`
	// Reused counts the packages with that outcome.
	Reused int `json:"reused"`
	// Relinked counts the packages with that outcome.
	Relinked int `json:"relinked"`
	// Failed counts the packages with that outcome.
	Failed int `json:"failed"`
	// Linked counts runs of the linker.
	Linked int `json:"linked"`
	// Vets counts the packages that go asked to be vetted, but for those of the
	// standard library and the module cache.
	Vets int `json:"vets,omitempty"`
	// VetsReused counts those of them whose earlier result stood.
	VetsReused int `json:"vets_reused,omitempty"`
	// WallNS is the time of the whole build.
	WallNS int64 `json:"wall_ns"`
	// SavedNS is the compile time that reuse made unnecessary.
	SavedNS int64 `json:"saved_ns"`
	// ExitCode is go's.
	ExitCode int `json:"exit_code"`
	// Current is true if go was not started because nothing that matters has
	// changed since the last build.
	Current bool `json:"current,omitempty"`
	// Direct is true if go was not started because only the compiles and the
	// link that are reported had to be done, and it was known how.
	Direct bool `json:"direct,omitempty"`
	// Stale says why go was started although there was an earlier build of the
	// same target, such as "/src/main.go was changed".
	Stale string `json:"stale,omitempty"`
	// Remote says what the remote cache was good for, if go asked it.
	Remote *BuildRemote `json:"remote,omitempty"`
}

// BuildRemote is what a remote cache did for a build.
type BuildRemote struct {
	// Found counts what go asked it for and got.
	Found int64 `json:"found"`
	// Missing counts what it did not have.
	Missing int64 `json:"missing"`
	// Programs counts those among them that were not linked on this machine.
	Programs int64 `json:"programs"`
	// Records counts what else came from it: earlier results to be reused.
	Records int64 `json:"records"`
	// ReceivedBytes is the size of all that came.
	ReceivedBytes int64 `json:"received_bytes"`
	// Sent counts what was stored there.
	Sent int64 `json:"sent"`
	// SentBytes is its size.
	SentBytes int64 `json:"sent_bytes"`
	// NotSent counts what could not be, or not in time.
	NotSent int64 `json:"not_sent"`
	// Wrong counts what was not what it should have been, and was made anew.
	Wrong int64 `json:"wrong"`
	// Lookups counts the questions that the server has answered.
	Lookups int64 `json:"lookups"`
	// WaitNS is how long all of these answers took together.
	WaitNS int64 `json:"wait_ns"`
	// SlowestNS is how long the slowest took.
	SlowestNS int64 `json:"slowest_ns"`
	// Failed counts the requests of all kinds that came to nothing.
	Failed int64 `json:"failed"`
}

// EventType implements [Event].
func (BuildSummary) EventType() string { return "build.summary" }
