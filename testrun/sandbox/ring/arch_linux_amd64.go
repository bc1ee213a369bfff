package ring

import "golang.org/x/sys/unix"

// What system calls leave in struct pt_regs: dx, si and di are three of its words.
const (
	argsOffset       = 96
	arg2, arg1, arg0 = argsAt, argsAt + 8, argsAt + 16
	sysOpen          = unix.SYS_OPEN
	infoField        = "status" // of struct thread_info
	foreign          = 2        // TS_COMPAT in there: a call of 32-bit programs
)
