package cmd

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"
)

// newVersionCmd is `gust version`: gust's own version, then what go version
// has to say to the same arguments.
func (a *app) newVersionCmd() *cobra.Command {
	return &cobra.Command{
		Use:                "version [go version flags] [file...]",
		Short:              "print gust's version and go's",
		Long:               "Version prints a line about gust and then runs go version with the same\narguments.",
		DisableFlagParsing: true,
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) > 0 && args[0] == "--help" {
				return c.Help()
			}
			if _, err := fmt.Fprintln(a.term.Out, versionLine(readBuildInfo())); err != nil {
				return fmt.Errorf("write to stdout: %w", err)
			}
			return a.passThrough(c.Context(), append([]string{"version"}, args...))
		},
	}
}

// readBuildInfo returns what the linker knows of this binary, nil if nothing.
func readBuildInfo() *debug.BuildInfo {
	info, _ := debug.ReadBuildInfo()
	return info
}

// versionLine describes the running gust in the shape of go version.
func versionLine(info *debug.BuildInfo) string {
	version, revision, dirty := "(unknown)", "", ""
	if info != nil {
		version = info.Main.Version
		for _, s := range info.Settings {
			switch {
			case s.Key == "vcs.revision":
				revision = s.Value[:min(12, len(s.Value))]
			case s.Key == "vcs.modified" && s.Value == "true":
				dirty = "+dirty"
			}
		}
	}
	if version == "(devel)" && revision != "" {
		version = "devel " + revision + dirty
	}
	return fmt.Sprintf("gust version %s %s/%s, built with %s", version, runtime.GOOS, runtime.GOARCH, runtime.Version())
}
