// Package jsonfile keeps the events of a test run as go wrote them.
//
// It sits beside the formatters as a handler of the event stream: a
// [Recorder] gets each event and writes its bytes, unchanged and one a line,
// to a log of everything and to a log of the events that end a test or a
// package, which is enough to see durations and much smaller.
package jsonfile

import (
	"bufio"
	"fmt"
	"io"

	"gotest.tools/gotestsum/testjson"
)

// A Recorder writes events. It is not safe for concurrent use; testjson
// calls handlers from one goroutine.
type Recorder struct {
	all, timing *bufio.Writer
}

// New returns a Recorder that writes all events to all and those that end a
// test or package to timing. Either may be nil.
func New(all, timing io.Writer) *Recorder {
	var r Recorder
	if all != nil {
		r.all = bufio.NewWriter(all)
	}
	if timing != nil {
		r.timing = bufio.NewWriter(timing)
	}
	return &r
}

// Event records one event. Those that testjson made up, for tests that never
// ended, have no bytes and are left out.
func (r *Recorder) Event(e testjson.TestEvent) error {
	if err := writeLine(r.all, e.Bytes()); err != nil {
		return fmt.Errorf("write the event log: %w", err)
	}
	if e.Action.IsTerminal() {
		if err := writeLine(r.timing, e.Bytes()); err != nil {
			return fmt.Errorf("write the log of timing events: %w", err)
		}
	}
	return nil
}

func writeLine(w *bufio.Writer, line []byte) error {
	if w == nil || len(line) == 0 {
		return nil
	}
	if _, err := w.Write(line); err != nil {
		return err
	}
	return w.WriteByte('\n')
}

// Flush writes what is buffered.
func (r *Recorder) Flush() error {
	for _, w := range []*bufio.Writer{r.all, r.timing} {
		if w == nil {
			continue
		}
		if err := w.Flush(); err != nil {
			return fmt.Errorf("write the event log: %w", err)
		}
	}
	return nil
}
