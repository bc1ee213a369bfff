package render

import (
	"image"
	"image/color"
	"image/draw"
	"math"
	"testing"

	"golang.org/x/image/vector"
)

// TestFill holds what is filled in bands to the rasterizer filling the whole
// shape at once, also where shapes leave the picture.
func TestFill(t *testing.T) {
	star := func(cx, cy, r float64) (out []Point) {
		for i := range 7 {
			a := float64(i*3) / 7 * 2 * math.Pi
			out = append(out, Point{cx + r*math.Cos(a), cy + r*math.Sin(a)})
		}
		return out
	}
	shapes := map[string][]Point{
		"star":    star(150, 150, 140),
		"outside": star(20, 290, 140),
		"right":   star(290, 130, 90),
		"small":   star(64, 64, 1.5),
		"arrow":   ribbon(flatten([]Point{{5, 5}, {200, 10}, {100, 290}, {295, 280}}), 0.5),
		"flat":    ribbon([]Point{{10, 64}, {290, 64}}, 0.5),
		"steep":   ribbon([]Point{{64, 10}, {64.5, 290}}, 0.5),
		"nothing": {{1, 1}, {2, 2}},
	}
	white := func(r image.Rectangle) *image.RGBA {
		img := image.NewRGBA(r)
		draw.Draw(img, img.Bounds(), image.White, image.Point{}, draw.Src)
		return img
	}
	for name, points := range shapes {
		const pad = 400 // so wide that nothing is beside it
		got, whole := white(image.Rect(0, 0, 300, 300)), white(image.Rect(-pad, -pad, 300+pad, 300+pad))
		(&canvas{img: got, scale: 1}).fill(points, "#123456")
		if len(points) > 2 {
			r := vector.NewRasterizer(300+2*pad, 300+2*pad)
			r.MoveTo(float32(points[0].X+pad), float32(points[0].Y+pad))
			for _, p := range points[1:] {
				r.LineTo(float32(p.X+pad), float32(p.Y+pad))
			}
			r.ClosePath()
			r.Draw(whole, whole.Bounds(), image.NewUniform(color.RGBA{0x12, 0x34, 0x56, 255}), image.Point{})
		}
		want := white(got.Bounds())
		draw.Draw(want, want.Bounds(), whole, image.Point{}, draw.Src)
		inked := 0
		for i := range got.Pix {
			if want.Pix[i] != 255 {
				inked++
			}
			// Small shapes are filled with fixed-point numbers, large ones with floating-point ones.
			if d := int(got.Pix[i]) - int(want.Pix[i]); d > 20 || d < -20 {
				t.Errorf("%s: pixel %d, %d is %d, want %d", name, i/4%300, i/4/300, got.Pix[i], want.Pix[i])
				break
			}
		}
		if (inked == 0) != (len(points) < 3) {
			t.Errorf("%s: %d values are inked", name, inked)
		}
	}
}
