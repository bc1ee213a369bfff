// Package wire decodes the lines of go test -json.
//
// A run can write millions of them, and encoding/json takes most of the time
// that reading them takes. [Decoder.Decode] understands lines as test2json and
// cmd/go write them by itself and leaves everything else (other spellings of
// keys, spaces, surrogate pairs, null) to encoding/json, so the result is that
// of encoding/json for every line. A fuzz test holds it to that.
package wire

import (
	"encoding/json"
	"time"
)

// The actions of events.
const (
	Run         = "run"
	Pause       = "pause"
	Cont        = "cont"
	Pass        = "pass"
	Bench       = "bench"
	Fail        = "fail"
	Output      = "output"
	Skip        = "skip"
	Start       = "start"
	Attr        = "attr"
	BuildOutput = "build-output"
	BuildFail   = "build-fail"
)

// An Event is what one line says. See go doc test2json; the build events are
// those of go help buildjson.
type Event struct {
	// Time is zero if the line has none. It is parsed on demand, see [Event.When].
	Time        string
	Action      string
	Package     string
	Test        string
	Elapsed     float64 // seconds
	Output      string
	ImportPath  string
	FailedBuild string // since go 1.24
}

// When is the time of the event, zero if the line has none.
func (e *Event) When() time.Time {
	at, err := time.Parse(time.RFC3339, e.Time)
	if err != nil {
		return time.Time{}
	}
	return at
}

// A Decoder decodes lines. The zero value is ready to use. It remembers names,
// which stand in many lines, and is for one goroutine.
type Decoder struct {
	names   map[string]string
	pkg     string
	scratch []byte
}

// maxNames is how many names a Decoder remembers at a time.
const maxNames = 4096

// Decode reads one line into e. It reports whether the line is an event as
// testjson understands it; if not, e is undefined. The line is not kept.
func (d *Decoder) Decode(line []byte, e *Event) bool {
	*e = Event{}
	if d.fast(line, e) {
		return true
	}
	return slow(line, e)
}

// slow leaves a line to encoding/json.
func slow(line []byte, e *Event) bool {
	var v struct {
		Time        time.Time
		Action      string
		Package     string
		Test        string
		ImportPath  string
		Elapsed     float64
		Output      string
		FailedBuild string
		Key, Value  string
	}
	if json.Unmarshal(line, &v) != nil {
		return false
	}
	*e = Event{
		Action: v.Action, Package: v.Package, Test: v.Test, ImportPath: v.ImportPath,
		Elapsed: v.Elapsed, Output: v.Output, FailedBuild: v.FailedBuild,
	}
	if !v.Time.IsZero() {
		e.Time = v.Time.Format(time.RFC3339Nano)
	}
	return true
}

// name is b as a string that is shared with equal ones.
func (d *Decoder) name(b []byte) string {
	if s, ok := d.names[string(b)]; ok {
		return s
	}
	if d.names == nil || len(d.names) >= maxNames {
		d.names = make(map[string]string)
	}
	s := string(b)
	d.names[s] = s
	return s
}
