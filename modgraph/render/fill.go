package render

import (
	"image"
	"math"
)

// bandHeight is how many rows of pixels are filled at once. The rasterizer takes
// slopes in steps of 1/512, so that a steep line is off by up to 1/16 of a pixel after 32 rows.
const bandHeight = 32

// fill fills a polygon, band by band. A rasterizer keeps a number for each
// pixel of its rectangle; that of a long arrow is most of the picture, while
// within a band the arrow is narrow.
func (c *canvas) fill(points []Point, hex string) {
	if len(points) < 3 {
		return
	}
	top, bottom := math.Inf(1), math.Inf(-1)
	for _, p := range points {
		top, bottom = min(top, p.Y*c.scale), max(bottom, p.Y*c.scale)
	}
	size := c.img.Bounds()
	end := min(int(math.Ceil(bottom)), size.Max.Y)
	for y := max(int(math.Floor(top)), size.Min.Y); y < end; {
		next := min(y-y%bandHeight+bandHeight, end)
		c.fillBand(points, y, next, hex)
		y = next
	}
}

// fillBand fills what of a polygon is between two rows.
func (c *canvas) fillBand(points []Point, y0, y1 int, hex string) {
	left, right := math.Inf(1), math.Inf(-1)
	c.segments = c.segments[:0]
	last := points[len(points)-1]
	for _, p := range points {
		a, b := Point{last.X * c.scale, last.Y * c.scale}, Point{p.X * c.scale, p.Y * c.scale}
		last = p
		if a, b, ok := clipRows(a, b, float64(y0), float64(y1)); ok {
			c.segments = append(c.segments, [2]Point{a, b})
			left, right = min(left, a.X, b.X), max(right, a.X, b.X)
		}
	}
	if len(c.segments) == 0 {
		return
	}
	box := image.Rect(int(math.Floor(left)), y0, int(math.Ceil(right))+1, y1).Intersect(c.img.Bounds())
	if box.Empty() {
		return
	}
	c.ras.Reset(box.Dx(), box.Dy())
	for _, s := range c.segments {
		c.ras.MoveTo(float32(s[0].X-float64(box.Min.X)), float32(s[0].Y-float64(y0)))
		c.ras.LineTo(float32(s[1].X-float64(box.Min.X)), float32(s[1].Y-float64(y0)))
	}
	c.ras.Draw(c.img, box, image.NewUniform(parseColor(hex)), image.Point{})
}

// clipRows cuts off what of a line is above or below two rows. A horizontal
// line covers nothing.
func clipRows(a, b Point, y0, y1 float64) (from, to Point, ok bool) {
	if a.Y == b.Y || max(a.Y, b.Y) <= y0 || min(a.Y, b.Y) >= y1 {
		return a, b, false
	}
	at := func(y float64) Point { return Point{a.X + (b.X-a.X)*(y-a.Y)/(b.Y-a.Y), y} }
	from, to = a, b
	for _, p := range []*Point{&from, &to} {
		if p.Y < y0 {
			*p = at(y0)
		} else if p.Y > y1 {
			*p = at(y1)
		}
	}
	return from, to, true
}
