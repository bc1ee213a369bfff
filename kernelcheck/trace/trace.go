package trace

import (
	"errors"
	"io"
	"time"
)

// ErrPrivilege is the cause of the error where BPF is not permitted;
// ErrUnsupported where the kernel or the architecture lacks what it takes.
var (
	ErrPrivilege   = errors.New("tracing needs CAP_BPF and CAP_PERFMON, or root")
	ErrUnsupported = errors.New("tracing is not available here")
)

// Options say what to run.
type Options struct {
	// Args are the command and its arguments, Environ its environment.
	Args    []string
	Environ []string
	Stdin   io.Reader
	Stdout  io.Writer
	Stderr  io.Writer
	// Self is a program that answers raw.HoldCommand with raw.Hold, as gust does.
	Self string
}

// A Use is one thing that the command used.
type Use struct {
	// Name is a system call, or a kind of fault.
	Name string
	// Detail tells more, such as the protocol of a socket.
	Detail string
	// Count is how often, Failed how often in vain, Errors the error numbers.
	Count, Failed int
	Errors        []string
	// Rule is the ID of the rule concerned, "" if none.
	Rule string
}

// A Result is what was seen of a command.
type Result struct {
	ExitCode int
	Wall     time.Duration
	// User and System are the CPU time of the command.
	User, System time.Duration
	Uses         []Use
	// Faults, WriteFaults and ProtectionFaults count page faults of user mode:
	// all, those of writes, and writes to pages that were there and protected.
	Faults, WriteFaults, ProtectionFaults uint64
	// FaultsKnown is false where the kernel has no tracepoint for faults; Minor
	// and Major are always those of the command's resource usage.
	FaultsKnown  bool
	Minor, Major int64
	// Lost are events that did not fit into the ring buffer.
	Lost uint64
}
