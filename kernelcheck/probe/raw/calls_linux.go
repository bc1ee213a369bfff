package raw

import (
	"fmt"
	"runtime"
	"syscall"
	"unsafe"
)

// Numbers of system calls. From 424 on they are the same on all
// architectures, but for the offset that mips has.
const (
	nrPidfdSendSignal = 424
	nrIoUringSetup    = 425
	nrPidfdOpen       = 434
	nrClone3          = 435
	nrOpenat2         = 437
	nrLandlockCreate  = 444
	nrMemfdSecret     = 447
)

// call makes a system call whose number is one of those above. Pointers among
// the arguments must be converted in the call itself.
//
//go:uintptrescapes
func call(nr uintptr, args ...uintptr) (uintptr, syscall.Errno) {
	switch runtime.GOARCH {
	case "mips", "mipsle":
		nr += 4000
	case "mips64", "mips64le":
		nr += 5000
	}
	var a [6]uintptr
	copy(a[:], args)
	r, _, errno := syscall.Syscall6(nr, a[0], a[1], a[2], a[3], a[4], a[5])
	return r, errno
}

// old returns the number of a system call that is not in package syscall and
// older than the common numbers; ok is false where it is not known.
func old(amd64, i386, arm, ppc, s390x, generic uintptr) (nr uintptr, ok bool) {
	switch runtime.GOARCH {
	case "amd64":
		return amd64, true
	case "386":
		return i386, true
	case "arm":
		return arm, true
	case "ppc64", "ppc64le":
		return ppc, true
	case "s390x":
		return s390x, true
	case "arm64", "riscv64", "loong64":
		return generic, true
	}
	return 0, false
}

func numUserfaultfd() (uintptr, bool) { return old(323, 374, 388, 364, 355, 282) }
func numSeccomp() (uintptr, bool)     { return old(317, 354, 383, 358, 348, 277) }

func ioctl[T any](fd int, request uintptr, arg *T) (int, syscall.Errno) {
	r, _, errno := syscall.Syscall(syscall.SYS_IOCTL, uintptr(fd), request, uintptr(unsafe.Pointer(arg)))
	return int(r), errno
}

// fail reports an error number; what comes of it depends on the host.
func fail(step string, err error) Outcome {
	if errno, ok := err.(syscall.Errno); ok {
		return Outcome{Errno: int(errno), Step: step}
	}
	return Outcome{Trouble: fmt.Sprintf("%s: %v", step, err)}
}

func yes(format string, args ...any) Outcome {
	return Outcome{Yes: true, Detail: fmt.Sprintf(format, args...)}
}

func no(format string, args ...any) Outcome {
	return Outcome{No: true, Detail: fmt.Sprintf(format, args...)}
}

// page maps one anonymous page.
func page() ([]byte, error) {
	return syscall.Mmap(-1, 0, syscall.Getpagesize(), syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_PRIVATE|syscall.MAP_ANON)
}

func address(m []byte) uint64 { return uint64(uintptr(unsafe.Pointer(&m[0]))) }
