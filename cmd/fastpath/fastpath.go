// Package fastpath answers `gust toolexec` before the rest of gust starts up.
//
// cmd/go starts one wrapper process for every tool it runs, hundreds in a cold
// build, while packages that gust's other commands link in take milliseconds
// to initialise. This package is imported for its init function, depends on
// the standard library only, and so is initialised before them; it does not
// return from `gust toolexec …`.
package fastpath

import (
	"os"

	"github.com/gust-go/gust/build/toolexec"
)

func init() {
	if len(os.Args) > 2 && os.Args[1] == "toolexec" {
		os.Exit(toolexec.Main(os.Args[2:]))
	}
}
