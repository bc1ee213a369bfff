package render

import (
	"bufio"
	_ "embed"
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/gust-go/gust/modgraph"
)

//go:embed html/page.html
var pageHTML string

//go:embed html/page.css
var pageCSS string

//go:embed html/page.js
var pageJS string

type htmlNode struct {
	ID      string            `json:"id"`
	Label   string            `json:"label"`
	Detail  string            `json:"detail,omitempty"`
	Kind    modgraph.NodeKind `json:"kind"`
	Org     string            `json:"org,omitempty"`
	URL     string            `json:"url,omitempty"`
	Members []string          `json:"members"`
	Direct  bool              `json:"direct,omitempty"`
	Bytes   int64             `json:"bytes,omitempty"`
	Box     [4]float64        `json:"box"`
}

type htmlLink struct {
	From    int    `json:"from"`
	To      int    `json:"to"`
	Style   string `json:"style"`
	Version string `json:"version,omitempty"`
}

// HTML writes a scene as one page that needs no network: pan, zoom, search,
// focus, collapsing and paths are in its script. A policy in it forbids the
// page to load anything.
func HTML(w io.Writer, s *Scene) error {
	data := struct {
		Title string     `json:"title"`
		Unit  string     `json:"unit"`
		Nodes []htmlNode `json:"nodes"`
		Links []htmlLink `json:"links"`
	}{Title: s.Title, Unit: s.View.Unit}
	for i, n := range s.View.Nodes {
		b := s.Boxes[i]
		data.Nodes = append(data.Nodes, htmlNode{n.ID, n.Label, n.Detail, n.Kind, n.Cluster, n.URL, n.Members, n.Direct, n.Bytes, [4]float64{round(b.X), round(b.Y), round(b.W), round(b.H)}})
	}
	for _, l := range s.View.Links {
		data.Links = append(data.Links, htmlLink{l.From, l.To, l.Style, l.Version})
	}
	// encoding/json writes <, > and & as escapes, so the text cannot end the
	// script element.
	graph, err := json.Marshal(data)
	if err != nil {
		return fmt.Errorf("write HTML: %w", err)
	}
	var svg strings.Builder
	body := bufio.NewWriter(&svg)
	svgBody(body, s)
	if err := body.Flush(); err != nil {
		return fmt.Errorf("write HTML: %w", err)
	}
	replace := strings.NewReplacer(
		"{{title}}", escape(s.Title), "{{subtitle}}", escape(s.Subtitle), "{{legend}}", htmlLegend(s),
		"{{css}}", pageCSS, "{{js}}", pageJS, "{{graph}}", string(graph), "{{svg}}", svg.String(),
		"{{width}}", num(s.W), "{{height}}", num(s.H))
	if _, err := replace.WriteString(w, pageHTML); err != nil {
		return fmt.Errorf("write HTML: %w", err)
	}
	return nil
}

func round(x float64) float64 { return float64(int(x*10)) / 10 }

func htmlLegend(s *Scene) string {
	var out strings.Builder
	b := bufio.NewWriter(&out)
	for _, item := range s.Legend {
		fmt.Fprintf(b, `<li><svg width="24" height="14" viewBox="-1 0 24 14" aria-hidden="true">`)
		svgSymbol(b, item, Point{})
		fmt.Fprintf(b, `</svg>%s</li>`, escape(item.Text))
	}
	_ = b.Flush() // a strings.Builder does not fail
	return out.String()
}
