// Package fastpath answers gust's hidden commands before the rest of the
// program is initialised.
//
// cmd/go starts `gust toolexec` once for every tool it runs, hundreds of times in
// a cold build, while the rest of gust takes milliseconds to start. This package
// is imported for its init function. As it depends on the standard library only,
// it is initialised before much of what other commands link in, though not before
// all: what only has to run a tool does not wait for it, see package handover.
// This one does not return from
//
//   - `gust toolexec …`,
//   - gust-hosttool, which is gust in the place of a tool of the host that the linker
//     may run,
//   - what `go run` starts in place of the program, which must not wait either,
//   - `gust testexec …`, in which each test binary runs, and the first process of
//     its sandbox, where package boxed, which comes earlier, has not answered,
//   - `gust cachepipe …`, through which go reaches its cache, and `gust cacheprog`
//     where no server is behind it,
//   - `gust watchguard …`, which outlives a `gust run --watch` that is killed,
//   - `gust kernelprobe …`, with which `gust kernel` starts itself several times
//     in a check of milliseconds.
package fastpath

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/gust-go/gust/build/runexec"
	"github.com/gust-go/gust/build/share/link"
	"github.com/gust-go/gust/build/toolexec"
	_ "github.com/gust-go/gust/cmd/fastpath/boxed"
	"github.com/gust-go/gust/cmd/fastpath/handover" // before all that is imported here
	"github.com/gust-go/gust/cmd/fastpath/stdout"
	"github.com/gust-go/gust/internal/process"
	"github.com/gust-go/gust/internal/profile"
	"github.com/gust-go/gust/kernelcheck/probe/raw"
	"github.com/gust-go/gust/testrun/sandbox/box"
)

func init() {
	stdout.Show()
	defer stdout.Hide() // until main, if there is nothing to answer here
	if len(os.Args) == 2 && os.Args[1] == "cacheprog" && !profile.Wanted() {
		if code, done := link.Cacheprog(handover.Left()); done {
			os.Exit(code)
		}
	}
	if filepath.Base(os.Args[0]) == toolexec.HostToolCommand {
		os.Exit(toolexec.HostTool(os.Args[0], os.Args[1:]))
	}
	if len(os.Args) < 3 {
		return
	}
	switch os.Args[1] {
	case "toolexec":
		os.Exit(profiledToolexec())
	case runexec.Command:
		os.Exit(runexec.Main(os.Args[2:]))
	case box.Command:
		os.Exit(box.Main(os.Args[2:], network()))
	case box.InitCommand:
		os.Exit(box.InitMain(network()))
	case link.Command:
		os.Exit(link.Main(os.Args[2:]))
	case process.GuardCommand:
		group, _ := strconv.Atoi(os.Args[2])
		process.Guard(os.Stdin, group)
		os.Exit(0)
	case raw.Command:
		// A probe that a seccomp filter may kill, or that clears soft-dirty bits,
		// runs in a process that does nothing else, see package raw.
		os.Exit(raw.Main(os.Args[2:], os.Stdout))
	}
	// A command that is traced begins as gust, and should not look like it.
	if len(os.Args) > 2 && os.Args[1] == raw.HoldCommand {
		os.Exit(raw.Hold(os.Args[2:], os.Stderr))
	}
}

// profiledToolexec runs the wrapper. What goes wrong with a profile the first
// process says, too; here it would be taken for output of the tool.
func profiledToolexec() int {
	stop, _ := profile.Start("gust-toolexec-" + strings.TrimSuffix(filepath.Base(os.Args[2]), ".exe"))
	code := toolexec.Main(os.Args[2:])
	_ = stop()
	return code
}
