package event

// GraphWhy explains one module of the build list.
type GraphWhy struct {
	// Module is path@version.
	Module string `json:"module"`
	// Count is the number of requirement paths in decimal, a cycle counting
	// as one step; it may exceed any integer type.
	Count string `json:"count"`
	// Paths are the shortest of them.
	Paths []GraphPath `json:"paths"`
	// Forces are the requirements that ask for exactly this version, the
	// highest that any asks for.
	Forces []GraphRequirement `json:"forces,omitempty"`
	// Others are requirements of lower versions, one for each version.
	Others []GraphRequirement `json:"others,omitempty"`
	// Listed is true if only // indirect lines of main modules name it.
	Listed bool `json:"listed,omitempty"`
}

// EventType implements [Event].
func (GraphWhy) EventType() string { return "graph.why" }

// A GraphPath is one requirement path.
type GraphPath struct {
	// Steps are modules as path@version, a main module first.
	Steps []string `json:"steps"`
}

// A GraphRequirement says that one version requires another.
type GraphRequirement struct {
	// From is path@version.
	From string `json:"from"`
	// To is path@version.
	To string `json:"to"`
	// Selected is true if From is in the build list.
	Selected bool `json:"selected"`
}

// EventType implements [Event].
func (GraphRequirement) EventType() string { return "graph.requirement" }

// GraphCycle is one cycle of modules.
type GraphCycle struct {
	// Kind is versions (exact versions require each other), modules
	// (selected versions do, by whatever versions they ask for) or self (a
	// module requires an older version of itself).
	Kind string `json:"kind"`
	// Members are path@version, sorted.
	Members []string `json:"members"`
	// Example is a shortest cycle through the first member.
	Example []string `json:"example"`
}

// EventType implements [Event].
func (GraphCycle) EventType() string { return "graph.cycle" }

// GraphPhantom is a dependency that is not what go.mod suggests.
type GraphPhantom struct {
	// Class is P1 to P9, see docs/graph.md.
	Class string `json:"class"`
	// Name is the name of the class, such as graph-only.
	Name string `json:"name"`
	// Module is path@version.
	Module string `json:"module"`
	// Evidence is what the finding rests on.
	Evidence string `json:"evidence"`
	// Advice is what to do about it.
	Advice string `json:"advice"`
}

// EventType implements [Event].
func (GraphPhantom) EventType() string { return "graph.phantom" }

// GraphCut is what would leave the build list with a module.
type GraphCut struct {
	// Module is path@version.
	Module string `json:"module"`
	// Leaves are the other modules that would leave, as path@version.
	Leaves []string `json:"leaves"`
	// Stays counts the modules that would be left.
	Stays int `json:"stays"`
	// By are the requirements that would have to go.
	By []GraphRequirement `json:"by"`
}

// EventType implements [Event].
func (GraphCut) EventType() string { return "graph.cut" }

// GraphWeight says how much hangs on a module.
type GraphWeight struct {
	// Module is path@version.
	Module string `json:"module"`
	// Exclusive counts the modules that would leave with it, itself included.
	Exclusive int `json:"exclusive"`
	// Requirers counts the modules that require it.
	Requirers int `json:"requirers"`
	// Dependents counts the modules that lead to it.
	Dependents int `json:"dependents"`
	// Direct is true if a main module requires it directly.
	Direct bool `json:"direct"`
}

// EventType implements [Event].
func (GraphWeight) EventType() string { return "graph.weight" }

// GraphChange is what became of one module between two commits.
type GraphChange struct {
	// Kind is added, removed, upgraded, downgraded, replaced (the same
	// version with another replacement) or marked (direct became indirect or
	// the reverse).
	Kind string `json:"kind"`
	// Path is the module's path.
	Path string `json:"path"`
	// Old is the version before, with what replaced it.
	Old string `json:"old,omitempty"`
	// New is the version after, with what replaces it.
	New string `json:"new,omitempty"`
	// Direct is true if a main module requires it directly.
	Direct bool `json:"direct"`
	// Licenses are SPDX identifiers of the new version.
	Licenses []string `json:"licenses,omitempty"`
	// OldLicenses are SPDX identifiers of the old version.
	OldLicenses []string `json:"old_licenses,omitempty"`
	// Bytes is how much more Go source there is, zero if not known.
	Bytes int64 `json:"bytes,omitempty"`
}

// EventType implements [Event].
func (GraphChange) EventType() string { return "graph.change" }

// GraphSize is the size of one part of a binary.
type GraphSize struct {
	// Unit is file (the whole), module or package.
	Unit string `json:"unit"`
	// Name is the path of the module or package, std for the standard
	// library, or (runtime data) for what is of no package.
	Name string `json:"name"`
	// Bytes is its size.
	Bytes int64 `json:"bytes"`
}

// EventType implements [Event].
func (GraphSize) EventType() string { return "graph.size" }

// GraphLicense is what a module's licence files say.
type GraphLicense struct {
	// Module is path@version.
	Module string `json:"module"`
	// Verdict is found, missing (no licence file), unknown (a file that is
	// no known licence) or no-files (the source is not on this machine).
	Verdict string `json:"verdict"`
	// Licenses are SPDX identifiers.
	Licenses []string `json:"licenses,omitempty"`
	// Files are the licence files.
	Files []string `json:"files,omitempty"`
}

// EventType implements [Event].
func (GraphLicense) EventType() string { return "graph.license" }

// GraphUpdate is a module with a newer version or a notice of its author.
type GraphUpdate struct {
	// Module is path@version.
	Module string `json:"module"`
	// Direct is true if a main module requires it directly.
	Direct bool `json:"direct"`
	// Update is the newer version.
	Update string `json:"update,omitempty"`
	// Retracted are the reasons for which the version in use was taken back.
	Retracted []string `json:"retracted,omitempty"`
	// Deprecated is the notice of its author.
	Deprecated string `json:"deprecated,omitempty"`
	// Problem is why the module could not be looked up.
	Problem string `json:"problem,omitempty"`
}

// EventType implements [Event].
func (GraphUpdate) EventType() string { return "graph.update" }

// GraphVuln is a known vulnerability of a module in use.
type GraphVuln struct {
	// ID is that of the Go vulnerability database.
	ID string `json:"id"`
	// Summary is its title.
	Summary string `json:"summary,omitempty"`
	// Module is path@version.
	Module string `json:"module"`
	// Fixed is the first version without it.
	Fixed string `json:"fixed,omitempty"`
	// Reach is required, imported or called.
	Reach string `json:"reach"`
	// Trace is a chain of calls or imports that ends in the vulnerability.
	Trace []string `json:"trace,omitempty"`
}

// EventType implements [Event].
func (GraphVuln) EventType() string { return "graph.vuln" }

// GraphViolation is a rule of gust.toml that the graph breaks.
type GraphViolation struct {
	// Rule is the key of the rule, such as deny-phantoms.
	Rule string `json:"rule"`
	// Module is path@version.
	Module string `json:"module"`
	// Text says what is wrong.
	Text string `json:"text"`
	// Advice is what to do about it.
	Advice string `json:"advice,omitempty"`
	// File is the file to look at, relative to the root of the project.
	File string `json:"file"`
	// Line is the line in it, 0 if none says it.
	Line int `json:"line,omitempty"`
	// Excused is the reason of the exception that covers it.
	Excused string `json:"excused,omitempty"`
}

// EventType implements [Event].
func (GraphViolation) EventType() string { return "graph.violation" }
