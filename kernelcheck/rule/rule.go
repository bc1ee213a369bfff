package rule

import (
	"slices"

	"github.com/gust-go/gust/kernelcheck/fact"
)

// A Severity says how bad it is that a rule applies.
type Severity string

// The severities.
const (
	Error   Severity = "error"
	Warning Severity = "warning"
	Info    Severity = "info"
)

// Rank orders severities, worst first.
func (s Severity) Rank() int { return slices.Index([]Severity{Error, Warning, Info}, s) }

// A Confidence says how sure a rule's condition is.
type Confidence string

// The confidences. The zero value stands for High.
const (
	High   Confidence = "high"
	Medium Confidence = "medium"
	Low    Confidence = "low"
)

func lower(a, b Confidence) Confidence {
	order := []Confidence{Low, Medium, High, ""}
	return order[min(slices.Index(order, a), slices.Index(order, b))]
}

// Purposes are the values of --for.
func Purposes() []string {
	return []string{"run", "build", "sandbox", "ebpf", "criu", "race", "cgo", "container", "network"}
}

// A Rule is one incompatibility or trap.
type Rule struct {
	ID    string
	Title string
	// Breaks names the group of what breaks.
	Breaks     string
	Severity   Severity
	Confidence Confidence
	// For are the purposes it matters for.
	For []string
	// HostOnly rules look at no program.
	HostOnly bool
	// When is the condition, Condition the same in words.
	When      Cond `json:"-"`
	Condition string
	// Consequence says what happens, Action what to do.
	Consequence, Action string
	Sources             []string
}

// Judge asks whether the rule applies.
func (r Rule) Judge(in Input) Result {
	if in.Host == nil {
		in.Host = &fact.Host{}
	}
	if in.Host.OS != "" && in.Host.OS != "linux" {
		return unknown("the host is not Linux")
	}
	if in.Program != nil && in.Program.OS != "" && in.Program.OS != "linux" && in.Program.OS != "android" {
		return Result{Verdict: fact.No}
	}
	out := r.When(in)
	out.Doubt = lower(out.Doubt, r.Confidence)
	if out.Doubt == "" {
		out.Doubt = High
	}
	return out
}

// Table lists all rules by what breaks.
func Table() []Rule {
	return slices.Concat(startRules(), crashRules(), fileRules(), memoryRules(), processRules(), networkRules(), hostRules(), bpfRules())
}

// Lookup finds a rule by its ID, in any case.
func Lookup(id string) (Rule, bool) {
	for _, r := range Table() {
		if equalFold(r.ID, id) {
			return r, true
		}
	}
	return Rule{}, false
}
