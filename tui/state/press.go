package state

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// Type adds a text to the filter, while that is typed.
func (s *State) Type(text string) {
	s.Filter += text
	s.touch()
}

// Press does what a key, by bubbletea's name, asks for.
func (s *State) Press(key string) []Effect {
	s.Message = ""
	if s.Filtering {
		return s.filterKey(key)
	}
	a := ActionOf(key)
	if s.ShowHelp {
		return s.helpKey(a, key)
	}
	if s.Detail != nil && s.detailKey(a) {
		return nil
	}
	switch a {
	case Quit:
		return []Effect{Stop{}}
	case Suspend:
		return []Effect{Sleep{}}
	case Help:
		s.ShowHelp, s.HelpTop = true, 0
	case Filter:
		s.Filtering = true
	case NextPane:
		return s.Show((s.Pane + 1) % panes)
	case PrevPane:
		return s.Show((s.Pane + panes - 1) % panes)
	case GoPane:
		return s.Show(Pane(key[0] - '1'))
	case Back:
		if s.Filter != "" {
			s.Filter = ""
			s.touch()
		}
	default:
		if !s.scrolled(a) {
			return s.act(a)
		}
	}
	return nil
}

// helpKey scrolls the help, or closes it.
func (s *State) helpKey(a Action, key string) []Effect {
	switch {
	case a == Down, a == PageDown:
		s.HelpTop++
	case a == Up, a == PageUp:
		s.HelpTop = max(0, s.HelpTop-1)
	case a == Quit && key != "q":
		return []Effect{Stop{}}
	default:
		s.ShowHelp = false
	}
	return nil
}

// scrolled moves the selection if the action is about that.
func (s *State) scrolled(a Action) bool {
	i := max(0, s.Selected())
	switch a {
	case Up:
		s.move(i - 1)
	case Down:
		s.move(i + 1)
	case PageUp:
		s.move(i - s.height)
	case PageDown:
		s.move(i + s.height)
	case Top:
		s.move(0)
	case Bottom:
		s.move(len(s.Rows()) - 1)
	default:
		return false
	}
	return true
}

// Show shows a pane. What it shows is asked for when it is seen first, if that
// compiles nothing and runs no code of the project's.
func (s *State) Show(p Pane) []Effect {
	s.Pane, s.Detail = p, nil
	s.touch()
	first := !s.visited[p]
	s.visited[p] = true
	if !first || s.opts.Replayed || s.Jobs[p] != nil || len(s.make(p)) > 0 {
		return nil
	}
	switch p {
	case Graph, Kernel, Doctor:
		return s.run(p)
	}
	return nil
}

// run runs what a pane is about.
func (s *State) run(p Pane) []Effect {
	if p == Overview {
		p = Tests
	}
	effects := []Effect{Start{Pane: p, Args: s.command(p), Text: p == Graph}}
	if p == Doctor { // what the cache holds is in the same pane
		effects = append(effects, Start{Pane: p, Args: []string{"cache", "stats"}, With: true})
	}
	return effects
}

// filterKey edits the filter.
func (s *State) filterKey(key string) []Effect {
	switch key {
	case "ctrl+c":
		return []Effect{Stop{}}
	case "enter":
		s.Filtering = false
	case "esc":
		s.Filtering, s.Filter = false, ""
	case "backspace":
		_, size := utf8.DecodeLastRuneInString(s.Filter)
		s.Filter = s.Filter[:len(s.Filter)-size]
	case "ctrl+u":
		s.Filter = ""
	}
	s.touch()
	return nil
}

// detailKey scrolls the text that is shown, or closes it.
func (s *State) detailKey(a Action) bool {
	last := max(0, len(s.Detail)-s.height)
	switch a {
	case Up:
		s.DetailTop--
	case Down:
		s.DetailTop++
	case PageUp:
		s.DetailTop -= s.height
	case PageDown:
		s.DetailTop += s.height
	case Top:
		s.DetailTop = 0
	case Bottom:
		s.DetailTop = last
	case Back, Enter, Collapse, Details:
		s.Detail = nil
		return true
	case Expand:
	default:
		return false
	}
	s.DetailTop = min(max(0, s.DetailTop), last)
	return true
}

// act does what concerns the selected row.
func (s *State) act(a Action) []Effect {
	var row Row
	if i := s.Selected(); i >= 0 {
		row = s.Rows()[i]
	}
	switch a {
	case Enter, Expand, Collapse, Details:
		return s.look(a, row)
	case Measure:
		s.Pane = Graph
		if s.graph.modules == nil {
			s.Message = "there is no graph yet"
			return s.Show(Graph)
		}
		return []Effect{Weigh{s.opts.Packages}}
	case Rerun:
		if row.Rerun != nil {
			return []Effect{Start{Pane: Tests, Args: s.test(row.Rerun...)}}
		}
		return s.run(s.Pane)
	case RerunAll:
		return s.run(Tests)
	case RerunFailed:
		return []Effect{Start{Pane: Tests, Args: s.test(append([]string{"--failed"}, s.opts.Packages...)...)}}
	case Watch:
		if job := s.Jobs[Tests]; job != nil && slices.Contains(job.Args, "--watch") {
			return s.cancel()
		}
		return []Effect{Start{Pane: Tests, Args: s.test(append([]string{"--watch"}, s.opts.Packages...)...)}}
	case Cancel:
		return s.cancel()
	case Editor:
		if row.File == "" {
			s.Message = "this line is about no file"
			return nil
		}
		return []Effect{Open{row.Package, row.File, row.Line}}
	case Copy:
		if row.Text != "" {
			s.Message = "copied"
			return []Effect{ToClipboard{strings.TrimSpace(row.Text)}}
		}
	}
	return nil
}

// cancel stops all that runs.
func (s *State) cancel() []Effect {
	var effects []Effect
	for p := range panes {
		if job := s.Jobs[p]; job != nil {
			job.Stopping = true
			effects = append(effects, Kill{p})
		}
	}
	if effects == nil {
		s.Message = "nothing runs"
	}
	return effects
}

// look opens and closes rows, and shows what is behind them.
func (s *State) look(a Action, row Row) []Effect {
	switch {
	case a == Collapse && row.Fold != Unfolded:
		s.up()
		return nil
	case a == Expand && row.Fold == Unfolded:
		s.move(s.Selected() + 1)
		return nil
	case a == Collapse, a == Expand && row.Fold == Folded, a == Enter && row.Fold != Leaf:
		s.toggle(row)
		return nil
	case a == Details && s.Pane == Overview:
		return s.detail(row)
	}
	name, id, _ := strings.Cut(row.Key, " ")
	switch name {
	case "pane":
		return s.Show(Pane(slices.Index(Names(), id)))
	case "run":
		return []Effect{Replay{id}}
	}
	return s.detail(row)
}

// toggle opens a row that is closed, and the reverse.
func (s *State) toggle(row Row) {
	f := s.folds
	switch s.Pane {
	case Build:
		f = s.build.folds
	case Graph:
		f = s.graph.folds
	case Tests:
		s.tests.toggle(row.Package)
		s.touch()
		return
	}
	f[row.Key] = row.Fold != Unfolded
	s.touch()
}

// up selects the row that the selected one is below.
func (s *State) up() {
	rows := s.Rows()
	i := s.Selected()
	for at := i - 1; at >= 0; at-- {
		if rows[at].Depth < rows[i].Depth {
			s.move(at)
			return
		}
	}
}

// detail shows the text behind a row.
func (s *State) detail(row Row) []Effect {
	if row.Detail == nil {
		return nil
	}
	s.ShowDetail(row.Detail())
	if m := row.module; m != nil && !m.Main { // gust knows more paths, and who wants which version
		s.detailOf = m.Path
		return []Effect{Start{Pane: Graph, Args: []string{"graph", "why", m.Path}, Text: true, Detail: true, With: true}}
	}
	return nil
}
