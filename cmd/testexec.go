package cmd

import (
	"errors"

	"github.com/spf13/cobra"

	"github.com/gust-go/gust/internal/fault"
	"github.com/gust-go/gust/testrun/sandbox/box"
)

// newTestexecCmd is `gust testexec`, which gust hands to go test as -exec. Real
// calls never come here, see newToolexecCmd.
func (a *app) newTestexecCmd() *cobra.Command {
	return &cobra.Command{
		Use:                box.Command,
		Short:              "run a test binary in a sandbox (go calls this, not you)",
		Hidden:             true,
		DisableFlagParsing: true,
		RunE: func(*cobra.Command, []string) error {
			return fault.New(fault.Usage, "run: gust test", "%w", errTestexec)
		},
	}
}

var errTestexec = errors.New("testexec is for gust's own use of go's -exec flag")
