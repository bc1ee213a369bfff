package ring

// What system calls leave in struct pt_regs: x0 to x2 are the first words.
const (
	argsOffset       = 0
	arg0, arg1, arg2 = argsAt, argsAt + 8, argsAt + 16
	sysOpen          = -1      // there is none
	infoField        = "flags" // of struct thread_info
	foreign          = 1 << 22 // TIF_32BIT in there
)
