package box

import (
	"os"
	"syscall"
	"time"
)

const prSetChildSubreaper = 36

// adopt makes this process the parent of what its descendants leave behind.
func adopt() error {
	_, _, errno := syscall.RawSyscall6(syscall.SYS_PRCTL, prSetChildSubreaper, 1, 0, 0, 0, 0)
	return os.NewSyscallError("prctl", errnoErr(errno))
}

// descendants are the processes that this one has started, or they.
func descendants(all []process) []process {
	children := make(map[int][]process)
	for _, p := range all {
		children[p.parent] = append(children[p.parent], p)
	}
	mine := append([]process{}, children[os.Getpid()]...)
	for i := 0; i < len(mine); i++ {
		mine = append(mine, children[mine[i].pid]...)
	}
	return mine
}

// endDescendants ends them. They are stopped first, so that they cannot start
// others faster than this ends them.
func endDescendants() {
	for _, sig := range []syscall.Signal{syscall.SIGSTOP, syscall.SIGKILL} {
		stopped := make(map[int]bool)
		for range 1000 {
			fresh := false
			for _, p := range descendants(processes()) {
				if !stopped[p.pid] {
					stopped[p.pid], fresh = true, true
					_ = syscall.Kill(p.pid, sig)
				}
			}
			if !fresh {
				break
			}
		}
	}
}

// reap waits for all that is left, which has been killed.
func reap() {
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); {
		pid, err := syscall.Wait4(-1, nil, syscall.WNOHANG, nil)
		switch {
		case err == syscall.EINTR, pid > 0:
		case err != nil:
			return // nobody is left
		default:
			time.Sleep(time.Millisecond)
			endDescendants()
		}
	}
}
