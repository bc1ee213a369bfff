package tui

import (
	"context"
	"errors"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"github.com/gust-go/gust/internal/event"
	"github.com/gust-go/gust/tui/state"
)

// Options say what to show, and give the dashboard what it needs of the rest
// of gust. All of them are needed.
type Options struct {
	// State is what to begin with.
	State state.Options
	// ReplayID is the recorded run to begin with, if any.
	ReplayID string
	// Self is the gust to run, Dir where, with the environment Env.
	Self, Dir string
	Env       []string
	// In and Out are the terminal.
	In  io.Reader
	Out io.Writer
	// Color and ASCII are as in view.Options.
	Color, ASCII bool
	// Calm repaints once a second at most.
	Calm bool
	// Now tells the time.
	Now func() time.Time
	// Runs lists the recorded runs.
	Runs func() []state.Run
	// Replay calls a function with the events of a recorded run.
	Replay func(id string, each func(event.Event)) error
	// Editor returns a command that opens a file, which is relative to the
	// directory of a package if there is one.
	Editor func(ctx context.Context, pkg, file string, line int) (tea.ExecCommand, error)
}

// Run shows the dashboard until the user leaves it or ctx ends. Whatever way it
// ends, the terminal is as it was, and nothing that was started runs on.
func Run(ctx context.Context, o Options) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	// Bubble Tea sees to SIGINT and SIGTERM; when the terminal goes away there
	// are runs to stop as well.
	hangup := make(chan os.Signal, 1)
	signal.Notify(hangup, syscall.SIGHUP)
	defer signal.Stop(hangup)
	go func() {
		select {
		case <-hangup:
			cancel()
		case <-ctx.Done():
		}
	}()
	fps := 30
	if o.Calm {
		fps = 1
	}
	m := newModel(ctx, o)
	p := tea.NewProgram(m, tea.WithContext(ctx), tea.WithInput(o.In), tea.WithOutput(o.Out), tea.WithAltScreen(), tea.WithFPS(fps))
	m.jobs.send = p.Send
	_, err := p.Run()
	cancel()
	m.jobs.stopAll()
	if errors.Is(err, tea.ErrProgramKilled) && !errors.Is(err, tea.ErrProgramPanic) || errors.Is(err, tea.ErrInterrupted) {
		return nil // a signal, and not a failure
	}
	return err
}
