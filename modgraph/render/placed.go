package render

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/gust-go/gust/modgraph"
)

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

func graphvizScene(ctx context.Context, run runner, v *modgraph.View, engine string) (*Scene, error) {
	dot := placement(v)
	if engine == "sfdp" {
		dot = strings.Replace(dot, "rankdir=LR,", "overlap=prism, splines=line, K=1.2,", 1)
	}
	out, err := run(ctx, dot, "json0", engine)
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
