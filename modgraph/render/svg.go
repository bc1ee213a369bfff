package render

import (
	"bufio"
	"encoding/xml"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/gust-go/gust/modgraph"
)

// svgStyle adapts a picture to dark pages; everything else is in attributes,
// for programs that do not read style sheets.
const svgStyle = `text{font-family:Go,"Helvetica Neue",Helvetica,Arial,"Noto Sans CJK SC","Noto Sans",sans-serif}
a:hover rect{stroke-width:2.5}
@media (prefers-color-scheme:dark){.paper{fill:#0f172a}.title{fill:#f1f5f9}.faint{fill:#94a3b8}.frame{fill:#16213a;stroke:#334155}
.indirect rect{fill:#1e293b}.indirect text,.ghost text{fill:#e2e8f0}.ghost rect{fill:#0f172a}.main rect{fill:#e2e8f0;stroke:#e2e8f0}.main text{fill:#0f172a}
.direct rect{fill:#1e3a8a}.direct text{fill:#eff6ff}.cycle rect{fill:#7c2d12}.cycle text{fill:#fff7ed}.group rect{fill:#334155}.group text{fill:#f1f5f9}}
`

// SVG writes a scene as SVG: labels are text, boxes are links.
func SVG(w io.Writer, s *Scene) error {
	b := bufio.NewWriter(w)
	fmt.Fprintf(b, `<svg xmlns="http://www.w3.org/2000/svg" width="%spt" height="%spt" viewBox="0 0 %s %s" role="img">`+"\n", num(s.W), num(s.H), num(s.W), num(s.H))
	fmt.Fprintf(b, "<title>%s</title>\n<style>%s</style>\n", escape(s.Title), svgStyle)
	fmt.Fprintf(b, `<rect class="paper" width="%s" height="%s" fill="#ffffff"/>`+"\n", num(s.W), num(s.H))
	svgText(b, s.Title, Point{margin, margin + 16}, titleSize, ink, "title", "start")
	svgText(b, s.Subtitle, Point{margin, margin + 32}, detailSize, faint, "faint", "start")
	svgBody(b, s)
	for _, item := range s.Legend {
		svgLegend(b, item)
	}
	b.WriteString("</svg>\n")
	if err := b.Flush(); err != nil {
		return fmt.Errorf("write SVG: %w", err)
	}
	return nil
}

// svgBody writes the graph proper, which HTML has as well.
func svgBody(b *bufio.Writer, s *Scene) {
	b.WriteString(`<g id="frames">` + "\n")
	for _, f := range s.Frames {
		fmt.Fprintf(b, `<rect class="frame" x="%s" y="%s" width="%s" height="%s" rx="8" fill="%s" stroke="%s"/>`+"\n", num(f.X), num(f.Y), num(f.W), num(f.H), clusterFill, clusterLine)
		svgText(b, f.Label, Point{f.X + f.W/2, f.Y + 13}, detailSize, faint, "faint", "middle")
	}
	b.WriteString("</g>\n" + `<g id="links" fill="none">` + "\n")
	for _, c := range s.Curves {
		l := s.View.Links[c.Link]
		color, dash := linkLook(l.Style)
		fmt.Fprintf(b, `<g class="link" data-n="%d"><path d="%s" stroke="%s"%s/><path d="%s" fill="%s"/></g>`+"\n", c.Link, path(c), color, dashAttr(dash), arrowPath(c), color)
	}
	b.WriteString("</g>\n" + `<g id="nodes">` + "\n")
	for _, box := range s.Boxes {
		svgBox(b, s.View.Nodes[box.Node], box)
	}
	b.WriteString("</g>\n")
}

func svgBox(b *bufio.Writer, n modgraph.Node, box Box) {
	fmt.Fprintf(b, `<g class="node %s" data-n="%d"><title>%s</title>`, n.Kind, box.Node, escape(tooltip(n)))
	if n.URL != "" {
		fmt.Fprintf(b, `<a href="%s">`, escape(n.URL))
	}
	width := "1"
	if box.paint.bold {
		width = "2"
	}
	fmt.Fprintf(b, `<rect x="%s" y="%s" width="%s" height="%s" rx="5" fill="%s" stroke="%s" stroke-width="%s"%s/>`,
		num(box.X), num(box.Y), num(box.W), num(box.H), box.paint.fill, box.paint.line, width, dashAttr(dashes(box.paint)))
	label, detail := box.baselines()
	svgText(b, box.Label, label, labelSize, box.paint.text, "", "middle")
	if box.Detail != "" {
		color := faint
		if n.Kind == modgraph.MainNode {
			color = "#cbd5e1"
		}
		svgText(b, box.Detail, detail, detailSize, color, "", "middle")
	}
	if n.URL != "" {
		b.WriteString("</a>")
	}
	b.WriteString("</g>\n")
}

func tooltip(n modgraph.Node) string {
	const most = 30
	if len(n.Members) > most {
		return strings.Join(n.Members[:most], "\n") + fmt.Sprintf("\nand %d more", len(n.Members)-most)
	}
	return strings.Join(n.Members, "\n")
}

// baselines are where the middle of each line of text in a box stands.
func (b Box) baselines() (label, detail Point) {
	x := b.X + b.W/2
	if b.Detail == "" {
		return Point{x, b.Y + b.H/2 + 4}, Point{}
	}
	return Point{x, b.Y + 14.5}, Point{x, b.Y + 26.5}
}

func svgText(b *bufio.Writer, text string, at Point, size float64, color, class, anchor string) {
	if class != "" {
		class = ` class="` + class + `"`
	}
	fit := ""
	if anchor == "middle" {
		// Boxes are as wide as the text in gust's font; other fonts have to
		// make do with that.
		fit = fmt.Sprintf(` textLength="%s" lengthAdjust="spacingAndGlyphs"`, num(textWidth(text, size)))
	}
	fmt.Fprintf(b, `<text%s x="%s" y="%s" font-size="%s" fill="%s" text-anchor="%s"%s>%s</text>`, class, num(at.X), num(at.Y), num(size), color, anchor, fit, escape(text))
}

func svgLegend(b *bufio.Writer, item LegendItem) {
	svgSymbol(b, item, item.At)
	svgText(b, item.Text, Point{item.At.X + legendSymbol + 6, item.At.Y + 10}, detailSize, faint, "faint", "start")
	b.WriteString("\n")
}

// svgSymbol draws what a legend item explains, with the class of the boxes
// that it stands for, so that it has their colours on dark pages too.
func svgSymbol(b *bufio.Writer, item LegendItem, at Point) {
	if item.Style != "" {
		color, dash := linkLook(item.Style)
		fmt.Fprintf(b, `<path d="M%s %sh%s" stroke="%s"%s/>`, num(at.X), num(at.Y+7), num(legendSymbol), color, dashAttr(dash))
		return
	}
	width := "1"
	if item.paint.bold {
		width = "2"
	}
	fmt.Fprintf(b, `<g class="key %s"><rect x="%s" y="%s" width="%s" height="12" rx="3" fill="%s" stroke="%s" stroke-width="%s"%s/></g>`,
		item.Kind, num(at.X), num(at.Y+1), num(legendSymbol), item.paint.fill, item.paint.line, width, dashAttr(dashes(item.paint)))
}

// linkLook is the colour of an arrow and its dashes.
func linkLook(style string) (color string, dash []float64) {
	switch style {
	case modgraph.Dashed:
		return dashedColor, []float64{5, 3}
	case modgraph.Dotted:
		return linkColor, []float64{1.5, 3}
	}
	return linkColor, nil
}

func dashAttr(dash []float64) string {
	if len(dash) == 0 {
		return ""
	}
	return fmt.Sprintf(` stroke-dasharray="%s %s"`, num(dash[0]), num(dash[1]))
}

func path(c Curve) string {
	var b strings.Builder
	fmt.Fprintf(&b, "M%s %s", num(c.Points[0].X), num(c.Points[0].Y))
	for i, p := range c.Points[1:] {
		if i%3 == 0 {
			b.WriteByte('C')
		} else {
			b.WriteByte(' ')
		}
		fmt.Fprintf(&b, "%s %s", num(p.X), num(p.Y))
	}
	return b.String()
}

func arrowPath(c Curve) string {
	a := arrow(c)
	return fmt.Sprintf("M%s %sL%s %sL%s %sZ", num(a[0].X), num(a[0].Y), num(a[1].X), num(a[1].Y), num(a[2].X), num(a[2].Y))
}

// num formats a coordinate: a tenth of a point is finer than a pixel.
func num(x float64) string {
	s := strconv.FormatFloat(x, 'f', 1, 64)
	s = strings.TrimSuffix(s, ".0")
	if s == "-0" {
		return "0"
	}
	return s
}

// escape makes any text safe between tags and in attributes; what XML cannot
// hold becomes U+FFFD.
func escape(s string) string {
	var b strings.Builder
	// A strings.Builder does not fail.
	_ = xml.EscapeText(&b, []byte(s))
	return b.String()
}
