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
