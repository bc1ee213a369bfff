package event

// KernelProbe reports one experiment on the kernel.
type KernelProbe struct {
	// Name is the probe's, such as soft-dirty.
	Name string `json:"name"`
	// Verdict is yes, no, denied or "could not tell".
	Verdict string `json:"verdict"`
	// Cause classes what stands behind a verdict other than yes.
	Cause string `json:"cause,omitempty"`
	// Detail is the evidence in words.
	Detail string `json:"detail,omitempty"`
}

// EventType implements [Event].
func (KernelProbe) EventType() string { return "kernel.probe" }

// KernelFinding reports a rule that applies, or of which that could not be
// told.
type KernelFinding struct {
	// ID is the rule's, such as MPTCP.
	ID string `json:"id"`
	// Title says it in a line.
	Title string `json:"title"`
	// Breaks names what breaks.
	Breaks string `json:"breaks"`
	// Verdict is yes where the rule applies, else "could not tell".
	Verdict string `json:"verdict"`
	// Severity is error, warning or info.
	Severity string `json:"severity"`
	// Confidence is high, medium or low.
	Confidence string `json:"confidence"`
	// Subject is the program or the setting concerned.
	Subject string `json:"subject,omitempty"`
	// Evidence are the facts behind the verdict, or those that are missing.
	Evidence []string `json:"evidence,omitempty"`
	// Consequence says what comes of it.
	Consequence string `json:"consequence,omitempty"`
	// Action says what to do.
	Action string `json:"action,omitempty"`
	// Sources are where the rule is from.
	Sources []string `json:"sources,omitempty"`
}

// EventType implements [Event].
func (KernelFinding) EventType() string { return "kernel.finding" }

// KernelProgram reports what was read of one Go program or toolchain.
type KernelProgram struct {
	// Name is the file.
	Name string `json:"name"`
	// Go is the version stamped into it.
	Go string `json:"go,omitempty"`
	// Experiments differ from the release's defaults.
	Experiments []string `json:"experiments,omitempty"`
	// OS is the GOOS it is for.
	OS string `json:"os,omitempty"`
	// Arch is the GOARCH it is for.
	Arch string `json:"arch,omitempty"`
	// Level is its GOAMD64 or GOARM64.
	Level string `json:"level,omitempty"`
	// Cgo is yes, no or "could not tell".
	Cgo string `json:"cgo,omitempty"`
	// ABINote is the oldest kernel that its C library wants.
	ABINote string `json:"abi_note,omitempty"`
	// Godebug are the GODEBUG defaults in it, as name=value.
	Godebug []string `json:"godebug,omitempty"`
}

// EventType implements [Event].
func (KernelProgram) EventType() string { return "kernel.program" }

// KernelSummary is the last event of a check.
type KernelSummary struct {
	// Release is the kernel's.
	Release string `json:"release,omitempty"`
	// Arch is the GOARCH of the host.
	Arch string `json:"arch,omitempty"`
	// Errors counts findings of that severity.
	Errors int `json:"errors"`
	// Warnings counts findings of that severity.
	Warnings int `json:"warnings"`
	// Infos counts findings of that severity.
	Infos int `json:"infos"`
	// Undecided counts rules that could not be told.
	Undecided int `json:"undecided"`
	// ExitCode is the command's.
	ExitCode int `json:"exit_code"`
}

// EventType implements [Event].
func (KernelSummary) EventType() string { return "kernel.summary" }

// KernelRuleChange reports a rule whose verdict differs between two hosts.
type KernelRuleChange struct {
	// ID is the rule's.
	ID string `json:"id"`
	// Old is the verdict on the first host.
	Old string `json:"old"`
	// New is the verdict on the second host.
	New string `json:"new"`
	// Severity is error, warning or info.
	Severity string `json:"severity"`
	// Evidence are the facts behind New.
	Evidence []string `json:"evidence,omitempty"`
}

// EventType implements [Event].
func (KernelRuleChange) EventType() string { return "kernel.rule_change" }

// KernelOption reports a kernel option that differs between two configs.
type KernelOption struct {
	// Name is the option's without CONFIG_.
	Name string `json:"name"`
	// Kind is removed, changed or added.
	Kind string `json:"kind"`
	// Old is the first value.
	Old string `json:"old,omitempty"`
	// New is the second value.
	New string `json:"new,omitempty"`
}

// EventType implements [Event].
func (KernelOption) EventType() string { return "kernel.option" }

// KernelUse reports what a traced command used of the kernel.
type KernelUse struct {
	// Name says what: a system call or a kind of fault.
	Name string `json:"name"`
	// Count is how often.
	Count int `json:"count"`
	// Failed is how often it failed.
	Failed int `json:"failed,omitempty"`
	// Detail tells more, such as the protocol of a socket.
	Detail string `json:"detail,omitempty"`
	// Rule is the rule concerned, if any.
	Rule string `json:"rule,omitempty"`
}

// EventType implements [Event].
func (KernelUse) EventType() string { return "kernel.use" }

// KernelTrace is the last event of a trace.
type KernelTrace struct {
	// WallNS is the time the command took.
	WallNS int64 `json:"wall_ns"`
	// UserNS is the CPU time in user mode.
	UserNS int64 `json:"user_ns"`
	// SystemNS is the CPU time in the kernel.
	SystemNS int64 `json:"system_ns"`
	// FaultsKnown is false where the kernel cannot count page faults by kind.
	FaultsKnown bool `json:"faults_known"`
	// Faults counts page faults of user mode.
	Faults int `json:"faults"`
	// WriteFaults counts those of writes.
	WriteFaults int `json:"write_faults"`
	// ProtectionFaults counts writes to pages that were there and protected.
	ProtectionFaults int `json:"protection_faults"`
	// Minor counts faults without input or output, by resource usage.
	Minor int `json:"minor"`
	// Major counts faults with input or output, by resource usage.
	Major int `json:"major"`
	// Lost counts events that were lost.
	Lost int `json:"lost"`
	// ExitCode is the command's.
	ExitCode int `json:"exit_code"`
}

// EventType implements [Event].
func (KernelTrace) EventType() string { return "kernel.trace" }

// KernelRule describes a rule of gust kernel.
type KernelRule struct {
	// ID is the rule's, such as MPTCP.
	ID string `json:"id"`
	// Title says it in a line.
	Title string `json:"title"`
	// Breaks names what breaks.
	Breaks string `json:"breaks"`
	// Severity is error, warning or info.
	Severity string `json:"severity"`
	// Confidence is high, medium or low.
	Confidence string `json:"confidence"`
	// For are the purposes it matters for, the values of --for.
	For []string `json:"for,omitempty"`
	// Condition says when it applies.
	Condition string `json:"condition"`
	// Consequence says what comes of it.
	Consequence string `json:"consequence"`
	// Action says what to do.
	Action string `json:"action,omitempty"`
	// Sources are where the rule is from.
	Sources []string `json:"sources"`
}

// EventType implements [Event].
func (KernelRule) EventType() string { return "kernel.rule" }

// KernelProbeKind describes an experiment that gust kernel makes.
type KernelProbeKind struct {
	// Name is the probe's, such as soft-dirty.
	Name string `json:"name"`
	// Title says what yes means.
	Title string `json:"title"`
	// Since is the Linux version that it came with.
	Since string `json:"since,omitempty"`
	// Option is the kernel option that switches it, without CONFIG_.
	Option string `json:"option,omitempty"`
	// Sysctl is the setting that can take it away.
	Sysctl string `json:"sysctl,omitempty"`
	// Capability is the one that it needs of an unprivileged user.
	Capability string `json:"capability,omitempty"`
	// Arch are the GOARCHes that have it at all; all, if left out.
	Arch []string `json:"arch,omitempty"`
}

// EventType implements [Event].
func (KernelProbeKind) EventType() string { return "kernel.probe_kind" }

// KernelStory tells what is true of a claim that goes around.
type KernelStory struct {
	// Name is what it is asked for by, such as fieldtrack.
	Name string `json:"name"`
	// Title says it in a line.
	Title string `json:"title"`
	// Text is the account.
	Text string `json:"text"`
	// Sources are where it is from.
	Sources []string `json:"sources"`
}

// EventType implements [Event].
func (KernelStory) EventType() string { return "kernel.story" }
