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
	GoPane
	Up
	Down
	PageUp
	PageDown
	Top
	Bottom
	Enter
	Expand
	Collapse
	Details
	Back
	Rerun
	RerunFailed
	RerunAll
	Watch
	Cancel
	Measure
	Editor
	Copy
	Suspend
)

// A Group is keys that belong together in the help.
type Group int

// The groups, in their order.
const (
	Panes Group = iota
	Moving
	Looking
	Runs
	Others
)

// A Binding is the keys for an action, by bubbletea's names, and what it does.
type Binding struct {
	Action Action
	Keys   []string
	Help   string
	// Short is what the bar at the bottom says, empty if it is not there; all are
	// in the help.
	Short string
	Group Group
}

// Bindings is the keymap, of which the help and the bar are made as well.
func Bindings() []Binding {
	return []Binding{
		{Help, []string{"?"}, "help", "help", Others},
		{Quit, []string{"q", "ctrl+c"}, "quit", "quit", Others},
		{NextPane, []string{"tab"}, "next pane", "next pane", Panes},
		{PrevPane, []string{"shift+tab"}, "previous pane", "", Panes},
		{GoPane, []string{"1", "2", "3", "4", "5", "6"}, "that pane", "", Panes},
		{Up, []string{"up", "k"}, "up", "", Moving},
		{Down, []string{"down", "j"}, "down", "", Moving},
		{PageUp, []string{"pgup", "ctrl+u"}, "page up", "", Moving},
		{PageDown, []string{"pgdown", "ctrl+d"}, "page down", "", Moving},
		{Top, []string{"g", "home"}, "first line", "", Moving},
		{Bottom, []string{"G", "end"}, "last line", "", Moving},
		{Enter, []string{"enter"}, "open or close", "open", Looking},
		{Expand, []string{"right", "l"}, "open", "", Looking},
		{Collapse, []string{"left", "h"}, "close, or up a level", "", Looking},
		{Details, []string{"d"}, "details", "details", Looking},
		{Back, []string{"esc"}, "back", "", Looking},
		{Filter, []string{"/"}, "filter", "filter", Looking},
		{Rerun, []string{"r"}, "run this again", "run again", Runs},
		{RerunFailed, []string{"f"}, "run what failed", "failed", Runs},
		{RerunAll, []string{"a"}, "run all tests", "all", Runs},
		{Watch, []string{"w"}, "test on save", "on save", Runs},
		{Cancel, []string{"x"}, "stop what runs", "stop", Runs},
		{Measure, []string{"s"}, "sizes in the program", "", Runs},
		{Editor, []string{"e"}, "open in $EDITOR", "", Others},
		{Copy, []string{"y"}, "copy the line", "", Others},
		{Suspend, []string{"ctrl+z"}, "suspend", "", Others},
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
	// that pane that goes on is stopped first, unless this one is With it. With
	// Text the output is no events, and goes to [State.SetGraph], or with Detail
	// to [State.ShowDetail].
	Start struct {
		Pane               Pane
		Args               []string
		Text, Detail, With bool
	}
	// Weigh builds the programs among packages and shows what modules have in
	// the largest.
	Weigh struct{ Packages []string }
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
func (Weigh) effect()       {}
func (Kill) effect()        {}
func (Replay) effect()      {}
func (Open) effect()        {}
func (ToClipboard) effect() {}
func (Sleep) effect()       {}
