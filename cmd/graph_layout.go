package cmd

import (
	"os"
	"os/signal"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/gust-go/gust/internal/fault"
	"github.com/gust-go/gust/modgraph/render/layout"
)

// layoutCommand is the hidden command in which Graphviz runs.
const layoutCommand = "graphlayout"

// newGraphLayoutCmd is `gust graphlayout CACHE`, which gust graph starts to
// draw: see layout.Helper.
func (a *app) newGraphLayoutCmd() *cobra.Command {
	return &cobra.Command{
		Use:    layoutCommand,
		Short:  "place the boxes of one picture (gust graph calls this, not you)",
		Hidden: true,
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) != 1 || a.term.InTTY() {
				return fault.New(fault.Usage, "run: gust graph --format=svg", "%s is for gust graph's own use", layoutCommand)
			}
			// A terminal's ^C is for gust graph, which then ends this process.
			signal.Ignore(os.Interrupt)
			return layout.Serve(c.Context(), args[0], a.term.In, a.term.Out)
		},
	}
}

// layoutHelper has gust itself run Graphviz, in processes of its own. It is
// nil, so that Graphviz runs in this one, where nothing can be started: a test
// binary would run its tests once more.
func (a *app) layoutHelper() *layout.Helper {
	self := selfPath()
	if self == "" || strings.HasSuffix(strings.TrimSuffix(self, ".exe"), ".test") {
		return nil
	}
	return layout.NewHelper([]string{self, layoutCommand, a.layoutCache()}, a.term.Environ)
}

// layoutCache is where the layout engine may keep native code: with gust's
// other caches, in a folder of its own that nobody else may write to.
func (a *app) layoutCache() string {
	dir := a.term.Getenv("GUST_CACHE")
	if dir == "" {
		user, err := os.UserCacheDir()
		if err != nil {
			return ""
		}
		dir = filepath.Join(user, "gust")
	}
	if !filepath.IsAbs(dir) {
		return ""
	}
	return filepath.Join(dir, "layout")
}
