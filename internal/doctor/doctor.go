// Package doctor looks for what makes go other than its user believes: an old
// go in front of a new one, settings that somebody left behind, caches in
// slow places. It is the engine of gust doctor.
//
// Each check looks at [facts], which are gathered once, and returns findings
// with the evidence for them. It works when go is broken or absent; what
// cannot be told then is left out or said to be unknown. Nothing is changed
// but by [Finding.Apply].
package doctor

import (
	"context"
	"slices"
	"time"

	"github.com/gust-go/gust/internal/gocmd"
)

// Levels of findings.
const (
	// Problem: builds fail, or make something else than what is meant.
	Problem = "problem"
	// Warning: it costs time, or will surprise.
	Warning = "warning"
	// Info: good to know.
	Info = "info"
	// Unknown: it could not be told.
	Unknown = "unknown"
)

// A Finding is one thing that was noticed.
type Finding struct {
	// ID is what `gust doctor explain` takes.
	ID    string
	Level string
	// Text says what is the case.
	Text string
	// Evidence are facts that anybody can check, such as file:line.
	Evidence []string
	// Consequence says what comes of it.
	Consequence string
	// Fix is a command, or a sentence where there is none.
	Fix string
	// Apply carries Fix out; nil if that is not safe to do unasked.
	Apply func(context.Context) error
}

// Host says what to examine.
type Host struct {
	// Environ is the environment in os.Environ form.
	Environ []string
	// Dir is the directory to examine, absolute.
	Dir string
	// Root is put before the paths of system files such as /etc/profile, for
	// tests; "" is the real ones.
	Root string
	// Now is the time.
	Now func() time.Time
	// Self is gust's own executable, "" if unknown.
	Self string
	// Namespaces tries whether a program without privilege may make a user
	// namespace, and says what came of it; nil does not try.
	Namespaces func(context.Context) Trial
}

// A Trial is the outcome of an experiment; where it is not Known it says
// nothing.
type Trial struct {
	Known, Works bool
	Detail       string
	// Level is how far tests can be isolated all the same, if that is known.
	Level string
}

// Examine runs every check. Findings come in a fixed order, worst first.
func Examine(ctx context.Context, h Host) ([]Finding, error) {
	f := gather(ctx, h)
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	var all []Finding
	for _, check := range []func(context.Context, *facts) []Finding{
		checkGo, checkShadow, checkPath, checkStartFiles, checkGOROOT, checkToolchain, checkExperiment,
		checkGoEnv, checkGOFLAGS, checkProxy, checkBin, checkProjectEnv, checkTemp, checkCache, checkClock,
		checkStamp, checkCgo, checkGit, checkNamespaces,
	} {
		all = append(all, check(ctx, f)...)
	}
	order := []string{Problem, Warning, Unknown, Info}
	slices.SortStableFunc(all, func(a, b Finding) int {
		return slices.Index(order, a.Level) - slices.Index(order, b.Level)
	})
	return all, ctx.Err()
}

// A foundGo is an executable called go in PATH or in a usual place.
type foundGo struct {
	path   string // as found
	real   string // links resolved
	inPath bool
	gust   bool   // it is gust in go's place
	ver    string // such as go1.26.1, "" if it does not say
	err    error  // why not
}

// facts are what the checks look at.
type facts struct {
	Host
	gos    []foundGo // in the order of PATH, then elsewhere
	chosen *gocmd.Go // nil if there is none
	noGo   error     // why
	// env is what go env says, nil with envErr if it does not.
	env    map[string]string
	envErr error
	// goenv are the lines of the file behind go env -w.
	goenv     []assignment
	goenvPath string
	mod       modFile
}

// An assignment is a line NAME=value of a file.
type assignment struct {
	name, value string
	line        int
}

func (f *facts) getenv(name string) string {
	value := ""
	for _, kv := range f.Environ {
		if len(kv) > len(name) && kv[len(name)] == '=' && kv[:len(name)] == name {
			value = kv[len(name)+1:]
		}
	}
	return value
}

// goenvValue returns the value that go env -w has set.
func (f *facts) goenvValue(name string) (assignment, bool) {
	for _, a := range f.goenv {
		if a.name == name {
			return a, true
		}
	}
	return assignment{}, false
}

// setting is the value of a variable of go's: as go says, or if it says
// nothing, as it is set; "" if it has its default.
func (f *facts) setting(name string) string {
	if f.env != nil {
		return f.env[name]
	}
	if value := f.getenv(name); value != "" {
		return value
	}
	a, _ := f.goenvValue(name)
	return a.value
}
