package render

import "math"

// arrow is the triangle at the end of a curve, its tip first.
func arrow(c Curve) [3]Point {
	end := c.Points[len(c.Points)-1]
	dx, dy := c.Tip.X-end.X, c.Tip.Y-end.Y
	if math.Hypot(dx, dy) < 0.5 {
		before := c.Points[len(c.Points)-2]
		dx, dy = c.Tip.X-before.X, c.Tip.Y-before.Y
	}
	length := math.Hypot(dx, dy)
	if length == 0 {
		return [3]Point{c.Tip, c.Tip, c.Tip}
	}
	const long, half = 6.5, 2.3
	dx, dy = dx/length, dy/length
	base := Point{c.Tip.X - long*dx, c.Tip.Y - long*dy}
	return [3]Point{c.Tip, {base.X - half*dy, base.Y + half*dx}, {base.X + half*dy, base.Y - half*dx}}
}

// bezier is the point of a cubic segment at t.
func bezier(p []Point, t float64) Point {
	u := 1 - t
	a, b, c, d := u*u*u, 3*u*u*t, 3*u*t*t, t*t*t
	return Point{a*p[0].X + b*p[1].X + c*p[2].X + d*p[3].X, a*p[0].Y + b*p[1].Y + c*p[2].Y + d*p[3].Y}
}
