package timings

import (
	"encoding/json"
	"fmt"
	"io"
	"time"
)

// An Action is one step as cmd/go writes it with -debug-actiongraph, which is
// not documented; see actionJSON in cmd/go/internal/work/action.go. Fields that
// a report does not need are left out.
type Action struct {
	// ID is the action's place in the graph.
	ID int
	// Mode is what it does: build, link, vet, "cgo compile x.c" and so on.
	Mode string
	// Package is the import path, without the test a package is built for.
	Package string
	// Deps are the IDs of the actions that must be done before.
	Deps []int
	// Objdir is the action's work directory, with a separator at the end.
	Objdir string
	// ActionID stands for all that a build or link is made of.
	ActionID string
	// BuildID is set once a build or link has a result.
	BuildID string
	// TimeReady is when the last of Deps was done, TimeStart when a worker took
	// the action up, TimeDone when it ended. They are zero if that did not happen.
	TimeReady, TimeStart, TimeDone time.Time
	// Cmd are the commands that ran; none if a cache had the result.
	Cmd commands
	// CmdUser and CmdSys are the CPU time of the commands.
	CmdUser, CmdSys time.Duration
}

// commands counts commands without keeping them.
type commands int

// UnmarshalJSON implements json.Unmarshaler.
func (c *commands) UnmarshalJSON(b []byte) error {
	var all []json.RawMessage
	if err := json.Unmarshal(b, &all); err != nil {
		return err
	}
	*c = commands(len(all))
	return nil
}

// ReadGraph reads what cmd/go wrote. A graph in which an action depends on one
// that is not there, or on itself, is an error.
func ReadGraph(r io.Reader) ([]Action, error) {
	var actions []Action
	if err := json.NewDecoder(r).Decode(&actions); err != nil {
		return nil, fmt.Errorf("read action graph: %w", err)
	}
	for i, a := range actions {
		if a.ID != i {
			return nil, fmt.Errorf("read action graph: action %d has the ID %d", i, a.ID)
		}
		for _, d := range a.Deps {
			if d < 0 || d >= len(actions) {
				return nil, fmt.Errorf("read action graph: action %d depends on %d, which does not exist", i, d)
			}
		}
	}
	if _, err := order(actions); err != nil {
		return nil, fmt.Errorf("read action graph: %w", err)
	}
	return actions, nil
}

// order lists the IDs so that every action follows its dependencies.
func order(actions []Action) ([]int, error) {
	const (
		unseen = iota
		open
		done
	)
	state := make([]int8, len(actions))
	list := make([]int, 0, len(actions))
	var visit func(id int) error
	visit = func(id int) error {
		switch state[id] {
		case done:
			return nil
		case open:
			return fmt.Errorf("action %d depends on itself", id)
		}
		state[id] = open
		for _, d := range actions[id].Deps {
			if err := visit(d); err != nil {
				return err
			}
		}
		state[id] = done
		list = append(list, id)
		return nil
	}
	for id := range actions {
		if err := visit(id); err != nil {
			return nil, err
		}
	}
	return list, nil
}
