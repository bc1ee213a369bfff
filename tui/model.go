package tui

import (
	"context"
	"fmt"
	"time"

	"github.com/aymanbagabas/go-osc52/v2"
	tea "github.com/charmbracelet/bubbletea"

	"github.com/gust-go/gust/internal/event"
	"github.com/gust-go/gust/tui/state"
	"github.com/gust-go/gust/tui/view"
)

// model is Bubble Tea's model of the dashboard. Update and View run in one
// goroutine.
type model struct {
	ctx           context.Context
	o             Options
	s             *state.State
	jobs          *jobs
	width, height int
	ticking       bool
}

func newModel(ctx context.Context, o Options) *model {
	m := &model{ctx: ctx, o: o, s: state.New(o.State)}
	m.jobs = newJobs(o)
	return m
}

// The messages besides Bubble Tea's own.
type (
	eventsMsg struct {
		job    *job
		events []event.Event
	}
	endMsg struct {
		job     *job
		code    int
		trouble string
		text    string
	}
	tickMsg   struct{}
	editedMsg struct{ err error }
)

// Init implements tea.Model.
func (m *model) Init() tea.Cmd {
	if m.o.ReplayID != "" {
		m.replay(m.o.ReplayID)
	}
	return nil
}

// View implements tea.Model.
func (m *model) View() string {
	return view.View(m.s, view.Options{Width: m.width, Height: m.height, Color: m.o.Color, ASCII: m.o.ASCII, Now: m.o.Now()})
}

// Update implements tea.Model.
func (m *model) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	switch msg := msg.(type) {
	case tea.WindowSizeMsg:
		m.width, m.height = msg.Width, msg.Height
		m.s.Resize(msg.Height - view.Chrome)
	case tea.KeyMsg:
		return m, m.key(msg)
	case eventsMsg:
		if m.jobs.current(msg.job) {
			for _, e := range msg.events {
				m.s.Apply(e)
			}
		}
	case endMsg:
		m.end(msg)
	case tickMsg:
		m.ticking = false
		return m, m.tick()
	case editedMsg:
		if msg.err != nil {
			m.s.Message = "editor: " + msg.err.Error()
		}
	}
	return m, nil
}

// key takes a key, or several: what is typed fast comes together.
func (m *model) key(msg tea.KeyMsg) tea.Cmd {
	text := (msg.Type == tea.KeyRunes || msg.Type == tea.KeySpace) && !msg.Alt
	if !text {
		return m.do(m.s.Press(msg.String()))
	}
	var cmds []tea.Cmd
	for _, r := range msg.Runes {
		switch {
		case m.s.Filtering:
			m.s.Type(string(r))
		case !msg.Paste: // nothing that was copied somewhere is a command
			cmds = append(cmds, m.do(m.s.Press(string(r))))
		}
	}
	return tea.Batch(cmds...)
}

// end notes the end of a run, unless another has taken its place.
func (m *model) end(msg endMsg) {
	if !m.jobs.ended(msg.job) {
		return
	}
	start := msg.job.start
	m.s.Ended(start.Pane, msg.code, msg.trouble)
	if start.Text && msg.trouble == "" {
		if start.Detail {
			m.s.ShowDetail(msg.text)
		} else {
			m.s.SetText(start.Pane, msg.text)
		}
	}
	m.s.SetRuns(m.o.Runs())
}

// tick repaints the time that runs take, while some do: without any, nothing
// wakes the process.
func (m *model) tick() tea.Cmd {
	if m.ticking || len(m.s.Jobs) == 0 {
		return nil
	}
	m.ticking = true
	return tea.Tick(time.Second, func(time.Time) tea.Msg { return tickMsg{} })
}

// do does what the state asks for.
func (m *model) do(effects []state.Effect) tea.Cmd {
	var cmds []tea.Cmd
	for _, e := range effects {
		switch e := e.(type) {
		case state.Stop:
			return tea.Quit
		case state.Sleep:
			cmds = append(cmds, tea.Suspend)
		case state.Start:
			m.begin(e)
			cmds = append(cmds, m.tick())
		case state.Kill:
			m.jobs.stop(e.Pane)
		case state.Replay:
			m.replay(e.ID)
		case state.Open:
			cmds = append(cmds, m.edit(e))
		case state.ToClipboard:
			// The terminal puts it on the clipboard, over ssh as well.
			_, _ = osc52.New(e.Text).WriteTo(m.o.Out)
		}
	}
	return tea.Batch(cmds...)
}

// begin starts a run of gust in place of the one that its pane has.
func (m *model) begin(e state.Start) {
	if err := m.jobs.start(e); err != nil {
		m.s.Message = err.Error()
		return
	}
	m.s.Started(e.Pane, e.Args, m.o.Now())
	if e.Pane == state.Doctor && len(e.Args) == 1 {
		// What the cache holds is in the same pane, and found out in no time.
		_ = m.jobs.join(state.Start{Pane: e.Pane, Args: []string{"cache", "stats"}})
	}
}

// replay shows a recorded run in place of what there was.
func (m *model) replay(id string) {
	s := state.New(state.Options{Packages: m.o.State.Packages, Runs: m.o.Runs(), Replayed: true})
	pane := state.Overview
	err := m.o.Replay(id, func(e event.Event) {
		s.Apply(e)
		if p := paneOf(e); p != state.Overview {
			pane = p
		}
	})
	if err != nil {
		m.s.Message = err.Error()
		return
	}
	m.jobs.stopAll()
	s.Resize(m.height - view.Chrome)
	s.Show(pane)
	s.Message = fmt.Sprintf("this is run %s; r runs it again", id)
	m.s = s
}

// paneOf is where an event is shown.
func paneOf(e event.Event) state.Pane {
	switch e.(type) {
	case event.BuildSummary:
		return state.Build
	case event.TestSummary, event.TestCase:
		return state.Tests
	case event.KernelFinding, event.KernelSummary:
		return state.Kernel
	case event.DoctorFinding:
		return state.Doctor
	}
	return state.Overview
}

// edit opens the user's editor, which has the terminal meanwhile.
func (m *model) edit(e state.Open) tea.Cmd {
	c, err := m.o.Editor(m.ctx, e.Package, e.File, e.Line)
	if err != nil {
		m.s.Message = err.Error()
		return nil
	}
	return tea.Exec(c, func(err error) tea.Msg { return editedMsg{err} })
}
