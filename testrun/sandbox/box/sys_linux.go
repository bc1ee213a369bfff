package box

import (
	"fmt"
	"os"
	"strconv"
	"syscall"
	"unsafe"
)

// Numbers of system calls that are the same on all architectures, and what
// they take; the standard library does not know them.
const (
	sysOpenTree     = 428
	sysMoveMount    = 429
	sysMountSetattr = 442
	sysPidfdOpen    = 434
	sysCloseRange   = 436
	sysOpenat2      = 437

	openTreeClone  = 1
	moveFlags      = 0x4 | 0x10 // MOVE_MOUNT_F_EMPTY_PATH, MOVE_MOUNT_T_SYMLINKS
	atRecursive    = 0x8000
	atFDCWD        = -0x64
	mountAttrRO    = 0x1
	oPath          = 0x200000
	prCapAmbient   = 47
	prAmbientClear = 4
	prSetPdeathsig = 1
	lastCapability = 40

	closeRangeCloexec = 4
)

// mountAttr is struct mount_attr.
type mountAttr struct{ set, clear, propagation, userns uint64 }

// setattr makes the mounts below a path read-only, and private so that nothing
// that happens here is seen elsewhere.
func setattr(path string, recursive bool, attr mountAttr) error {
	p, err := syscall.BytePtrFromString(path)
	if err != nil {
		return err
	}
	flags := uintptr(0)
	if recursive {
		flags = atRecursive
	}
	_, _, errno := syscall.Syscall6(sysMountSetattr, fdArg(atFDCWD), uintptr(unsafe.Pointer(p)), flags,
		uintptr(unsafe.Pointer(&attr)), unsafe.Sizeof(attr), 0)
	return named("mount_setattr", path, errno)
}

// openTree makes a copy of the mount that a path is in, with the path as its
// root; it is attached to nothing yet.
func openTree(path string, recursive bool) (int, error) {
	p, err := syscall.BytePtrFromString(path)
	if err != nil {
		return -1, err
	}
	flags := uintptr(openTreeClone | syscall.O_CLOEXEC)
	if recursive {
		flags |= atRecursive
	}
	fd, _, errno := syscall.Syscall(sysOpenTree, fdArg(atFDCWD), uintptr(unsafe.Pointer(p)), flags)
	return int(fd), named("open_tree", path, errno)
}

// attach puts a copy of a mount somewhere and forgets it.
func attach(fd int, path string) error {
	defer syscall.Close(fd)
	p, err := syscall.BytePtrFromString(path)
	if err != nil {
		return err
	}
	var empty byte
	_, _, errno := syscall.Syscall6(sysMoveMount, uintptr(fd), uintptr(unsafe.Pointer(&empty)),
		fdArg(atFDCWD), uintptr(unsafe.Pointer(p)), moveFlags, 0)
	return named("move_mount", path, errno)
}

// openPath opens a directory only to name it later.
func openPath(path string) (int, error) {
	fd, err := syscall.Open(path, oPath|syscall.O_DIRECTORY|syscall.O_CLOEXEC, 0)
	if err != nil {
		return -1, &os.PathError{Op: "open", Path: path, Err: err}
	}
	return fd, nil
}

// fdPath names an open directory.
func fdPath(fd int) string { return fmt.Sprintf("/proc/self/fd/%d", fd) }

func fdArg(fd int) uintptr { return uintptr(fd) }

func named(op, path string, errno syscall.Errno) error {
	if errno == 0 {
		return nil
	}
	return &os.PathError{Op: op, Path: path, Err: errno}
}

// closeOnExec keeps programs from inheriting descriptors from one on. Whoever
// started gust may have left directories open, and names below those lead out.
func closeOnExec(first int) error {
	_, _, errno := syscall.RawSyscall(sysCloseRange, uintptr(first), 1<<31-1, closeRangeCloexec)
	if errno == 0 {
		return nil
	}
	// Linux before 5.11 does not know it.
	fds, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		return fmt.Errorf("look for open descriptors: %w", err)
	}
	for _, fd := range fds {
		if n, err := strconv.Atoi(fd.Name()); err == nil && n >= first {
			syscall.CloseOnExec(n)
		}
	}
	return nil
}

// clearAmbient gives up the capabilities that a program would inherit.
func clearAmbient() error {
	_, _, errno := syscall.Syscall6(syscall.SYS_PRCTL, prCapAmbient, prAmbientClear, 0, 0, 0, 0)
	return os.NewSyscallError("prctl", errnoErr(errno))
}

func errnoErr(errno syscall.Errno) error {
	if errno == 0 {
		return nil
	}
	return errno
}

// loopbackUp brings the only interface of a new network up. Tests that send to many
// (multicast) find others in there.
func loopbackUp() error {
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_DGRAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		return fmt.Errorf("bring the loopback interface up: %w", err)
	}
	defer syscall.Close(fd)
	// struct ifreq: a name of 16 bytes, then the flags.
	var req [40]byte
	copy(req[:], "lo")
	*(*uint16)(unsafe.Pointer(&req[16])) = syscall.IFF_UP | syscall.IFF_RUNNING | syscall.IFF_MULTICAST
	if _, _, errno := syscall.Syscall(syscall.SYS_IOCTL, uintptr(fd), syscall.SIOCSIFFLAGS, uintptr(unsafe.Pointer(&req))); errno != 0 {
		return fmt.Errorf("bring the loopback interface up: %w", errno)
	}
	name := [...]byte{'l', 'o', 0}
	// Hardly a test needs it, so that it may fail.
	_, _, _ = syscall.Syscall(syscall.SYS_IOCTL, uintptr(fd), syscall.SIOCADDRT, uintptr(unsafe.Pointer(&route{
		dst: ipv4(224, 0, 0, 0), mask: ipv4(240, 0, 0, 0), flags: syscall.RTF_UP, dev: &name[0],
	})))
	return nil
}

// route is struct rtentry.
type route struct {
	_                  uintptr
	dst, gateway, mask [16]byte
	flags              uint16
	_                  [2]uintptr
	_                  int16
	dev                *byte
	_                  [2]uintptr
	_                  uint16
}

// ipv4 is struct sockaddr_in without a port.
func ipv4(a, b, c, d byte) (addr [16]byte) {
	*(*uint16)(unsafe.Pointer(&addr)) = syscall.AF_INET
	copy(addr[4:], []byte{a, b, c, d})
	return addr
}

// capabilities are all there are.
func capabilities() []uintptr {
	all := make([]uintptr, lastCapability+1)
	for i := range all {
		all[i] = uintptr(i)
	}
	return all
}

// dieBy ends this process by a signal that the Go runtime would handle.
func dieBy(sig syscall.Signal) {
	var none syscall.Rlimit
	_ = syscall.Setrlimit(syscall.RLIMIT_CORE, &none) // the core is the test's, not ours
	var action [4]uint64                              // struct sigaction with SIG_DFL
	_, _, _ = syscall.RawSyscall6(syscall.SYS_RT_SIGACTION, uintptr(sig), uintptr(unsafe.Pointer(&action)), 0, 8, 0, 0)
	_ = syscall.Kill(syscall.Getpid(), sig)
}
