// Package runlog records what gust's commands report, so that a run can be
// looked at afterwards: by gust report, and by gust tui --replay.
//
// A run is one file of JSON lines, the events of package event as --json writes
// them, each with the time since the run began in at_ns. The first is a
// run.begin event, the last a run.end event with the exit code. A file without
// run.end is of a run that is still going on, which a lock on the file tells,
// or that was killed. Lines are written whole and soon, so a crash costs a
// fraction of a second and perhaps leaves a torn line, which readers skip.
//
// The log is bounded in every direction: texts within an event are cut, a run
// that grows too large keeps only what matters most, and old runs are removed
// when a run ends. Recording is a service to the user: it may fail, and a
// command must not fail for it.
package runlog

import "github.com/gust-go/gust/internal/event"

// Limits of a [Log] that does not say otherwise.
const (
	// DefaultMaxBytes bounds all runs together.
	DefaultMaxBytes = 64 << 20
	// defaultMaxRuns bounds their number.
	defaultMaxRuns = 200
	// maxRunBytes bounds one run. What matters most may take half as much again.
	maxRunBytes = 12 << 20
	// maxText bounds a text in an event.
	maxText = 32 << 10
)

// A Log is a directory of runs. Several processes may use it at once.
type Log struct {
	// Dir holds the runs. It is made when the first is written.
	Dir string
	// MaxBytes bounds the size of all runs; 0 means DefaultMaxBytes.
	MaxBytes int64
}

func (l Log) maxBytes() int64 {
	if l.MaxBytes > 0 {
		return l.MaxBytes
	}
	return DefaultMaxBytes
}

// clipped is an event whose texts have at most maxText bytes. Of each the end
// is dropped, but for output outside of tests, where a crash ends it.
func clipped(e event.Event) event.Event {
	switch e := e.(type) {
	case event.TestCase:
		e.Output = head(e.Output)
		return e
	case event.TestOutput:
		e.Text = head(e.Text)
		return e
	case event.TestPackage:
		e.Output, e.BuildOutput = tail(e.Output), head(e.BuildOutput)
		return e
	case event.BuildOutput:
		e.Text = head(e.Text)
		return e
	}
	return e
}

const cut = "(cut)\n"

func head(text string) string {
	if len(text) <= maxText {
		return text
	}
	return text[:maxText] + "\n" + cut
}

func tail(text string) string {
	if len(text) <= maxText {
		return text
	}
	return cut + text[len(text)-maxText:]
}

// vital reports whether an event is to be kept though the run is too large.
func vital(e event.Event) bool {
	switch e := e.(type) {
	case event.TestOutput, event.TestStart, event.BuildStart, event.BuildAction, event.TestStatus:
		return false
	case event.TestCase:
		return e.Outcome == event.TestFailed || e.Outcome == event.Unfinished
	case event.BuildPackage:
		return e.Outcome == event.Failed
	}
	return true
}
