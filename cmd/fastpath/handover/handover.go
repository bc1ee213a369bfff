// Package handover is the very first thing that gust does: where cmd/go has
// started it in place of a tool that needs no attention, the tool takes the
// process over.
//
// Of the packages whose imports have been initialised, Go takes the one next that
// is first in the alphabet (cmd/link/internal/ld.(*Link).inittaskSym). Whoever
// imports package strings waits for nearly everything, and so does package
// toolexec. This package imports os and syscall and nothing else, and so comes
// before what other commands link in, however much that becomes: a test in
// cmd/gust holds it to that.
//
// It leaves everything that it does not know to package toolexec.
package handover

import "os"

func init() {
	if len(os.Args) > 2 && os.Args[1] == "toolexec" {
		handOver(os.Args[2], os.Args[2:])
	}
}
