package render

import (
	"fmt"
	"strings"

	"github.com/gust-go/gust/modgraph"
)

// maxMermaid is how many arrows Mermaid draws in reasonable time; its own
// limit is 500.
const maxMermaid = 200

// Mermaid writes a view as a flowchart for Markdown.
func Mermaid(v *modgraph.View, notice func(string)) string {
	if len(v.Links) > maxMermaid {
		notice(fmt.Sprintf("%d arrows are more than Mermaid draws well (%d): try --focus=PATH, --depth=1 or --collapse=org", len(v.Links), maxMermaid))
	}
	var b strings.Builder
	b.WriteString("flowchart LR\n")
	classes := make(map[modgraph.NodeKind][]string)
	for i, n := range v.Nodes {
		text := mermaidText(n.Label)
		if n.Detail != "" {
			text += "<br/>" + mermaidText(n.Detail)
		}
		fmt.Fprintf(&b, "  n%d[\"%s\"]\n", i, text)
		classes[n.Kind] = append(classes[n.Kind], fmt.Sprintf("n%d", i))
	}
	for _, l := range v.Links {
		arrow := "-->"
		if l.Style != modgraph.Solid {
			arrow = "-.->"
		}
		fmt.Fprintf(&b, "  n%d %s n%d\n", l.From, arrow, l.To)
	}
	for _, kind := range kinds() {
		if members := classes[kind]; len(members) > 0 {
			p := paintOf(modgraph.Node{Kind: kind})
			fmt.Fprintf(&b, "  classDef %s fill:%s,stroke:%s,color:%s\n  class %s %s\n", kind, p.fill, p.line, p.text, strings.Join(members, ","), kind)
		}
	}
	return b.String()
}

// mermaidText escapes what Mermaid would read as syntax or HTML.
func mermaidText(s string) string {
	return strings.NewReplacer("&", "&amp;", `"`, "#quot;", "<", "&lt;", ">", "&gt;", "\n", " ", "#", "#35;").Replace(s)
}
