package raw

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"syscall"
)

// softDirty writes to a page, clears the process's soft-dirty bits, and writes
// again. The write to clear_refs succeeds on kernels without soft-dirty too,
// so only the bits tell: 1, 0, 1.
func softDirty() Outcome {
	m, err := page()
	if err != nil {
		return fail("mmap", err)
	}
	defer func() { _ = syscall.Munmap(m) }()
	pagemap, err := os.Open("/proc/self/pagemap")
	if err != nil {
		return procTrouble(err)
	}
	defer pagemap.Close()
	var bits [3]byte
	m[0] = 1
	if bits[0], err = softDirtyBit(pagemap, m); err != nil {
		return procTrouble(err)
	}
	if err := os.WriteFile("/proc/self/clear_refs", []byte("4"), 0); err != nil {
		return procTrouble(err)
	}
	if bits[1], err = softDirtyBit(pagemap, m); err != nil {
		return procTrouble(err)
	}
	m[0] = 2
	if bits[2], err = softDirtyBit(pagemap, m); err != nil {
		return procTrouble(err)
	}
	seen := fmt.Sprintf("written/cleared/written reads %d/%d/%d", bits[0], bits[1], bits[2])
	switch bits {
	case [3]byte{1, 0, 1}:
		return yes("%s", seen)
	case [3]byte{0, 0, 0}:
		return no("%s", seen)
	}
	return Outcome{Trouble: seen + ", which is neither 1/0/1 nor 0/0/0"}
}

// softDirtyBit reads bit 55 of a page's entry, which stays visible to users
// for whom the rest is blanked.
func softDirtyBit(pagemap *os.File, m []byte) (byte, error) {
	var entry [8]byte
	at := int64(address(m)) / int64(syscall.Getpagesize()) * 8
	if _, err := pagemap.ReadAt(entry[:], at); err != nil {
		return 0, err
	}
	return byte(binary.NativeEndian.Uint64(entry[:]) >> 55 & 1), nil
}

// procTrouble tells a missing /proc from a refusal.
func procTrouble(err error) Outcome {
	var path *os.PathError
	if errors.As(err, &path) {
		if errno, ok := path.Err.(syscall.Errno); ok {
			return Outcome{Errno: int(errno), Step: path.Op + " " + path.Path}
		}
	}
	return Outcome{Trouble: err.Error()}
}

// Fields of struct pm_scan_arg of linux/fs.h, all of 64 bits.
const (
	scanSize = iota
	scanFlags
	scanStart
	scanEnd
	scanWalkEnd
	scanVec
	scanVecLen
	scanMaxPages
	scanInverted
	scanMask
	scanAnyOf
	scanReturn
	scanFields
)

const (
	ioctlScan = 0xc0606610

	pageWritten   = 1 << 1
	pagePresent   = 1 << 3
	pageSoftDirty = 1 << 7
	pageGuard     = 1 << 8

	scanProtect    = 1 << 0 // PM_SCAN_WP_MATCHING
	scanCheckAsync = 1 << 1 // PM_SCAN_CHECK_WPASYNC
)

// scan returns how many regions of m are in a category.
func scan(pagemap *os.File, m []byte, category, flags uint64) (int, syscall.Errno) {
	// The kernel writes struct page_region there; a mapping does not move as
	// a stack may.
	found, err := page()
	if err != nil {
		return 0, syscall.ENOMEM
	}
	defer func() { _ = syscall.Munmap(found) }()
	arg := [scanFields]uint64{
		scanSize: scanFields * 8, scanFlags: flags, scanStart: address(m), scanEnd: address(m) + uint64(len(m)),
		scanVec: address(found), scanVecLen: 4, scanMask: category, scanReturn: category,
	}
	return ioctl(int(pagemap.Fd()), ioctlScan, &arg)
}

// scanFresh scans a page just written for one category.
func scanFresh(category uint64) (int, Outcome) {
	m, err := page()
	if err != nil {
		return 0, fail("mmap", err)
	}
	defer func() { _ = syscall.Munmap(m) }()
	m[0] = 1
	pagemap, err := os.Open("/proc/self/pagemap")
	if err != nil {
		return 0, procTrouble(err)
	}
	defer pagemap.Close()
	n, errno := scan(pagemap, m, category, 0)
	switch errno {
	case 0:
		return n, Outcome{Yes: true}
	case syscall.ENOTTY:
		return 0, no("the ioctl PAGEMAP_SCAN is not there")
	case syscall.EINVAL:
		return 0, no("PAGEMAP_SCAN does not know the category")
	}
	return 0, fail("ioctl PAGEMAP_SCAN", errno)
}

func pagemapScan() Outcome {
	n, out := scanFresh(pagePresent)
	if !out.Yes {
		return out
	}
	if n != 1 {
		return Outcome{Trouble: fmt.Sprintf("a page just written makes %d regions", n)}
	}
	dirty, _ := scanFresh(pageSoftDirty)
	return yes("%d soft-dirty regions in a page just written", dirty)
}

func pagemapGuard() Outcome {
	_, out := scanFresh(pageGuard)
	return out
}

const (
	uffdUserMode = 1
	uffdAPI      = 0xc018aa3f
	uffdRegister = 0xc020aa00
	uffdProtect  = 0xc018aa06

	uffdUnpopulated = 1 << 13
	uffdAsync       = 1 << 15
)

func userfaultfd(flags uintptr) (int, syscall.Errno) {
	nr, ok := numUserfaultfd()
	if !ok {
		return -1, syscall.ENOTSUP
	}
	fd, _, errno := syscall.Syscall(nr, flags|syscall.O_CLOEXEC|syscall.O_NONBLOCK, 0, 0)
	return int(fd), errno
}

func userfaultfdUser() Outcome {
	fd, errno := userfaultfd(uffdUserMode)
	if errno == syscall.EINVAL { // before 5.11 there is no such mode
		fd, errno = userfaultfd(0)
	}
	if errno != 0 {
		return fail("userfaultfd", errno)
	}
	_ = syscall.Close(fd)
	return yes("faults of user mode")
}

// userfaultfdFull also takes faults that the kernel makes in the process's
// memory.
func userfaultfdFull() Outcome {
	fd, errno := userfaultfd(0)
	if errno == 0 {
		_ = syscall.Close(fd)
		return yes("by system call")
	}
	f, err := os.OpenFile("/dev/userfaultfd", os.O_RDWR, 0)
	if err != nil {
		return fail("userfaultfd", errno)
	}
	_ = f.Close()
	return yes("by /dev/userfaultfd")
}

// pageIsWritten tracks writes with asynchronous write protection: protect,
// write, find, clear, write, find.
func pageIsWritten() Outcome {
	fd, errno := userfaultfd(uffdUserMode)
	if errno != 0 {
		return fail("userfaultfd", errno)
	}
	defer syscall.Close(fd)
	api := [3]uint64{0xaa, uffdAsync | uffdUnpopulated, 0}
	switch _, errno := ioctl(fd, uffdAPI, &api); errno {
	case 0:
	case syscall.EINVAL:
		return no("userfaultfd does not know WP_ASYNC")
	default:
		return fail("ioctl UFFDIO_API", errno)
	}
	m, err := page()
	if err != nil {
		return fail("mmap", err)
	}
	defer func() { _ = syscall.Munmap(m) }()
	pagemap, err := os.Open("/proc/self/pagemap")
	if err != nil {
		return procTrouble(err)
	}
	defer pagemap.Close()
	return trackWrites(fd, pagemap, m)
}

func trackWrites(fd int, pagemap *os.File, m []byte) Outcome {
	register := [4]uint64{address(m), uint64(len(m)), 1 << 1, 0}
	if _, errno := ioctl(fd, uffdRegister, &register); errno != 0 {
		return fail("ioctl UFFDIO_REGISTER", errno)
	}
	protect := [3]uint64{address(m), uint64(len(m)), 1}
	if _, errno := ioctl(fd, uffdProtect, &protect); errno != 0 {
		return fail("ioctl UFFDIO_WRITEPROTECT", errno)
	}
	var seen [3]int
	for i, step := range []struct {
		write bool
		flags uint64
	}{{true, scanProtect | scanCheckAsync}, {false, 0}, {true, 0}} {
		if step.write {
			m[0]++
		}
		n, errno := scan(pagemap, m, pageWritten, step.flags)
		if errno == syscall.ENOTTY {
			return no("the ioctl PAGEMAP_SCAN is not there")
		}
		if errno != 0 {
			return fail("ioctl PAGEMAP_SCAN", errno)
		}
		seen[i] = n
	}
	text := fmt.Sprintf("written/cleared/written reads %d/%d/%d", seen[0], seen[1], seen[2])
	if seen == [3]int{1, 0, 1} {
		return yes("%s", text)
	}
	return Outcome{Trouble: text}
}
