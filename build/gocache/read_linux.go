package gocache

import (
	"errors"
	"os"
	"syscall"
	"time"
)

// readStart reads the beginning of a small file, and when it was last used. Package
// os would ask the poller about it, which a warm build has a thousand times.
func readStart(name string, b []byte) (n int, used time.Time, err error) {
	fd, err := retry(func() (int, error) { return syscall.Open(name, syscall.O_RDONLY|syscall.O_CLOEXEC, 0) })
	if err != nil {
		return 0, used, os.NewSyscallError("open", err)
	}
	defer syscall.Close(fd)
	if n, err = retry(func() (int, error) { return syscall.Read(fd, b) }); err != nil {
		return 0, used, os.NewSyscallError("read", err)
	}
	var st syscall.Stat_t
	if _, err := retry(func() (int, error) { return 0, syscall.Fstat(fd, &st) }); err != nil {
		return 0, used, os.NewSyscallError("fstat", err)
	}
	return n, time.Unix(st.Mtim.Unix()), nil
}

func retry(call func() (int, error)) (n int, err error) {
	for {
		if n, err = call(); !errors.Is(err, syscall.EINTR) {
			return n, err
		}
	}
}
