package raw

import (
	"fmt"
	"io"
	"os"
	"strconv"
	"syscall"
)

// TraceMagic is the option of a prctl that does not exist, by which a command
// makes itself known to the trace that waits for it.
const TraceMagic = 0x67757374

// Hold makes this process known to a trace by a token and turns it into the
// command: args are the token, the path of the command and its arguments. It
// returns the exit code if that fails.
func Hold(args []string, stderr io.Writer) int {
	if len(args) < 3 {
		return 2
	}
	token, err := strconv.ParseUint(args[0], 10, 32)
	if err != nil {
		return 2
	}
	// The answer is EINVAL; that it was asked is what counts.
	_, _, _ = syscall.Syscall(syscall.SYS_PRCTL, TraceMagic, uintptr(token), 0)
	err = syscall.Exec(args[1], args[2:], os.Environ())
	_, _ = fmt.Fprintf(stderr, "gust: start %q: %v\n", args[1], err)
	return 127
}
