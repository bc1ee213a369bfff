package box

import "syscall"

const (
	auditArch   = 0xc000003e
	sysSeccomp  = 317
	sysReadv    = 310 // process_vm_readv
	sysExecveat = 322
	sysOpen     = syscall.SYS_OPEN
	sysCreat    = syscall.SYS_CREAT
)
