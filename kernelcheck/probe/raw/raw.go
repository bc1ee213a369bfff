package raw

import (
	"encoding/json"
	"io"
	"slices"
)

// Command is the first argument that makes gust answer with [Main].
const Command = "kernelprobe"

// HoldCommand is the first argument that makes gust answer with [Hold].
const HoldCommand = "kernelhold"

// An Outcome is what an experiment found. Exactly one of Yes, No, Errno and
// Trouble is set, but for Detail, which may go with any.
type Outcome struct {
	Name string `json:"name"`
	// Running announces an experiment that begins; nothing else is set.
	Running bool `json:"running,omitempty"`
	// Yes and No are certain answers.
	Yes bool `json:"yes,omitempty"`
	No  bool `json:"no,omitempty"`
	// Errno is the error that leaves the answer to who knows the host.
	Errno int `json:"errno,omitempty"`
	// Step is what failed with Errno.
	Step string `json:"step,omitempty"`
	// Trouble says why there is no answer at all.
	Trouble string `json:"trouble,omitempty"`
	Detail  string `json:"detail,omitempty"`
}

// An experiment answers the question it is named after.
type experiment struct {
	name string
	// own is true if it must run in a process of its own.
	own bool
	run func() Outcome
}

// Names lists the experiments in the order in which they run best.
func Names() []string {
	var names []string
	for _, e := range experiments() {
		names = append(names, e.name)
	}
	return names
}

// NeedsProcess reports whether an experiment must not run in a process that
// does anything else.
func NeedsProcess(name string) bool {
	return slices.ContainsFunc(experiments(), func(e experiment) bool { return e.name == name && e.own })
}

// Run runs one experiment in this process.
func Run(name string) Outcome {
	for _, e := range experiments() {
		if e.name == name {
			out := e.run()
			out.Name = name
			return out
		}
	}
	return Outcome{Name: name, Trouble: "no such experiment"}
}

// Exit is the argument that makes [Main] return at once: proof that the
// process could be started.
const Exit = "exit"

// private is the argument that makes [Main] change a mount, which takes rights in a
// new user namespace that some security modules withhold.
const private = "private"

// Main runs the experiments named and writes a line of JSON to w when one
// begins and when it ends. It returns the exit code.
func Main(args []string, w io.Writer) int {
	if slices.Equal(args, []string{Exit}) {
		return 0
	}
	if slices.Equal(args, []string{private}) {
		return makePrivate()
	}
	out := json.NewEncoder(w)
	for _, name := range args {
		if err := out.Encode(Outcome{Name: name, Running: true}); err != nil {
			return 3
		}
		if err := out.Encode(Run(name)); err != nil {
			return 3
		}
	}
	return 0
}

// lastOutcome reads what [Main] wrote and returns the last outcome in it.
func lastOutcome(r io.Reader) Outcome {
	last := Outcome{Trouble: "the process said nothing"}
	in := json.NewDecoder(io.LimitReader(r, 1<<16))
	for {
		var out Outcome
		if err := in.Decode(&out); err != nil {
			return last
		}
		if !out.Running {
			last = out
		}
	}
}
