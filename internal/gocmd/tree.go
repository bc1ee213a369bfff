package gocmd

import "slices"

// A Process is a process that runs now, or did a moment ago.
type Process struct {
	PID, Parent int
	// Args is its command line.
	Args []string
	// Dir is its working directory, empty if that is not known.
	Dir string
}

// IsTest reports whether a process is a test binary that go test started.
func (p Process) IsTest() bool { return slices.Contains(p.Args, "-test.paniconexit0") }

// below picks the descendants of pid out of all processes, parents first.
func below(all []Process, pid int) []Process {
	var found []Process
	parents := []int{pid}
	for len(parents) > 0 {
		var next []int
		for _, p := range all {
			if slices.Contains(parents, p.Parent) {
				found = append(found, p)
				next = append(next, p.PID)
			}
		}
		parents = next
	}
	return found
}
