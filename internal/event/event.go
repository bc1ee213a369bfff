// Package event defines what gust's engines report while they work and the
// versioned JSON form of it.
//
// Engines send typed events to a [Sink]; package report turns them into
// human, plain or JSON output. The JSON form is API: one object a line,
// {"v":1,"type":"build.package",…}, field names in snake_case, durations as
// integer nanoseconds in fields ending in _ns. New fields and types may be
// added under the same version; nothing is renamed or removed.
package event

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// Version is the value of "v" in every JSON event.
const Version = 1

// An Event is one fact an engine reports. Its JSON fields are those of the
// struct behind it; [Marshal] adds "v" and "type".
type Event interface {
	// EventType is the value of "type", such as "build.package".
	EventType() string
}

// A Sink receives events. Emit may be called from several goroutines, so
// implementations synchronise themselves; it must not block for long.
type Sink interface {
	Emit(Event)
}

// Discard is a Sink that drops everything.
type Discard struct{}

// Emit drops e.
func (Discard) Emit(Event) {}

// Marshal encodes e as one JSON object without a trailing newline.
func Marshal(e Event) ([]byte, error) {
	body, err := json.Marshal(e)
	if err != nil {
		return nil, fmt.Errorf("encode %s event: %w", e.EventType(), err)
	}
	var out bytes.Buffer
	fmt.Fprintf(&out, `{"v":%d,"type":%q`, Version, e.EventType())
	if len(body) > 2 {
		out.WriteByte(',')
	}
	out.Write(body[1:])
	return out.Bytes(), nil
}

// A Warning tells of a helper that failed without harming the result.
type Warning struct {
	// Text says what failed.
	Text string `json:"text"`
	// Hint is what to do about it, usually a command.
	Hint string `json:"hint,omitempty"`
}

// EventType implements [Event].
func (Warning) EventType() string { return "warning" }

// An Error is the fatal error a command ends with.
type Error struct {
	// Text says what went wrong.
	Text string `json:"text"`
	// Hint is what to do about it, usually a command.
	Hint string `json:"hint,omitempty"`
	// Code is the exit code, see exit-codes.md.
	Code int `json:"exit_code"`
}

// EventType implements [Event].
func (Error) EventType() string { return "error" }
