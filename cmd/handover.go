package cmd

import (
	"github.com/spf13/cobra"

	"github.com/gust-go/gust/build/watch"
)

// newHandoverCmd is what gust run --watch gives to go run as -exec program.
func (a *app) newHandoverCmd() *cobra.Command {
	return &cobra.Command{
		Use:                "handover",
		Short:              "take a program over from go run (go calls this, not you)",
		Hidden:             true,
		DisableFlagParsing: true,
		RunE: func(_ *cobra.Command, args []string) error {
			return watch.HandOver(args, a.term.Getenv("PATH"))
		},
	}
}
