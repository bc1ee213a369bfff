// Package handover is the very first thing that gust does: where cmd/go has
// started it in place of a tool that needs no attention, the tool takes the
// process over.
//
// Of the packages whose imports have been initialised, Go takes the one next that
// is first in the alphabet (cmd/link/internal/ld.(*Link).inittaskSym). Whoever
// imports package strings waits for nearly everything, and so does package
// toolexec. This package imports os and syscall and what needs no more, and so comes
// before what other commands link in, however much that becomes: a test in
// cmd/gust holds it to that.
//
// Nor does a go command wait that asks gust cacheprog for what is on this machine, see
// package quick.
//
// It leaves everything that it does not know to package toolexec.
package handover

import (
	"os"

	"github.com/gust-go/gust/build/cacheprog/quick"
)

func init() {
	switch {
	case len(os.Args) > 2 && os.Args[1] == "toolexec":
		handOver(os.Args[2], os.Args[2:])
	case len(os.Args) == 2 && os.Args[1] == "cacheprog":
		answer()
	}
}

// left is what go has written to gust cacheprog that is still to be answered.
var left struct {
	text    []byte
	greeted bool
}

// Left returns what gust cacheprog has read and not answered, and whether go knows
// that it is there.
func Left() (text []byte, greeted bool) { return left.text, left.greeted }

// answer ends the process when a go command has got all that it has asked for.
func answer() {
	for _, name := range []string{"GUST_REMOTE_CACHE", "GUST_CPUPROFILE", "GUST_MEMPROFILE", "GUST_TRACE"} {
		if os.Getenv(name) != "" {
			return
		}
	}
	if info, err := os.Stdin.Stat(); err != nil || info.Mode()&os.ModeNamedPipe == 0 {
		return
	}
	var done bool
	if left.text, left.greeted, done = quick.Serve(quick.Dir(), 0, 1); done {
		os.Exit(0)
	}
}
