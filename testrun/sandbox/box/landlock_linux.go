package box

import (
	"errors"
	"fmt"
	"os"
	"syscall"
	"unsafe"
)

// What Landlock takes. go-landlock would do this, too, but for that this package
// may import the standard library only.
const (
	sysLandlockCreate   = 444
	sysLandlockAdd      = 445
	sysLandlockRestrict = 446

	landlockVersion     = 1
	landlockPathBeneath = 1

	landExecute   = 1 << 0
	landWriteFile = 1 << 1
	landReadFile  = 1 << 2
	landReadDir   = 1 << 3
	landRemoveDir = 1 << 4
	landRemove    = 1 << 5
	landMakeChar  = 1 << 6
	landMakeDir   = 1 << 7
	landMakeReg   = 1 << 8
	landMakeSock  = 1 << 9
	landMakeFifo  = 1 << 10
	landMakeBlock = 1 << 11
	landMakeSym   = 1 << 12
	landRefer     = 1 << 13
	landTruncate  = 1 << 14

	landWrite  = landWriteFile | landRemoveDir | landRemove | landMakeDir | landMakeReg | landMakeSock | landMakeFifo | landMakeSym | landRefer | landTruncate
	landDevice = landMakeChar | landMakeBlock
	landRead   = landExecute | landReadFile | landReadDir
	// landFile is what can be said of a file that is no directory.
	landFile = landExecute | landWriteFile | landReadFile | landTruncate

	scopeAbstract = 1 << 0
	scopeSignal   = 1 << 1
)

// A fence is what a thread, and what it starts, may do with files. It may not send
// signals to processes outside, nor connect to their abstract sockets.
type fence struct {
	writable []string
	// readable, if not nil, is where it may read besides.
	readable []string
}

// landlockABI is the version that the kernel has.
func landlockABI() (int, error) {
	v, _, errno := syscall.RawSyscall(sysLandlockCreate, 0, 0, landlockVersion)
	if errno != 0 {
		return 0, fmt.Errorf("use Landlock: %w", errno)
	}
	return int(v), nil
}

// raise puts a fence around this thread, which is never unlocked again.
func (f fence) raise() error {
	abi, err := landlockABI()
	if err != nil {
		return err
	}
	if abi < 2 {
		return errors.New("use Landlock: this kernel's does not let files be moved to another directory (Linux 5.19)")
	}
	handled := uint64(landWrite | landDevice)
	if f.readable != nil {
		handled |= landRead
	}
	if abi < 3 {
		handled &^= landTruncate
	}
	attr := struct{ fs, net, scoped uint64 }{fs: handled}
	size := uintptr(8)
	if abi >= 6 {
		attr.scoped, size = scopeAbstract|scopeSignal, unsafe.Sizeof(attr)
	}
	fd, _, errno := syscall.RawSyscall(sysLandlockCreate, uintptr(unsafe.Pointer(&attr)), size, 0)
	if errno != 0 {
		return fmt.Errorf("use Landlock: %w", errno)
	}
	defer syscall.Close(int(fd))
	for _, path := range f.writable {
		if err := allow(int(fd), path, handled&^landDevice); err != nil {
			return err
		}
	}
	for _, path := range f.readable {
		if err := allow(int(fd), path, handled&landRead); err != nil {
			return err
		}
	}
	if _, _, errno := syscall.RawSyscall(sysLandlockRestrict, fd, 0, 0); errno != 0 {
		return fmt.Errorf("use Landlock: %w", errno)
	}
	return nil
}

// allow adds a rule for what is below a path. What does not exist needs none.
func allow(ruleset int, path string, access uint64) error {
	fd, err := syscall.Open(path, oPath|syscall.O_CLOEXEC, 0)
	if err != nil {
		return nil
	}
	defer syscall.Close(fd)
	var st syscall.Stat_t
	if err := syscall.Fstat(fd, &st); err != nil {
		return &os.PathError{Op: "stat", Path: path, Err: err}
	}
	if st.Mode&syscall.S_IFMT != syscall.S_IFDIR {
		access &= landFile
	}
	var attr [12]byte // struct landlock_path_beneath_attr, which is packed
	*(*uint64)(unsafe.Pointer(&attr[0])) = access
	*(*int32)(unsafe.Pointer(&attr[8])) = int32(fd)
	_, _, errno := syscall.RawSyscall6(sysLandlockAdd, uintptr(ruleset), landlockPathBeneath, uintptr(unsafe.Pointer(&attr)), 0, 0, 0)
	return named("allow", path, errno)
}
