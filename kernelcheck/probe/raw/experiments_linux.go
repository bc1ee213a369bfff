package raw

import (
	"syscall"
	"unsafe"
)

func experiments() []experiment {
	return []experiment{
		{"futex", false, futex},
		{"epoll", false, epoll},
		{"pagemap-scan", false, pagemapScan},
		{"pagemap-guard", false, pagemapGuard},
		{"userfaultfd", false, userfaultfdUser},
		{"userfaultfd-full", false, userfaultfdFull},
		{"page-is-written", false, pageIsWritten},
		{"soft-dirty", true, softDirty},
		{"kvm-dirty-log", false, kvmDirtyLog},
		{"kvm-dirty-ring", false, kvmDirtyRing},
		{"landlock", false, landlock},
		{"seccomp-notify", false, seccompNotify},
		{"clone3", false, clone3},
		{"clone-into-cgroup", false, cloneIntoCgroup},
		{"pidfd", false, pidfd},
		{"openat2", false, openat2},
		{"io_uring", false, ioUring},
		{"memfd_secret", false, memfdSecret},
		{"mptcp", false, mptcp},
		{"vdso-getrandom", false, vdsoGetrandom},
		{"userns", true, userns},
		{"bpf", false, bpf},
	}
}

func futex() Outcome {
	var word uint32
	const wakePrivate = 1 | 128
	if _, _, errno := syscall.Syscall6(syscall.SYS_FUTEX, uintptr(unsafe.Pointer(&word)), wakePrivate, 1, 0, 0, 0); errno != 0 {
		return fail("futex", errno)
	}
	return yes("")
}

func epoll() Outcome {
	fd, err := syscall.EpollCreate1(syscall.EPOLL_CLOEXEC)
	if err != nil {
		return fail("epoll_create1", err)
	}
	_ = syscall.Close(fd)
	return yes("")
}

func landlock() Outcome {
	const version = 1
	abi, errno := call(nrLandlockCreate, 0, 0, version)
	if errno != 0 {
		return fail("landlock_create_ruleset", errno)
	}
	return yes("ABI %d", abi)
}

func seccompNotify() Outcome {
	nr, ok := numSeccomp()
	if !ok {
		return Outcome{Trouble: "the number of seccomp is not known for this architecture"}
	}
	const getActionAvail, getNotifSizes = 2, 3
	action := uint32(0x7fc00000) // SECCOMP_RET_USER_NOTIF
	if _, _, errno := syscall.Syscall(nr, getActionAvail, 0, uintptr(unsafe.Pointer(&action))); errno != 0 {
		if errno == syscall.EOPNOTSUPP {
			return no("the action SECCOMP_RET_USER_NOTIF is not there")
		}
		return fail("seccomp", errno)
	}
	var sizes [3]uint16
	if _, _, errno := syscall.Syscall(nr, getNotifSizes, 0, uintptr(unsafe.Pointer(&sizes))); errno != 0 {
		return fail("seccomp", errno)
	}
	return yes("sizes %d, %d and %d", sizes[0], sizes[1], sizes[2])
}

func clone3() Outcome {
	// Without arguments it fails before it does anything.
	if _, errno := call(nrClone3, 0, 0); errno != syscall.EINVAL {
		return fail("clone3", errno)
	}
	return yes("")
}

func cloneIntoCgroup() Outcome {
	// CLONE_INTO_CGROUP with a descriptor that is not open: no process comes of
	// it.
	args := [11]uint64{0: 0x200000000, 4: uint64(syscall.SIGCHLD), 10: 0x7ffffff0}
	switch _, errno := call(nrClone3, uintptr(unsafe.Pointer(&args)), 88); errno {
	case syscall.EBADF:
		return yes("")
	case syscall.E2BIG:
		return no("clone3 does not know the field cgroup")
	default:
		return fail("clone3", errno)
	}
}

func pidfd() Outcome {
	fd, errno := call(nrPidfdOpen, uintptr(syscall.Getpid()), 0)
	if errno != 0 {
		return fail("pidfd_open", errno)
	}
	defer syscall.Close(int(fd))
	if _, errno := call(nrPidfdSendSignal, fd, 0, 0, 0); errno != 0 {
		return fail("pidfd_send_signal", errno)
	}
	const idPidfd = 3
	switch _, _, errno := syscall.Syscall6(syscall.SYS_WAITID, idPidfd, fd, 0, syscall.WEXITED, 0, 0); errno {
	case syscall.ECHILD: // it is not our child, and that is known
		return yes("")
	case syscall.EINVAL:
		return no("waitid does not know P_PIDFD")
	default:
		return fail("waitid", errno)
	}
}

func openat2() Outcome {
	const path, beneath = 0x200000 /* O_PATH */, 0x08
	how := [3]uint64{path | syscall.O_CLOEXEC, 0, beneath}
	dot := [2]byte{'.'}
	atCwd := -100
	fd, errno := call(nrOpenat2, uintptr(atCwd), uintptr(unsafe.Pointer(&dot)), uintptr(unsafe.Pointer(&how)), 24)
	if errno != 0 {
		return fail("openat2", errno)
	}
	_ = syscall.Close(int(fd))
	return yes("")
}

func ioUring() Outcome {
	var params [120]byte
	fd, errno := call(nrIoUringSetup, 1, uintptr(unsafe.Pointer(&params)))
	if errno != 0 {
		return fail("io_uring_setup", errno)
	}
	_ = syscall.Close(int(fd))
	return yes("")
}

func memfdSecret() Outcome {
	fd, errno := call(nrMemfdSecret, 0)
	if errno != 0 {
		return fail("memfd_secret", errno)
	}
	_ = syscall.Close(int(fd))
	return yes("")
}

func mptcp() Outcome {
	const protocol = 262
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, protocol)
	switch err {
	case nil:
		_ = syscall.Close(fd)
		return yes("")
	case syscall.EPROTONOSUPPORT, syscall.EINVAL:
		return no("socket says %v", err)
	case syscall.ENOPROTOOPT: // net.mptcp.enabled=0
		return Outcome{Errno: int(syscall.ENOPROTOOPT), Step: "socket"}
	default:
		return fail("socket", err)
	}
}

// bpf asks whether the system call is open to this user, with a small map that
// is gone at once. A request that is wrong would be refused for want of
// permission first (EPERM) on some kernels and for itself first (EINVAL) on
// others, such as 6.12.
func bpf() Outcome {
	nr, ok := old(321, 357, 386, 361, 351, 280)
	if !ok {
		return Outcome{Trouble: "the number of bpf is not known for this architecture"}
	}
	attr := [4]uint32{2 /* BPF_MAP_TYPE_ARRAY */, 4, 4, 1}
	fd, _, errno := syscall.Syscall(nr, 0 /* BPF_MAP_CREATE */, uintptr(unsafe.Pointer(&attr)), 16)
	if errno != 0 {
		return fail("bpf", errno)
	}
	_ = syscall.Close(int(fd))
	return yes("")
}
