//go:build linux && !amd64 && !arm64

package box

// Nothing is recorded on other architectures.
const (
	auditArch   = 0
	sysSeccomp  = 0
	sysReadv    = 0 // process_vm_readv
	sysExecveat = 0xfffffffe
	sysOpen     = 0xffffffff
	sysCreat    = 0xfffffffd
)
