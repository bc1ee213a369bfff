// Package fastpath answers `gust toolexec` before the rest of gust starts up.
//
// cmd/go starts one wrapper process for every tool it runs, hundreds in a cold
// build, while packages that gust's other commands link in take milliseconds
// to initialise. This package is imported for its init function, depends on
// the standard library only, and so is initialised before them; it does not
// return from `gust toolexec …`, nor from `gust kernelprobe …`, with which
// `gust kernel` starts itself several times in a check of milliseconds.
package fastpath

import (
	"os"

	"github.com/gust-go/gust/build/toolexec"
	"github.com/gust-go/gust/kernelcheck/probe/raw"
)

func init() {
	if len(os.Args) > 2 && os.Args[1] == "toolexec" {
		os.Exit(toolexec.Main(os.Args[2:]))
	}
	// A probe that a seccomp filter may kill, or that clears soft-dirty bits,
	// runs in a process that does nothing else, see package raw.
	if len(os.Args) > 2 && os.Args[1] == raw.Command {
		os.Exit(raw.Main(os.Args[2:], os.Stdout))
	}
}
