package state

import "time"

// A Mark is the state of what a row is about. Its sign differs without colours.
type Mark int

// The marks.
const (
	None Mark = iota
	OK
	Fail
	Running
	Skipped
	Flaky
	Warning
	Unknown
	Info
)

// A Fold says whether a row has others below it.
type Fold int

// The folds.
const (
	Leaf Fold = iota
	Folded
	Unfolded
)

// A Row is a line of a pane.
type Row struct {
	// Key tells rows apart; the selection stays with it as rows move.
	Key string
	// Mark, Fold, Depth, Text and Note are shown, Note at the right, and Aside
	// behind the text if there is room.
	Mark  Mark
	Fold  Fold
	Depth int
	Text  string
	Aside string
	Note  string
	// Head says that it is the heading of others.
	Head bool
	// Since is when what it is about began, if that goes on.
	Since time.Time
	// From and To are the part of a whole that is shown as a bar, such as when a
	// step of a build ran; the same for none.
	From, To float64
	// Detail makes the text behind it, nil for none.
	Detail func() string
	// Package, File and Line are for the editor.
	Package, File string
	Line          int
	module        *module
	// Rerun are gust test's arguments to run this again.
	Rerun []string
}

// folds are the rows that the user has opened or closed, by key.
type folds map[string]bool

// fold is how a row is, given what it is if the user has said nothing.
func (f folds) fold(key string, open bool) Fold {
	if said, ok := f[key]; ok {
		open = said
	}
	if open {
		return Unfolded
	}
	return Folded
}

// section adds a heading, and the rows below it if it is open.
func (f folds) section(rows []Row, head Row, open bool, below func([]Row) []Row) []Row {
	head.Head, head.Fold = true, f.fold(head.Key, open)
	rows = append(rows, head)
	if head.Fold == Unfolded {
		rows = below(rows)
	}
	return rows
}
