package state

// An Action is what a key asks for.
type Action int

// The actions.
const (
	NoAction Action = iota
	Quit
	Help
	Filter
	NextPane
	PrevPane
	GoOverview
	GoBuild
	GoTests
	GoGraph
	GoKernel
	GoDoctor
	Up
	Down
	PageUp
	PageDown
	Top
	Bottom
	Enter
	Back
	Rerun
	RerunFailed
	RerunAll
	Watch
	Cancel
	Editor
	Copy
	Suspend
)

// A Binding is the keys for an action, by bubbletea's names, and what it does.
type Binding struct {
	Action Action
	Keys   []string
	Help   string
	// Bar says that it is in the bar at the bottom; all are in the help.
	Bar bool
}

// Bindings is the keymap, of which the help and the bar are made as well.
func Bindings() []Binding {
	return []Binding{
		{Quit, []string{"q", "ctrl+c"}, "quit", true},
		{Help, []string{"?"}, "help", true},
		{NextPane, []string{"tab"}, "next pane", true},
		{PrevPane, []string{"shift+tab"}, "previous pane", false},
		{GoOverview, []string{"1"}, "overview", false},
		{GoBuild, []string{"2"}, "build", false},
		{GoTests, []string{"3"}, "tests", false},
		{GoGraph, []string{"4"}, "graph", false},
		{GoKernel, []string{"5"}, "kernel", false},
		{GoDoctor, []string{"6"}, "doctor and cache", false},
		{Up, []string{"up", "k"}, "up", false},
		{Down, []string{"down", "j"}, "down", false},
		{PageUp, []string{"pgup", "ctrl+u"}, "page up", false},
		{PageDown, []string{"pgdown", "ctrl+d"}, "page down", false},
		{Top, []string{"g", "home"}, "first line", false},
		{Bottom, []string{"G", "end"}, "last line", false},
		{Enter, []string{"enter", "right", "l"}, "open", true},
		{Back, []string{"esc", "left", "h"}, "back", true},
		{Filter, []string{"/"}, "filter", true},
		{Rerun, []string{"r"}, "run this again", true},
		{RerunFailed, []string{"f"}, "run what failed", true},
		{RerunAll, []string{"a"}, "run all tests", false},
		{Watch, []string{"w"}, "test on every save, or stop that", true},
		{Cancel, []string{"x"}, "stop what runs", true},
		{Editor, []string{"e"}, "open in $EDITOR", false},
		{Copy, []string{"y"}, "copy the line", false},
		{Suspend, []string{"ctrl+z"}, "suspend", false},
	}
}

// ActionOf is the action of a key.
func ActionOf(key string) Action {
	for _, b := range Bindings() {
		for _, k := range b.Keys {
			if k == key {
				return b.Action
			}
		}
	}
	return NoAction
}

// An Effect is what the terminal side has to do.
type Effect interface{ effect() }

// The effects.
type (
	// Stop ends the program.
	Stop struct{}
	// Start runs gust with these arguments and --json, for a pane; a run of
	// that pane that goes on is stopped first. With Text the output is no
	// events, and goes to [State.SetText], or with Detail to [State.ShowDetail].
	Start struct {
		Pane         Pane
		Args         []string
		Text, Detail bool
	}
	// Kill stops the run of a pane.
	Kill struct{ Pane Pane }
	// Replay shows a recorded run.
	Replay struct{ ID string }
	// Open opens a file in the user's editor. Package is the import path of
	// the package that File is relative to, if any.
	Open struct {
		Package, File string
		Line          int
	}
	// ToClipboard copies text.
	ToClipboard struct{ Text string }
	// Sleep suspends the program.
	Sleep struct{}
)

func (Stop) effect()        {}
func (Start) effect()       {}
func (Kill) effect()        {}
func (Replay) effect()      {}
func (Open) effect()        {}
func (ToClipboard) effect() {}
func (Sleep) effect()       {}
