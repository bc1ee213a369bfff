package render

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

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
	g, err := within(ctx, compileTime, func(ctx context.Context) (*layout.Graphviz, error) {
		return layout.Open(ctx, opts.Cache)
	})
	if err != nil {
		return nil, err
	}
	defer g.Close()
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
			return graphvizScene(ctx, g, v, e.name)
		})
		if err == nil || ctx.Err() != nil {
			return s, nil
		}
		opts.Notice(fmt.Sprintf("the layout engine %s gave up (%v); another one takes over", e.name, why(err)))
	}
	return nil, nil
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

// placed is what Graphviz says in its format json0.
type placed struct {
	BB      string `json:"bb"`
	Objects []struct {
		ID   int    `json:"_gvid"`
		Name string `json:"name"`
		BB   string `json:"bb"`
		Pos  string `json:"pos"`
	} `json:"objects"`
	Edges []struct {
		Tail int    `json:"tail"`
		Head int    `json:"head"`
		Pos  string `json:"pos"`
	} `json:"edges"`
}

func graphvizScene(ctx context.Context, g *layout.Graphviz, v *modgraph.View, engine string) (*Scene, error) {
	dot := DOT(v)
	if engine == "sfdp" {
		dot = strings.Replace(dot, "rankdir=LR,", "overlap=prism, splines=line, K=1.2,", 1)
	}
	out, err := g.Run(ctx, dot, "json0", engine)
	if err != nil {
		return nil, err
	}
	var p placed
	if err := json.Unmarshal(out, &p); err != nil {
		return nil, fmt.Errorf("read the positions: %w", err)
	}
	return p.scene(v, engine)
}

// scene turns positions into a scene. Graphviz' y axis points up.
func (p *placed) scene(v *modgraph.View, engine string) (*Scene, error) {
	bb, err := numbers(p.BB)
	if err != nil || len(bb) != 4 {
		return nil, fmt.Errorf("read the positions: bounding box %q", p.BB)
	}
	flip := func(x, y float64) Point { return Point{x - bb[0], bb[3] - y} }
	s := &Scene{View: v, W: bb[2] - bb[0], H: bb[3] - bb[1], Engine: engine}
	clusters := clustersOf(v)
	names := slices.Sorted(maps.Keys(clusters))
	node := make(map[int]int) // by _gvid
	for _, o := range p.Objects {
		if k, ok := strings.CutPrefix(o.Name, "cluster_"); ok {
			n, err := strconv.Atoi(k)
			r, rErr := numbers(o.BB)
			if err != nil || n >= len(names) || rErr != nil || len(r) != 4 {
				continue // sfdp does not place clusters
			}
			a := flip(r[0], r[3])
			s.Frames = append(s.Frames, Frame{Rect{a.X, a.Y, r[2] - r[0], r[3] - r[1]}, names[n]})
			continue
		}
		i, err := strconv.Atoi(strings.TrimPrefix(o.Name, "n"))
		xy, xyErr := numbers(o.Pos)
		if err != nil || i < 0 || i >= len(v.Nodes) || xyErr != nil || len(xy) != 2 {
			return nil, fmt.Errorf("read the positions: node %q at %q", o.Name, o.Pos)
		}
		node[o.ID] = i
		s.Boxes = append(s.Boxes, newBox(v, i, flip(xy[0], xy[1]), clusters))
	}
	number := make(map[[2]int]int)
	for i, l := range v.Links {
		number[[2]int{l.From, l.To}] = i
	}
	for _, e := range p.Edges {
		i, ok := number[[2]int{node[e.Tail], node[e.Head]}]
		if !ok {
			return nil, fmt.Errorf("read the positions: an arrow from %d to %d", e.Tail, e.Head)
		}
		c, err := curve(i, e.Pos, flip)
		if err != nil {
			return nil, err
		}
		s.Curves = append(s.Curves, c)
	}
	if len(s.Boxes) != len(v.Nodes) || len(s.Curves) != len(v.Links) {
		return nil, fmt.Errorf("read the positions: %d of %d nodes and %d of %d arrows", len(s.Boxes), len(v.Nodes), len(s.Curves), len(v.Links))
	}
	return s, nil
}

func newBox(v *modgraph.View, i int, center Point, clusters map[string][]int) Box {
	n := v.Nodes[i]
	b := Box{Node: i, paint: paintOf(n)}
	b.Label, b.Detail = texts(n, clusters)
	b.W, b.H = boxSize(b.Label, b.Detail)
	b.X, b.Y = center.X-b.W/2, center.Y-b.H/2
	return b
}

// curve reads a spline: "e,x,y" is the arrow's tip, the rest are points.
func curve(link int, pos string, flip func(x, y float64) Point) (Curve, error) {
	c := Curve{Link: link}
	tip := false
	for _, part := range strings.Fields(pos) {
		kind := ""
		if len(part) > 2 && part[1] == ',' && (part[0] == 'e' || part[0] == 's') {
			kind, part = part[:1], part[2:]
		}
		xy, err := numbers(part)
		if err != nil || len(xy) != 2 {
			return c, fmt.Errorf("read the positions: arrow %q", pos)
		}
		switch p := flip(xy[0], xy[1]); kind {
		case "e":
			c.Tip, tip = p, true
		case "":
			c.Points = append(c.Points, p)
		}
	}
	if len(c.Points) < 4 || len(c.Points)%3 != 1 {
		return c, fmt.Errorf("read the positions: arrow %q", pos)
	}
	if !tip {
		c.Tip = c.Points[len(c.Points)-1]
	}
	return c, nil
}

func numbers(s string) ([]float64, error) {
	var out []float64
	for _, f := range strings.Split(s, ",") {
		x, err := strconv.ParseFloat(f, 64)
		if err != nil {
			return nil, err
		}
		out = append(out, x)
	}
	return out, nil
}

// finish adds title and legend and moves everything to its final place.
func (s *Scene) finish() {
	v := s.View
	s.Title = v.Title
	s.Subtitle = fmt.Sprintf("%d %ss, %d requirements", v.Modules, v.Unit, v.Requirements)
	if len(v.Nodes) != v.Modules {
		s.Subtitle += fmt.Sprintf(", shown as %d nodes", len(v.Nodes))
	}
	if v.Hidden > 0 {
		s.Subtitle += fmt.Sprintf(", %d implied ones not drawn", v.Hidden)
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
