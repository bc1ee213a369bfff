package tui

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
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
	tickMsg struct{}
	// panicMsg is a panic of a goroutine that Bubble Tea does not know: it is
	// to put the terminal back.
	panicMsg  struct{ value any }
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
	return view.View(m.s, view.Options{Width: m.width, Height: m.height, Color: m.o.Color, ASCII: m.o.ASCII, Title: filepath.Base(m.o.Dir), Now: m.o.Now()})
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
			m.s.At(m.o.Now())
			for _, e := range msg.events {
				m.s.Apply(e)
			}
		}
	case endMsg:
		return m, m.end(msg)
	case tickMsg:
		m.ticking = false
		return m, m.tick()
	case panicMsg:
		panic(msg.value)
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
func (m *model) end(msg endMsg) tea.Cmd {
	if !m.jobs.ended(msg.job) {
		if msg.job.measures != "" {
			_ = os.RemoveAll(msg.job.measures)
		}
		return nil
	}
	start := msg.job.start
	if start.With {
		m.s.Joined(start.Pane, start.Args, msg.code, msg.trouble)
	} else {
		m.s.Ended(start.Pane, msg.code, msg.trouble)
	}
	var next []state.Effect
	switch {
	case msg.job.measures != "":
		return m.weighed(msg)
	case msg.trouble != "" || !start.Text:
	case start.Detail:
		m.s.AddDetail(start.Args, msg.text)
	default:
		next = m.s.SetGraph(msg.text)
	}
	m.s.SetRuns(m.o.Runs())
	return m.do(next)
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
		case state.Weigh:
			m.weigh(e)
			cmds = append(cmds, m.tick())
		case state.Kill:
			m.jobs.stop(e.Pane, false)
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

// begin starts a run of gust in place of the one that its pane has, or beside it.
func (m *model) begin(e state.Start) {
	if err := m.jobs.start(e, ""); err != nil {
		m.s.Message = err.Error()
		return
	}
	if !e.With {
		m.s.Started(e.Pane, e.Args, m.o.Now())
	}
}

// replay shows a recorded run in place of what there was.
func (m *model) replay(id string) {
	o := m.o.State
	o.Runs, o.Replayed = m.o.Runs(), true
	s := state.New(o)
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
	s.Finish()
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
	case event.GraphCycle, event.GraphPhantom:
		return state.Graph
	case event.KernelFinding, event.KernelSummary:
		return state.Kernel
	case event.DoctorFinding, event.CacheStats:
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
