package view

import (
	"strings"

	"github.com/charmbracelet/bubbles/help"
	"github.com/charmbracelet/bubbles/key"
	"github.com/charmbracelet/lipgloss"
	"github.com/charmbracelet/x/ansi"

	"github.com/gust-go/gust/tui/state"
)

// keys makes bubbles' bindings of the keymap. Those of the bar have their first
// key only.
func keys(bar bool) (groups [][]key.Binding) {
	for _, b := range state.Bindings() {
		for int(b.Group) >= len(groups) {
			groups = append(groups, nil)
		}
		names, text := strings.Join(b.Keys, " "), b.Help
		if bar {
			names, text = b.Keys[0], b.Short
		}
		if text != "" {
			groups[b.Group] = append(groups[b.Group], key.NewBinding(key.WithKeys(b.Keys...), key.WithHelp(names, text)))
		}
	}
	return groups
}

// helper is bubbles' help in our styles.
func (v *view) helper() help.Model {
	h := help.New()
	h.ShortSeparator, h.Ellipsis, h.FullSeparator = "  ", v.more(), "   "
	plain, bold, dim := v.st.plain, v.st.bold, v.st.dim
	h.Styles = help.Styles{Ellipsis: dim, ShortKey: bold, ShortDesc: dim, ShortSeparator: plain, FullKey: bold, FullDesc: plain, FullSeparator: plain}
	return h
}

// bar is the most important keys, as many as fit.
func (v *view) bar() string {
	groups := keys(true)
	var list []key.Binding
	for _, g := range []state.Group{state.Others, state.Looking, state.Runs, state.Panes, state.Moving} {
		list = append(list, groups[g]...)
	}
	// It does not always cut what has no room.
	return ansi.Truncate(v.helper().ShortHelpView(list), v.o.Width, v.more())
}

// help is all keys, in columns, below each other where they have no room.
func (v *view) help(height int) []string {
	var columns []string
	for _, g := range keys(false) {
		columns = append(columns, v.helper().FullHelpView([][]key.Binding{g}))
	}
	var lines []string
	for len(columns) > 0 {
		n, width := 0, 0
		for n < len(columns) && (n == 0 || width+lipgloss.Width(columns[n])+4 <= v.o.Width) {
			width += lipgloss.Width(columns[n]) + 4
			n++
		}
		row := make([]string, 0, 2*n)
		for _, c := range columns[:n] {
			row = append(row, "  ", c, "  ")
		}
		lines = append(lines, strings.Split(lipgloss.JoinHorizontal(lipgloss.Top, row...), "\n")...)
		lines = append(lines, "")
		columns = columns[n:]
	}
	for i := range lines {
		lines[i] = ansi.Truncate(strings.TrimRight(lines[i], " "), v.o.Width, v.more())
	}
	lines = lines[:len(lines)-1]
	lines = lines[min(v.s.HelpTop, max(0, len(lines)-height)):]
	return lines[:min(len(lines), height)]
}
