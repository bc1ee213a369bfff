package box

import (
	"fmt"
	"os"
	"strconv"
	"syscall"
	"unsafe"

	"github.com/gust-go/gust/internal/limit"
)

// spare is how many processes the kernel lets there be above the limit: if it is
// passed, that shows, and this process can still do its work.
const spare = 64

const rlimitNproc = 6

// rlimits are what the kernel keeps each process of a test to. The number of
// processes counts for one user of one user namespace, so that it means the test
// alone in a namespace of its own; root outside of all is exempt.
func rlimits(limits limit.Set, ownUsers bool) map[int]uint64 {
	set := make(map[int]uint64)
	if n, ok := limits.Of(limit.OpenFiles); ok {
		set[syscall.RLIMIT_NOFILE] = uint64(n)
	}
	if n, ok := limits.Of(limit.FileSize); ok {
		set[syscall.RLIMIT_FSIZE] = uint64(n)
	}
	if n, ok := limits.Of(limit.Processes); ok && ownUsers {
		set[rlimitNproc] = uint64(n) + spare
	}
	return set
}

// confine has a program started under resource limits, which this process has not
// itself: it inherits the soft ones, and gets the hard ones when it is there.
func confine(set map[int]uint64, start func() (int, error)) (int, error) {
	if len(set) == 0 {
		return start()
	}
	defer restore(set)()
	pid, err := start()
	if err != nil {
		return pid, err
	}
	for which, n := range set {
		lim := syscall.Rlimit{Cur: n, Max: n}
		if err := prlimit(pid, which, &lim, nil); err != nil && err != syscall.ESRCH {
			_ = syscall.Kill(pid, syscall.SIGKILL)
			return 0, fmt.Errorf("limit what the test may use: %w", err)
		}
	}
	return pid, nil
}

// restore lowers soft limits of this process; what it returns takes that back.
func restore(set map[int]uint64) func() {
	before := make(map[int]syscall.Rlimit)
	for which, n := range set {
		var lim syscall.Rlimit
		if prlimit(0, which, nil, &lim) != nil {
			continue
		}
		before[which] = lim
		lim.Cur = min(n, lim.Max)
		set[which] = lim.Cur // nobody can have more than there is already
		_ = prlimit(0, which, &lim, nil)
	}
	return func() {
		for which, lim := range before {
			_ = prlimit(0, which, &lim, nil)
		}
	}
}

// prlimit is called by its number: package syscall remembers the number of open
// files that it is told, and gives it to programs in place of ours.
func prlimit(pid, which int, set, old *syscall.Rlimit) error {
	_, _, errno := syscall.RawSyscall6(syscall.SYS_PRLIMIT64, uintptr(pid), uintptr(which),
		uintptr(unsafe.Pointer(set)), uintptr(unsafe.Pointer(old)), 0, 0)
	return errnoErr(errno)
}

// limitPIDs bounds the numbers that processes of this namespace can have, which
// binds root, too (Linux 6.14). Those below 300 are given once only.
func limitPIDs(limits limit.Set) {
	const reserved = 300
	if n, ok := limits.Of(limit.Processes); ok {
		_ = os.WriteFile("/proc/sys/kernel/pid_max", []byte(strconv.FormatInt(n+spare+reserved, 10)), 0)
	}
}

// defaults are the limits of a test for which none are set: what would make the
// machine unusable, which no ordinary test comes near. Outside of a sandbox of
// processes of its own there are fewer.
func defaults(dir string) limit.Set {
	s := limit.Set{limit.Processes: 4096}
	var info syscall.Sysinfo_t
	if syscall.Sysinfo(&info) == nil {
		total := int64(info.Totalram) * int64(info.Unit)
		for _, file := range []string{"/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"} {
			if data, err := os.ReadFile(file); err == nil {
				if n, err := strconv.ParseInt(trimLine(data), 10, 64); err == nil && n > 0 {
					total = min(total, n)
				}
			}
		}
		s[limit.Memory] = total / 4 * 3
	}
	if free, ok := freeSpace(dir); ok {
		s[limit.Disk] = free / 10 * 9
	}
	return s
}

func trimLine(data []byte) string {
	for len(data) > 0 && data[len(data)-1] == '\n' {
		data = data[:len(data)-1]
	}
	return string(data)
}

// freeSpace is what can still be written on the disk that a directory is on.
func freeSpace(dir string) (int64, bool) {
	var st syscall.Statfs_t
	if syscall.Statfs(dir, &st) != nil {
		return 0, false
	}
	return int64(st.Bavail) * st.Bsize, true
}
