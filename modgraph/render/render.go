// Package render draws views of a graph, one format per file.
//
// The formats that are text (tree, DOT, Mermaid) are written from the
// [modgraph.View] alone. For pictures [Place] has package layout compute
// positions once, and makes a [Scene] of them: boxes, curves, texts and their
// colours. SVG, PNG, PDF and HTML are drawn from the scene, so that all of
// them show the same geometry.
//
// Nothing here depends on the machine but the fonts that a PNG or PDF uses
// for characters that the built-in font lacks.
package render

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/gust-go/gust/modgraph"
	"github.com/gust-go/gust/modgraph/render/layout"
)

// Formats lists the values of --format.
func Formats() []string {
	return []string{"tree", "dot", "svg", "png", "pdf", "html", "mermaid", "json"}
}

// IsPicture reports whether a format cannot be zoomed into or searched, so
// that a large graph has to be made smaller for it.
func IsPicture(format string) bool {
	return slices.Contains([]string{"svg", "png", "pdf"}, format)
}

// IsPlaced reports whether a format takes a layout.
func IsPlaced(format string) bool { return IsPicture(format) || format == "html" }

// ErrFormat is the error for a format that does not exist.
var ErrFormat = errors.New("no such format")

// Options say how to draw.
type Options struct {
	Format string
	// Helper runs the layout engine in processes of its own. Without one it runs
	// in this process, which takes four times as long.
	Helper *layout.Helper
	// Cache is a private folder for the layout engine in this process, empty for
	// none.
	Cache string
	// Fonts are folders in which to look for fonts.
	Fonts []string
	// Depth is how deep a tree goes, 0 for all.
	Depth int
	// Notice is told what could not be done as asked.
	Notice func(string)
}

// Draw draws a view in any format but json, which is that of the graph.
func Draw(ctx context.Context, w io.Writer, v *modgraph.View, opts Options) error {
	if opts.Notice == nil {
		opts.Notice = func(string) {}
	}
	var text string
	switch opts.Format {
	case "tree":
		text = Tree(v, opts.Depth)
	case "dot":
		text = DOT(v)
	case "mermaid":
		text = Mermaid(v, opts.Notice)
	case "svg", "png", "pdf", "html":
		return picture(ctx, w, v, opts)
	default:
		return fmt.Errorf("%w: %q is none of %s", ErrFormat, opts.Format, strings.Join(Formats(), ", "))
	}
	if _, err := io.WriteString(w, text); err != nil {
		return fmt.Errorf("write the graph: %w", err)
	}
	return nil
}

func picture(ctx context.Context, w io.Writer, v *modgraph.View, opts Options) error {
	s, err := Place(ctx, v, opts)
	if err != nil {
		return err
	}
	switch opts.Format {
	case "png":
		return PNG(w, s, opts)
	case "pdf":
		return PDF(w, s, opts)
	case "html":
		return HTML(w, s)
	}
	return SVG(w, s)
}
