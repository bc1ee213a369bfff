package render

import (
	"fmt"
	"io"
	"time"

	"codeberg.org/go-pdf/fpdf"
	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/math/fixed"

	"github.com/gust-go/gust/modgraph"
)

// maxPage is the longest side of a page that viewers accept, 200 inches.
const maxPage = 14400.0

// PDF writes a scene as a PDF of one page that is as large as the scene.
// Text is text, in a subset of the built-in font; characters that it lacks
// are drawn with a font of the machine. Boxes are links.
func PDF(w io.Writer, s *Scene, opts Options) error {
	f, err := newFonts(opts.Fonts)
	if err != nil {
		return fmt.Errorf("draw PDF: %w", err)
	}
	scale := min(1, maxPage/s.W, maxPage/s.H)
	doc := fpdf.NewCustom(&fpdf.InitType{UnitStr: "pt", Size: fpdf.SizeType{Wd: s.W * scale, Ht: s.H * scale}})
	// The same graph is the same file.
	doc.SetCreationDate(time.Unix(0, 0).UTC())
	doc.SetModificationDate(time.Unix(0, 0).UTC())
	doc.SetCatalogSort(true)
	doc.SetProducer("gust", true)
	doc.SetTitle(s.Title, true)
	doc.SetMargins(0, 0, 0)
	doc.SetAutoPageBreak(false, 0)
	doc.AddUTF8FontFromBytes("go", "", goregular.TTF)
	doc.AddPage()
	p := &page{doc: doc, fonts: f, scale: scale}
	p.scene(s)
	if f.missing {
		opts.Notice("no font on this machine has some of the characters; they are drawn as boxes")
	}
	if err := doc.Output(w); err != nil {
		return fmt.Errorf("write PDF: %w", err)
	}
	return nil
}

// A page draws in points from the top left, scaled.
type page struct {
	doc   *fpdf.Fpdf
	fonts *fonts
	scale float64
}

func (p *page) scene(s *Scene) {
	for _, f := range s.Frames {
		p.rect(f.Rect, 8, clusterFill, clusterLine, 1, nil)
		p.text(f.Label, Point{f.X + f.W/2 - textWidth(f.Label, detailSize)/2, f.Y + 13}, detailSize, faint)
	}
	for _, c := range s.Curves {
		color, dash := linkLook(s.View.Links[c.Link].Style)
		p.curve(c, color, dash)
	}
	for _, b := range s.Boxes {
		p.box(s.View.Nodes[b.Node], b)
	}
	p.text(s.Title, Point{margin, margin + 16}, titleSize, ink)
	p.text(s.Subtitle, Point{margin, margin + 32}, detailSize, faint)
	for _, item := range s.Legend {
		if item.Style != "" {
			color, dash := linkLook(item.Style)
			p.pen(color, 1, dash)
			p.doc.Line(item.At.X*p.scale, (item.At.Y+7)*p.scale, (item.At.X+legendSymbol)*p.scale, (item.At.Y+7)*p.scale)
		} else {
			p.rect(Rect{item.At.X, item.At.Y + 1, legendSymbol, 12}, 3, item.paint.fill, item.paint.line, 1, dashes(item.paint))
		}
		p.text(item.Text, Point{item.At.X + legendSymbol + 6, item.At.Y + 10}, detailSize, faint)
	}
}

func (p *page) box(n modgraph.Node, b Box) {
	width := 1.0
	if b.paint.bold {
		width = 2
	}
	p.rect(b.Rect, 5, b.paint.fill, b.paint.line, width, dashes(b.paint))
	label, detail := b.baselines()
	p.text(b.Label, Point{label.X - textWidth(b.Label, labelSize)/2, label.Y}, labelSize, b.paint.text)
	if b.Detail != "" {
		color := faint
		if n.Kind == modgraph.MainNode {
			color = "#cbd5e1"
		}
		p.text(b.Detail, Point{detail.X - textWidth(b.Detail, detailSize)/2, detail.Y}, detailSize, color)
	}
	if n.URL != "" {
		p.doc.LinkString(b.X*p.scale, b.Y*p.scale, b.W*p.scale, b.H*p.scale, n.URL)
	}
}

func (p *page) pen(line string, width float64, dash []float64) {
	c := parseColor(line)
	p.doc.SetDrawColor(int(c.R), int(c.G), int(c.B))
	p.doc.SetLineWidth(width * p.scale)
	scaled := make([]float64, len(dash))
	for i, d := range dash {
		scaled[i] = d * p.scale
	}
	p.doc.SetDashPattern(scaled, 0)
}

func (p *page) brush(fill string) {
	c := parseColor(fill)
	p.doc.SetFillColor(int(c.R), int(c.G), int(c.B))
}

func (p *page) rect(r Rect, radius float64, fill, line string, width float64, dash []float64) {
	p.brush(fill)
	p.pen(line, width, dash)
	p.doc.RoundedRect(r.X*p.scale, r.Y*p.scale, r.W*p.scale, r.H*p.scale, radius*p.scale, "1234", "DF")
}

func (p *page) curve(c Curve, color string, dash []float64) {
	k := p.scale
	p.pen(color, 1, dash)
	p.doc.MoveTo(c.Points[0].X*k, c.Points[0].Y*k)
	for i := 1; i+2 < len(c.Points); i += 3 {
		a, b, d := c.Points[i], c.Points[i+1], c.Points[i+2]
		p.doc.CurveBezierCubicTo(a.X*k, a.Y*k, b.X*k, b.Y*k, d.X*k, d.Y*k)
	}
	p.doc.DrawPath("D")
	a := arrow(c)
	p.brush(color)
	p.doc.Polygon([]fpdf.PointType{{X: a[0].X * k, Y: a[0].Y * k}, {X: a[1].X * k, Y: a[1].Y * k}, {X: a[2].X * k, Y: a[2].Y * k}}, "F")
}

// text writes runs of characters that the built-in font has, and draws the
// others one by one.
func (p *page) text(s string, at Point, size float64, hex string) {
	c := parseColor(hex)
	p.doc.SetTextColor(int(c.R), int(c.G), int(c.B))
	p.doc.SetFont("go", "", size*p.scale)
	run, start := "", at
	flush := func() {
		if run != "" {
			p.doc.Text(start.X*p.scale, start.Y*p.scale, run)
		}
		run = ""
	}
	var buf sfnt.Buffer
	for _, r := range s {
		f := p.fonts.find(r)
		if f == p.fonts.builtin {
			if run == "" {
				start = at
			}
			run += string(r)
		} else {
			flush()
			p.glyph(f, r, at, size, hex)
		}
		at.X += runeWidth(p.fonts.builtin, &buf, r) * size
	}
	flush()
}

// glyph fills the outline of a character of a font that is not embedded; f
// is nil if there is none.
func (p *page) glyph(f *sfnt.Font, r rune, at Point, size float64, hex string) {
	k := p.scale
	if f == nil {
		p.pen(hex, 0.6, nil)
		p.doc.Rect((at.X+1)*k, (at.Y-size*0.75)*k, (size*0.6-2)*k, size*0.8*k, "D")
		return
	}
	var buf sfnt.Buffer
	i, err := f.GlyphIndex(&buf, r)
	if err != nil {
		return
	}
	const em = 1024
	segments, err := f.LoadGlyph(&buf, i, fixed.I(em), nil)
	if err != nil || len(segments) == 0 {
		return
	}
	p.brush(hex)
	to := func(q fixed.Point26_6) (x, y float64) {
		return (at.X + px(q.X)/em*size) * k, (at.Y + px(q.Y)/em*size) * k
	}
	for n, s := range segments {
		ax, ay := to(s.Args[0])
		bx, by := to(s.Args[1])
		cx, cy := to(s.Args[2])
		switch s.Op {
		case sfnt.SegmentOpMoveTo:
			if n > 0 {
				p.doc.ClosePath()
			}
			p.doc.MoveTo(ax, ay)
		case sfnt.SegmentOpLineTo:
			p.doc.LineTo(ax, ay)
		case sfnt.SegmentOpQuadTo:
			p.doc.CurveTo(ax, ay, bx, by)
		case sfnt.SegmentOpCubeTo:
			p.doc.CurveBezierCubicTo(ax, ay, bx, by, cx, cy)
		}
	}
	p.doc.ClosePath()
	p.doc.DrawPath("F")
}
