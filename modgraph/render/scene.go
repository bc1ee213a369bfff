package render

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/gust-go/gust/internal/words"
	"github.com/gust-go/gust/modgraph"
	"github.com/gust-go/gust/modgraph/render/layout"
)

// A Point is a place in a scene, in points (1/72 inch) from the top left.
type Point struct{ X, Y float64 }

// A Rect is a rectangle by its top left corner and size.
type Rect struct{ X, Y, W, H float64 }

// A Box is a placed node.
type Box struct {
	Rect
	Node          int
	Label, Detail string
	paint         paint
}

// A Curve is a placed link: cubic Bézier segments, and the arrow's tip.
type Curve struct {
	Link   int
	Points []Point // 3n+1
	Tip    Point
}

// A Frame surrounds the boxes of an organisation.
type Frame struct {
	Rect
	Label string
}

// A LegendItem explains one look.
type LegendItem struct {
	Text string
	// Style is that of a link, empty if the item is about boxes; Kind is
	// theirs.
	Style string
	Kind  modgraph.NodeKind
	paint paint
	// At is where its symbol is.
	At Point
}

// A Scene is a picture in terms of geometry.
type Scene struct {
	View            *modgraph.View
	W, H            float64
	Title, Subtitle string
	Boxes           []Box
	Curves          []Curve
	Frames          []Frame
	Legend          []LegendItem
	// Engine is the layout engine that placed the boxes.
	Engine string
}

const (
	margin       = 16.0
	headerHeight = 44.0
	legendHeight = 22.0
	// maxDotLinks is what dot can place in seconds: with 3000 arrows it
	// takes half a minute.
	maxDotLinks = 1500
)

// Limits of the engines: dot leaves some of the time to the next one, and
// all of them leave a second of ten to drawing. Compiling Graphviz, which
// happens once on a machine and takes half a second of CPU, is not part of it:
// a busy machine would never get it done.
const (
	compileTime = 20 * time.Second
	dotTime     = 7500 * time.Millisecond
	layoutTime  = 9 * time.Second
)

// Place lays out a view. An engine that fails or takes too long is followed
// by the next, the last of which cannot fail; the notice says so.
func Place(ctx context.Context, v *modgraph.View, opts Options) (*Scene, error) {
	s, err := graphviz(ctx, v, opts)
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if err != nil {
		opts.Notice(fmt.Sprintf("Graphviz cannot be used (%v); the picture is arranged in columns", why(err)))
	}
	if s == nil {
		s = columns(v)
	}
	s.finish()
	return s, nil
}

// graphviz has Graphviz place a view; the scene is nil if no engine could.
func graphviz(ctx context.Context, v *modgraph.View, opts Options) (*Scene, error) {
	run, stop, err := engine(ctx, opts)
	if err != nil {
		return nil, err
	}
	defer stop()
	engines := []struct {
		name string
		time time.Duration
	}{{"dot", dotTime}, {"sfdp", layoutTime}}
	all, cancel := context.WithTimeout(ctx, layoutTime)
	defer cancel()
	for _, e := range engines {
		if e.name == "dot" && len(v.Links) > maxDotLinks {
			opts.Notice(fmt.Sprintf("%d arrows are too many for layers (%d): placed by sfdp instead; try --focus=PATH or --collapse=org", len(v.Links), maxDotLinks))
			continue
		}
		s, err := within(all, e.time, func(ctx context.Context) (*Scene, error) {
			return graphvizScene(ctx, run, v, e.name)
		})
		if err == nil || ctx.Err() != nil {
			return s, nil
		}
		opts.Notice(fmt.Sprintf("the layout engine %s gave up (%v); another one takes over", e.name, why(err)))
	}
	return nil, nil
}

// A runner is Graphviz, in a process of its own or in this one.
type runner func(ctx context.Context, dot, format, engine string) ([]byte, error)

// engine makes Graphviz ready.
func engine(ctx context.Context, opts Options) (run runner, stop func(), err error) {
	if h := opts.Helper; h != nil {
		ready, cancel := context.WithTimeout(ctx, compileTime)
		defer cancel()
		if err := h.Ready(ready); err == nil {
			return h.Run, h.Close, nil
		} else if ctx.Err() != nil {
			return nil, nil, ctx.Err()
		} else {
			opts.Notice(fmt.Sprintf("Graphviz has no process of its own (%v) and takes longer", why(err)))
		}
	}
	g, err := within(ctx, compileTime, func(ctx context.Context) (*layout.Graphviz, error) {
		return layout.Open(ctx, layout.Options{Cache: opts.Cache})
	})
	if err != nil {
		return nil, nil, err
	}
	return g.Run, g.Close, nil
}

// why is an error in the words of a notice.
func why(err error) error {
	if errors.Is(err, context.DeadlineExceeded) {
		return errors.New("it took too long")
	}
	return err
}

// within runs f, which may not heed its context at once, and goes on without
// it when the time is over.
func within[T any](ctx context.Context, limit time.Duration, f func(context.Context) (*T, error)) (*T, error) {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	type result struct {
		value *T
		err   error
	}
	done := make(chan result, 1)
	go func() {
		value, err := f(ctx)
		done <- result{value, err}
	}()
	select {
	case r := <-done:
		return r.value, r.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// finish adds title and legend and moves everything to its final place.
func (s *Scene) finish() {
	v := s.View
	s.Title = v.Title
	s.Subtitle = words.Count(v.Modules, v.Unit) + ", " + words.Count(v.Requirements, "requirement")
	if len(v.Nodes) != v.Modules {
		s.Subtitle += ", shown as " + words.Count(len(v.Nodes), "node")
	}
	if v.Hidden > 0 {
		s.Subtitle += fmt.Sprintf(", %s not drawn", words.Count(v.Hidden, "implied one"))
	}
	slices.SortFunc(s.Boxes, func(a, b Box) int { return a.Node - b.Node })
	slices.SortFunc(s.Curves, func(a, b Curve) int { return a.Link - b.Link })
	slices.SortFunc(s.Frames, func(a, b Frame) int { return strings.Compare(a.Label, b.Label) })
	s.W = max(s.W, textWidth(s.Title, titleSize), textWidth(s.Subtitle, detailSize)) + 2*margin
	s.move(margin, margin+headerHeight)
	s.H += 2*margin + headerHeight
	s.placeLegend()
}

func (s *Scene) move(dx, dy float64) {
	for i := range s.Boxes {
		s.Boxes[i].X += dx
		s.Boxes[i].Y += dy
	}
	for i := range s.Frames {
		s.Frames[i].X += dx
		s.Frames[i].Y += dy
	}
	for i := range s.Curves {
		c := &s.Curves[i]
		c.Tip = Point{c.Tip.X + dx, c.Tip.Y + dy}
		for k := range c.Points {
			c.Points[k] = Point{c.Points[k].X + dx, c.Points[k].Y + dy}
		}
	}
}

const legendSymbol = 22.0 // width of the symbol of a legend item

// placeLegend puts the legend below the graph, in lines as wide as that.
func (s *Scene) placeLegend() {
	s.Legend = legendOf(s.View)
	x, y := margin, s.H
	for i := range s.Legend {
		width := legendSymbol + 6 + textWidth(s.Legend[i].Text, detailSize) + 18
		if x > margin && x+width > s.W-margin {
			x, y = margin, y+legendHeight
		}
		s.W = max(s.W, margin+width)
		s.Legend[i].At = Point{x, y}
		x += width
	}
	if len(s.Legend) > 0 {
		s.H = y + legendHeight + margin/2
	}
}

// columns is the engine of last resort: a column for each step from the
// start, straight arrows.
func columns(v *modgraph.View) *Scene {
	s := &Scene{View: v, Engine: "columns"}
	next := make([][]int, len(v.Nodes))
	entered := make([]bool, len(v.Nodes))
	for _, l := range v.Links {
		next[l.From] = append(next[l.From], l.To)
		entered[l.To] = true
	}
	rank := make([]int, len(v.Nodes))
	for i := range rank {
		rank[i] = -1
	}
	var queue []int
	start := func(i int) {
		if rank[i] < 0 {
			rank[i] = 0
			queue = append(queue, i)
		}
	}
	for i := range v.Nodes {
		if !entered[i] {
			start(i)
		}
	}
	for i := 0; i <= len(v.Nodes); i++ { // what only cycles lead to comes last
		for len(queue) > 0 {
			k := queue[0]
			queue = queue[1:]
			for _, to := range next[k] {
				if rank[to] < 0 {
					rank[to] = rank[k] + 1
					queue = append(queue, to)
				}
			}
		}
		if i < len(v.Nodes) {
			start(i)
		}
	}
	var tops, widths []float64
	for i, n := range v.Nodes {
		for len(tops) <= rank[i] {
			tops, widths = append(tops, 0), append(widths, 0)
		}
		w, _ := boxSize(texts(n, nil))
		widths[rank[i]] = max(widths[rank[i]], w)
	}
	left := make([]float64, len(widths))
	for k := 1; k < len(widths); k++ {
		left[k] = left[k-1] + widths[k-1] + 90
	}
	s.Boxes = make([]Box, len(v.Nodes))
	for i := range v.Nodes {
		b := newBox(v, i, Point{}, nil)
		b.X, b.Y = left[rank[i]], tops[rank[i]]
		tops[rank[i]] += b.H + 10
		s.Boxes[i] = b
		s.W, s.H = max(s.W, b.X+b.W), max(s.H, b.Y+b.H)
	}
	for i, l := range v.Links {
		a, b := s.Boxes[l.From], s.Boxes[l.To]
		from, to := Point{a.X + a.W, a.Y + a.H/2}, Point{b.X, b.Y + b.H/2}
		end := Point{to.X - 5, to.Y}
		s.Curves = append(s.Curves, Curve{Link: i, Tip: to, Points: []Point{from, {from.X + 40, from.Y}, {end.X - 40, end.Y}, end}})
	}
	return s
}
