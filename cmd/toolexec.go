package cmd

import (
	"errors"

	"github.com/spf13/cobra"

	"github.com/gust-go/gust/internal/fault"
)

// newToolexecCmd is `gust toolexec`, which gust hands to go as -toolexec.
// Real calls never come here: package fastpath answers them before main, to
// spare every compile the start of the whole program.
func (a *app) newToolexecCmd() *cobra.Command {
	return &cobra.Command{
		Use:                "toolexec",
		Short:              "run one tool of the toolchain (go calls this, not you)",
		Hidden:             true,
		DisableFlagParsing: true,
		RunE: func(*cobra.Command, []string) error {
			return fault.New(fault.Usage, "run: gust build", "%w", errToolexec)
		},
	}
}

var errToolexec = errors.New("toolexec is for gust's own use of go's -toolexec flag")
