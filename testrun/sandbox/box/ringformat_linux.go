package box

import "syscall"

// What programs in the kernel write to the ring buffer of a sandbox, see package ring:
// numbers of 32 bits at these places of a header, then the text, which is a name as
// it was given and, if that is relative, the names of the directories that it is
// relative to, the innermost first. Each ends in a zero byte.
const (
	RingPID    = 0  // the process, as it is numbered in the sandbox
	RingFlags  = 4  // those of open(2)
	RingLen    = 8  // length of the name with its zero byte
	RingGone   = 12 // 1 if the directory has been removed
	RingHeader = 16

	RingPath = pathMax      // what a name may be long
	RingText = 2 * RingPath // what all names may

	// RingSize is that of the buffer: some thousand files.
	RingSize = 1 << 20
)

// pathMax is PATH_MAX, and how much of what is written to stdout at once is looked
// at.
const pathMax = 4096

// Writing are the flags of which one makes open(2) a write.
const Writing = syscall.O_WRONLY | syscall.O_RDWR | syscall.O_CREAT | syscall.O_TRUNC
