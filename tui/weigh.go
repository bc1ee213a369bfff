package tui

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	tea "github.com/charmbracelet/bubbletea"

	"github.com/gust-go/gust/tui/state"
)

// weigh builds the programs among packages in a folder of their own, to see what
// modules have in them.
func (m *model) weigh(e state.Weigh) {
	dir, err := os.MkdirTemp("", "gust-sizes-*")
	if err != nil {
		m.s.Message = fmt.Sprintf("make a folder for programs: %v", err)
		return
	}
	args := append([]string{"build", "-o", dir + string(filepath.Separator)}, e.Packages...)
	if err := m.jobs.start(state.Start{Pane: state.Graph, Args: args, Text: true}, dir); err != nil {
		m.s.Message = err.Error()
		_ = os.RemoveAll(dir)
		return
	}
	m.s.Started(state.Graph, append([]string{"build"}, e.Packages...), m.o.Now())
}

// weighed goes on once the programs are built, with the largest, and cleans up
// once that is measured.
func (m *model) weighed(msg endMsg) tea.Cmd {
	dir, start := msg.job.measures, msg.job.start
	if start.With || msg.trouble != "" || msg.code != 0 {
		_ = os.RemoveAll(dir)
		return nil
	}
	file, err := largest(dir)
	if err == nil {
		args := []string{"graph", "size", "--limit=0", file}
		err = m.jobs.start(state.Start{Pane: state.Graph, Args: args, With: true}, dir)
	}
	if err != nil {
		m.s.Message = err.Error()
		_ = os.RemoveAll(dir)
		return nil
	}
	m.s.Sized(filepath.Base(file))
	return nil
}

// largest is the largest file in a folder.
func largest(dir string) (string, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return "", fmt.Errorf("look for what was built: %w", err)
	}
	if len(entries) == 0 {
		return "", fmt.Errorf("no program is among the packages")
	}
	bytes := func(e os.DirEntry) int64 {
		info, err := e.Info()
		if err != nil {
			return 0
		}
		return info.Size()
	}
	biggest := slices.MaxFunc(entries, func(a, b os.DirEntry) int { return cmp.Compare(bytes(a), bytes(b)) })
	return filepath.Join(dir, biggest.Name()), nil
}
