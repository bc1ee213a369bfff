package render

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/gust-go/gust/modgraph"
)

// DOT writes a view in Graphviz' language. Sizes are fixed, so that dot on any
// machine places the nodes as the other pictures have them, whatever fonts it
// has.
func DOT(v *modgraph.View) string { return dot(v, true) }

// placement is DOT without texts and colours, which have no say in where
// things are, and take Graphviz a tenth of its time.
func placement(v *modgraph.View) string { return dot(v, false) }

func dot(v *modgraph.View, full bool) string {
	var b strings.Builder
	b.WriteString("digraph gust {\n")
	b.WriteString("\tgraph [rankdir=LR, nodesep=0.16, ranksep=0.55, mclimit=0.3, nslimit=2, fontname=\"Go, Helvetica, sans-serif\", fontsize=10];\n")
	b.WriteString("\tnode [shape=box, style=\"rounded,filled\", fixedsize=true, margin=0, fontname=\"Go, Helvetica, sans-serif\", fontsize=9")
	if !full {
		b.WriteString(", label=\"\"")
	}
	b.WriteString("];\n\tedge [arrowsize=0.55, color=\"" + linkColor + "\"];\n")
	clusters := clustersOf(v)
	for k, name := range slices.Sorted(maps.Keys(clusters)) {
		fmt.Fprintf(&b, "\tsubgraph cluster_%d {\n\t\tgraph [label=%s, style=rounded, color=\"%s\", fontcolor=\"%s\", margin=9];\n", k, quote(name), clusterLine, faint)
		for _, i := range clusters[name] {
			fmt.Fprintf(&b, "\t\tn%d;\n", i)
		}
		b.WriteString("\t}\n")
	}
	for i, n := range v.Nodes {
		label, detail := texts(n, clusters)
		w, h := boxSize(label, detail)
		p := paintOf(n)
		if !full {
			fmt.Fprintf(&b, "\tn%d [width=%s, height=%s%s];\n", i, inches(w), inches(h), p.dot())
			continue
		}
		text := label
		if detail != "" {
			text += "\n" + detail
		}
		fmt.Fprintf(&b, "\tn%d [label=%s, tooltip=%s, width=%s, height=%s, fillcolor=\"%s\", color=\"%s\", fontcolor=\"%s\"%s%s];\n",
			i, quote(text), quote(strings.Join(n.Members, " ")), inches(w), inches(h), p.fill, p.line, p.text, p.dot(), link(n))
	}
	for _, l := range v.Links {
		fmt.Fprintf(&b, "\tn%d -> n%d%s;\n", l.From, l.To, linkDOT(l))
	}
	b.WriteString("}\n")
	return b.String()
}

func linkDOT(l modgraph.Link) string {
	switch l.Style {
	case modgraph.Dashed:
		// Drawn, but without a say in where things are: that is what the
		// reduced graph decides.
		return " [style=dashed, color=\"" + dashedColor + "\", constraint=false]"
	case modgraph.Dotted:
		return " [style=dotted]"
	}
	return ""
}

func link(n modgraph.Node) string {
	if n.URL == "" {
		return ""
	}
	return ", URL=" + quote(n.URL)
}

// quote writes a string as DOT has it: backslashes start escapes there, and
// a line feed is one of them.
func quote(s string) string {
	if !strings.ContainsAny(s, "\\\"\n\r\x00") {
		return `"` + s + `"`
	}
	s = strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`, "\r", "", "\x00", "").Replace(s)
	return `"` + s + `"`
}

func inches(points float64) string { return strconv.FormatFloat(points/72, 'f', 4, 64) }

// maxClustered is how many nodes a view may have to be laid out in clusters:
// beyond, frames within frames of arrows are no help, and take dot long.
const maxClustered = modgraph.MaxNodes + modgraph.MaxNodes/2

// clustersOf groups nodes by organisation, where there are at least two.
func clustersOf(v *modgraph.View) map[string][]int {
	clusters := make(map[string][]int)
	if len(v.Nodes) > maxClustered {
		return clusters
	}
	for i, n := range v.Nodes {
		if n.Cluster != "" && n.Kind != modgraph.MainNode && n.Kind != modgraph.GroupNode {
			clusters[n.Cluster] = append(clusters[n.Cluster], i)
		}
	}
	maps.DeleteFunc(clusters, func(_ string, members []int) bool { return len(members) < 2 })
	return clusters
}

// texts are the two lines in a box. Within a cluster its name is not said
// again.
func texts(n modgraph.Node, clusters map[string][]int) (label, detail string) {
	label = n.Label
	if _, ok := clusters[n.Cluster]; ok && n.Kind != modgraph.MainNode {
		if short, ok := strings.CutPrefix(label, n.Cluster+"/"); ok {
			label = short
		}
	}
	detail = shortVersion(n.Detail)
	if n.Bytes > 0 {
		detail = strings.TrimSpace(detail + "  " + Size(n.Bytes))
	}
	return ellipsis(label, 44), ellipsis(detail, 44)
}

// shortVersion leaves of a pseudo-version what tells it apart: the commit's
// date and hash.
func shortVersion(v string) string {
	parts := strings.Split(v, "-")
	if n := len(parts); n >= 3 && len(parts[n-1]) == 12 && len(parts[n-2]) >= 14 && !strings.Contains(v, " ") {
		stamp := parts[n-2]
		stamp = stamp[len(stamp)-14:]
		if _, err := strconv.Atoi(stamp); err == nil {
			return parts[0] + "…" + stamp[:8] + "-" + parts[n-1][:7]
		}
	}
	return v
}

func ellipsis(s string, limit int) string {
	if r := []rune(s); len(r) > limit {
		return string(r[:limit/2-1]) + "…" + string(r[len(r)-limit/2:])
	}
	return s
}

// Size formats a number of bytes for people.
func Size(n int64) string {
	switch {
	case n >= 1<<20:
		return fmt.Sprintf("%.1f MB", float64(n)/(1<<20))
	case n >= 1<<10:
		return fmt.Sprintf("%.1f kB", float64(n)/(1<<10))
	}
	return fmt.Sprintf("%d B", n)
}
