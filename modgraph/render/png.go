package render

import (
	"bufio"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"io"
	"math"
	"strconv"

	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/math/fixed"
	"golang.org/x/image/vector"

	"github.com/gust-go/gust/modgraph"
)

// A PNG has two pixels per point, fewer if it would get too large for
// viewers and for memory.
const (
	pngScale  = 2.0
	maxSide   = 16_000.0
	maxPixels = 48_000_000.0
)

// PNG writes a scene as an image.
func PNG(w io.Writer, s *Scene, opts Options) error {
	scale := min(pngScale, maxSide/s.W, maxSide/s.H, math.Sqrt(maxPixels/(s.W*s.H)))
	if scale < 1 {
		opts.Notice(fmt.Sprintf("the picture is %.0f by %.0f points and was scaled down to %.0f%% to fit into an image: try --format=svg, pdf or html", s.W, s.H, 100*scale))
	}
	f, err := newFonts(opts.Fonts)
	if err != nil {
		return fmt.Errorf("draw PNG: %w", err)
	}
	c := &canvas{scale: scale, fonts: f, img: image.NewRGBA(image.Rect(0, 0, int(math.Ceil(s.W*scale)), int(math.Ceil(s.H*scale))))}
	draw.Draw(c.img, c.img.Bounds(), image.White, image.Point{}, draw.Src)
	c.scene(s)
	if f.missing {
		opts.Notice("no font on this machine has some of the characters; they are drawn as boxes")
	}
	b := bufio.NewWriter(w)
	if err := (&png.Encoder{CompressionLevel: png.BestSpeed}).Encode(b, c.img); err != nil {
		return fmt.Errorf("write PNG: %w", err)
	}
	if err := b.Flush(); err != nil {
		return fmt.Errorf("write PNG: %w", err)
	}
	return nil
}

// A canvas fills shapes given in points.
type canvas struct {
	img   *image.RGBA
	scale float64
	fonts *fonts
	// ras, buf and segments are used again for each shape.
	ras      vector.Rasterizer
	buf      sfnt.Buffer
	segments [][2]Point
}

func (c *canvas) scene(s *Scene) {
	for _, f := range s.Frames {
		c.roundRect(f.Rect, 8, clusterFill, clusterLine, 1, nil)
		c.text(f.Label, Point{f.X + f.W/2 - textWidth(f.Label, detailSize)/2, f.Y + 13}, detailSize, faint)
	}
	for _, curve := range s.Curves {
		color, dash := linkLook(s.View.Links[curve.Link].Style)
		c.stroke(flatten(curve.Points), 1, dash, color)
		a := arrow(curve)
		c.fill(a[:], color)
	}
	for _, b := range s.Boxes {
		c.box(s.View.Nodes[b.Node], b)
	}
	c.text(s.Title, Point{margin, margin + 16}, titleSize, ink)
	c.text(s.Subtitle, Point{margin, margin + 32}, detailSize, faint)
	for _, item := range s.Legend {
		if item.Style != "" {
			color, dash := linkLook(item.Style)
			c.stroke([]Point{{item.At.X, item.At.Y + 7}, {item.At.X + legendSymbol, item.At.Y + 7}}, 1, dash, color)
		} else {
			c.roundRect(Rect{item.At.X, item.At.Y + 1, legendSymbol, 12}, 3, item.paint.fill, item.paint.line, 1, dashes(item.paint))
		}
		c.text(item.Text, Point{item.At.X + legendSymbol + 6, item.At.Y + 10}, detailSize, faint)
	}
}

func dashes(p paint) []float64 {
	if p.dashed {
		return []float64{4, 3}
	}
	return nil
}

func (c *canvas) box(n modgraph.Node, b Box) {
	width := 1.0
	if b.paint.bold {
		width = 2
	}
	c.roundRect(b.Rect, 5, b.paint.fill, b.paint.line, width, dashes(b.paint))
	label, detail := b.baselines()
	c.text(b.Label, Point{label.X - textWidth(b.Label, labelSize)/2, label.Y}, labelSize, b.paint.text)
	if b.Detail != "" {
		color := faint
		if n.Kind == modgraph.MainNode {
			color = "#cbd5e1"
		}
		c.text(b.Detail, Point{detail.X - textWidth(b.Detail, detailSize)/2, detail.Y}, detailSize, color)
	}
}

func (c *canvas) roundRect(r Rect, radius float64, fill, line string, width float64, dash []float64) {
	outline := roundOutline(r, radius)
	c.fill(outline, fill)
	c.stroke(append(outline, outline[0]), width, dash, line)
}

// roundOutline is a rectangle with round corners as a polygon.
func roundOutline(r Rect, radius float64) []Point {
	var out []Point
	const steps = 6
	corner := func(cx, cy, from float64) {
		for i := range steps + 1 {
			a := from + float64(i)/steps*math.Pi/2
			out = append(out, Point{cx + radius*math.Cos(a), cy + radius*math.Sin(a)})
		}
	}
	corner(r.X+r.W-radius, r.Y+radius, -math.Pi/2)
	corner(r.X+r.W-radius, r.Y+r.H-radius, 0)
	corner(r.X+radius, r.Y+r.H-radius, math.Pi/2)
	corner(r.X+radius, r.Y+radius, math.Pi)
	return out
}

// flatten turns Bézier segments into a line of short pieces.
func flatten(p []Point) []Point {
	out := []Point{p[0]}
	for i := 0; i+3 < len(p); i += 3 {
		length := math.Hypot(p[i+1].X-p[i].X, p[i+1].Y-p[i].Y) + math.Hypot(p[i+2].X-p[i+1].X, p[i+2].Y-p[i+1].Y) + math.Hypot(p[i+3].X-p[i+2].X, p[i+3].Y-p[i+2].Y)
		steps := int(min(max(length/5, 4), 60))
		for k := 1; k <= steps; k++ {
			out = append(out, bezier(p[i:i+4], float64(k)/float64(steps)))
		}
	}
	return out
}

// stroke draws a line along points, in dashes if asked.
func (c *canvas) stroke(points []Point, width float64, dash []float64, color string) {
	for _, piece := range dashed(points, dash) {
		c.fill(ribbon(piece, width/2), color)
	}
}

// dashed cuts a line into dashes.
func dashed(points []Point, dash []float64) [][]Point {
	if len(dash) == 0 {
		return [][]Point{points}
	}
	var pieces [][]Point
	piece, left, on := []Point{points[0]}, dash[0], 0
	for i := 1; i < len(points); i++ {
		a, b := points[i-1], points[i]
		length := math.Hypot(b.X-a.X, b.Y-a.Y)
		for at := 0.0; length-at > left; {
			at += left
			cut := Point{a.X + (b.X-a.X)*at/length, a.Y + (b.Y-a.Y)*at/length}
			if on == 0 {
				pieces = append(pieces, append(piece, cut))
			}
			on = 1 - on
			piece, left = []Point{cut}, dash[on]
			a, length, at = cut, length-at, 0
		}
		left -= math.Hypot(b.X-a.X, b.Y-a.Y)
		piece = append(piece, b)
	}
	if on == 0 && len(piece) > 1 {
		pieces = append(pieces, piece)
	}
	return pieces
}

// ribbon is the outline of a line of some width: one side, then the other.
func ribbon(points []Point, half float64) []Point {
	var left, right []Point
	for i, p := range points {
		a, b := points[max(i-1, 0)], points[min(i+1, len(points)-1)]
		dx, dy := b.X-a.X, b.Y-a.Y
		length := math.Hypot(dx, dy)
		if length == 0 {
			continue
		}
		dx, dy = dx/length*half, dy/length*half
		left = append(left, Point{p.X - dy, p.Y + dx})
		right = append(right, Point{p.X + dy, p.Y - dx})
	}
	for i := len(right) - 1; i >= 0; i-- {
		left = append(left, right[i])
	}
	return left
}

// text draws a line of text from its start on the base line, each character
// as far along as textWidth says.
func (c *canvas) text(s string, at Point, size float64, hex string) {
	for _, r := range s {
		advance := runeWidth(c.fonts.builtin, &c.buf, r) * size
		if f := c.fonts.find(r); f != nil {
			c.glyph(f, r, at, size, hex)
		} else {
			c.stroke(roundOutline(Rect{at.X + 1, at.Y - size*0.75, advance - 2, size * 0.8}, 0.5), 0.6, nil, hex)
		}
		at.X += advance
	}
}

func (c *canvas) glyph(f *sfnt.Font, r rune, at Point, size float64, hex string) {
	i, err := f.GlyphIndex(&c.buf, r)
	if err != nil {
		return
	}
	segments, err := f.LoadGlyph(&c.buf, i, fixed.Int26_6(size*c.scale*64+0.5), nil)
	if err != nil || len(segments) == 0 {
		return // a space, or a bitmap
	}
	b := segments.Bounds()
	x, y := at.X*c.scale, at.Y*c.scale
	box := image.Rect(int(math.Floor(x+px(b.Min.X)))-1, int(math.Floor(y+px(b.Min.Y)))-1, int(math.Ceil(x+px(b.Max.X)))+1, int(math.Ceil(y+px(b.Max.Y)))+1)
	if box.Intersect(c.img.Bounds()).Empty() {
		return
	}
	ras := &c.ras
	ras.Reset(box.Dx(), box.Dy())
	to := func(p fixed.Point26_6) (float32, float32) {
		return float32(x + px(p.X) - float64(box.Min.X)), float32(y + px(p.Y) - float64(box.Min.Y))
	}
	for _, s := range segments {
		ax, ay := to(s.Args[0])
		bx, by := to(s.Args[1])
		cx, cy := to(s.Args[2])
		switch s.Op {
		case sfnt.SegmentOpMoveTo:
			ras.ClosePath()
			ras.MoveTo(ax, ay)
		case sfnt.SegmentOpLineTo:
			ras.LineTo(ax, ay)
		case sfnt.SegmentOpQuadTo:
			ras.QuadTo(ax, ay, bx, by)
		case sfnt.SegmentOpCubeTo:
			ras.CubeTo(ax, ay, bx, by, cx, cy)
		}
	}
	ras.ClosePath()
	ras.Draw(c.img, box, image.NewUniform(parseColor(hex)), image.Point{})
}

func px(x fixed.Int26_6) float64 { return float64(x) / 64 }

// parseColor reads #rrggbb.
func parseColor(hex string) color.RGBA {
	n, err := strconv.ParseUint(hex[1:], 16, 32)
	if err != nil {
		return color.RGBA{A: 255}
	}
	return color.RGBA{uint8(n >> 16), uint8(n >> 8), uint8(n), 255}
}
