package box

const (
	auditArch   = 0xc00000b7
	sysSeccomp  = 277
	sysReadv    = 270 // process_vm_readv
	sysExecveat = 281
	sysOpen     = 0xffffffff // there is none
	sysCreat    = 0xfffffffe // nor that
)
