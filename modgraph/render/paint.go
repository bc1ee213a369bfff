package render

import "github.com/gust-go/gust/modgraph"

// Colours that several formats share, for light backgrounds. Text on them
// has a contrast of at least 4.5:1.
const (
	linkColor   = "#94a3b8"
	dashedColor = "#60a5fa"
	clusterLine = "#cbd5e1"
	clusterFill = "#f8fafc"
	faint       = "#64748b"
	ink         = "#0f172a"
)

// A paint says what a box looks like.
type paint struct {
	fill, line, text string
	dashed, bold     bool
}

func paintOf(n modgraph.Node) paint {
	p := paint{fill: "#ffffff", line: "#94a3b8", text: ink}
	switch n.Kind {
	case modgraph.MainNode:
		p = paint{fill: "#1e293b", line: "#1e293b", text: "#ffffff"}
	case modgraph.DirectNode:
		p = paint{fill: "#dbeafe", line: "#3b82f6", text: ink}
	case modgraph.GhostNode:
		p = paint{fill: "#ffffff", line: "#94a3b8", text: faint, dashed: true}
	case modgraph.GroupNode:
		p = paint{fill: "#e2e8f0", line: "#64748b", text: ink}
	case modgraph.CycleNode:
		p = paint{fill: "#ffedd5", line: "#ea580c", text: ink}
	}
	if n.Direct && (n.Kind == modgraph.CycleNode || n.Kind == modgraph.GroupNode) {
		p.bold = true
	}
	if n.Replaced {
		p.line, p.bold = "#9333ea", true
	}
	if n.Problem {
		p.line, p.bold = "#dc2626", true
	}
	return p
}

// dot is the rest of the paint as DOT attributes.
func (p paint) dot() string {
	switch {
	case p.dashed:
		return `, style="rounded,filled,dashed"`
	case p.bold:
		return ", penwidth=2"
	}
	return ""
}

func kinds() []modgraph.NodeKind {
	return []modgraph.NodeKind{modgraph.MainNode, modgraph.DirectNode, modgraph.IndirectNode, modgraph.GhostNode, modgraph.GroupNode, modgraph.CycleNode}
}

// legendOf lists what occurs in a view, with what it means.
func legendOf(v *modgraph.View) []LegendItem {
	have := make(map[modgraph.NodeKind]bool)
	replaced, broken := false, false
	for _, n := range v.Nodes {
		have[n.Kind] = true
		replaced = replaced || n.Replaced
		broken = broken || n.Problem
	}
	styles := make(map[string]bool)
	for _, l := range v.Links {
		styles[l.Style] = true
	}
	names := map[modgraph.NodeKind]string{
		modgraph.MainNode: "main", modgraph.DirectNode: "required directly", modgraph.IndirectNode: "indirect",
		modgraph.GhostNode: "ghost: unselected versions lead to it", modgraph.GroupNode: "group", modgraph.CycleNode: "cycle",
	}
	if v.Unit == "package" {
		names[modgraph.DirectNode] = "imported directly"
	}
	var items []LegendItem
	for _, k := range kinds() {
		if have[k] {
			items = append(items, LegendItem{Text: names[k], Kind: k, paint: paintOf(modgraph.Node{Kind: k})})
		}
	}
	if replaced {
		items = append(items, LegendItem{Text: "replaced", Kind: modgraph.IndirectNode, paint: paintOf(modgraph.Node{Replaced: true})})
	}
	if broken {
		items = append(items, LegendItem{Text: "could not be loaded", Kind: modgraph.IndirectNode, paint: paintOf(modgraph.Node{Problem: true})})
	}
	if styles[modgraph.Dashed] {
		items = append(items, LegendItem{Text: "direct, also implied by others", Style: modgraph.Dashed})
	}
	if styles[modgraph.Dotted] {
		items = append(items, LegendItem{Text: "listed as // indirect only", Style: modgraph.Dotted})
	}
	return items
}
