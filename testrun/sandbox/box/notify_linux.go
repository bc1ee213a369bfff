package box

import (
	"encoding/binary"
	"errors"
	"fmt"
	"runtime"
	"syscall"
	"unsafe"

	"github.com/gust-go/gust/testrun/sandbox/box/gc"
)

// What seccomp(2) takes and gives.
const (
	seccompSetModeFilter = 1
	filterNewListener    = 1 << 3
	filterWaitKillable   = 1 << 5

	retAllow     = 0x7fff0000
	retUserNotif = 0x7fc00000

	ioctlNotifRecv = 0xc0502100
	ioctlNotifSend = 0xc0182101
	ioctlSetFlags  = 0x40082104
	syncWakeUp     = 1
	notifContinue  = 1

	prSetNoNewPrivs = 38
)

// seccompNotif is struct seccomp_notif.
type seccompNotif struct {
	id         uint64
	pid, flags uint32
	nr         int32
	arch       uint32
	ip         uint64
	args       [6]uint64
}

// seccompNotifResp is struct seccomp_notif_resp.
type seccompNotifResp struct {
	id    uint64
	val   int64
	error int32
	flags uint32
}

// Offsets in struct seccomp_data.
const (
	dataNr   = 0
	dataArch = 4
	dataArgs = 16
)

// A filter is a BPF program that picks the system calls to hear of.
type filter []syscall.SockFilter

func stmt(code uint16, k uint32) syscall.SockFilter { return syscall.SockFilter{Code: code, K: k} }

func jump(code uint16, k uint32, yes, no uint8) syscall.SockFilter {
	return syscall.SockFilter{Code: code, Jt: yes, Jf: no, K: k}
}

const (
	bpfLoad = syscall.BPF_LD | syscall.BPF_W | syscall.BPF_ABS
	bpfEq   = syscall.BPF_JMP | syscall.BPF_JEQ | syscall.BPF_K
	bpfGe   = syscall.BPF_JMP | syscall.BPF_JGE | syscall.BPF_K
	bpfSet  = syscall.BPF_JMP | syscall.BPF_JSET | syscall.BPF_K
	bpfRet  = syscall.BPF_RET | syscall.BPF_K
)

// newFilter makes the program. Programs of another architecture and of x32 are
// let through unheard. What a ring tells of is not listened to.
func newFilter(trace Trace, reads, exits, ring bool) filter {
	f := filter{
		stmt(bpfLoad, dataArch), jump(bpfEq, auditArch, 1, 0), stmt(bpfRet, retAllow),
		stmt(bpfLoad, dataNr), jump(bpfGe, 0x40000000, 0, 1), stmt(bpfRet, retAllow),
	}
	f = f.on(syscall.SYS_CONNECT).on(syscall.SYS_BIND)
	// Only with an address does sendto go anywhere new.
	f = f.onNonzero(syscall.SYS_SENDTO, 4)
	if trace.on() {
		f = f.onStdout(syscall.SYS_WRITE)
	}
	if exits {
		f = f.on(syscall.SYS_EXIT_GROUP)
	}
	if trace.on() || reads {
		f = f.on(syscall.SYS_EXECVE).on(sysExecveat)
		if !ring {
			f = f.onOpen(syscall.SYS_OPENAT, 2, reads)
			if sysOpen != 0xffffffff {
				f = f.onOpen(sysOpen, 1, reads)
			}
		}
		f = f.on(sysCreat).on(sysOpenat2) // the flags of the second are in memory, where a filter cannot look
	}
	return append(f, stmt(bpfRet, retAllow))
}

// onStdout hears of it if the first argument is 1: package testing writes there
// which test begins.
func (f filter) onStdout(nr uint32) filter {
	return append(f, jump(bpfEq, nr, 0, 4),
		stmt(bpfLoad, dataArgs), jump(bpfEq, 1, 0, 1),
		stmt(bpfRet, retUserNotif), stmt(bpfRet, retAllow))
}

// on hears of a system call. The number is loaded before and after.
func (f filter) on(nr uint32) filter {
	return append(f, jump(bpfEq, nr, 0, 1), stmt(bpfRet, retUserNotif))
}

// onNonzero hears of it if an argument is not zero.
func (f filter) onNonzero(nr uint32, arg int) filter {
	return append(f, jump(bpfEq, nr, 0, 6),
		stmt(bpfLoad, uint32(dataArgs+8*arg)), jump(bpfEq, 0, 0, 2),
		stmt(bpfLoad, uint32(dataArgs+8*arg+4)), jump(bpfEq, 0, 1, 0),
		stmt(bpfRet, retUserNotif), stmt(bpfRet, retAllow))
}

// onOpen hears of it if a file is opened to write, or in any case.
func (f filter) onOpen(nr uint32, arg int, reads bool) filter {
	if reads {
		return f.on(nr)
	}
	return append(f, jump(bpfEq, nr, 0, 4),
		stmt(bpfLoad, uint32(dataArgs+8*arg)), jump(bpfSet, Writing, 0, 1),
		stmt(bpfRet, retUserNotif), stmt(bpfRet, retAllow))
}

// install puts a filter on this thread, and so on what it starts. Without
// rights in this user namespace, programs must give up getting more.
func (f filter) install(noNewPrivs bool) (listener int, err error) {
	if noNewPrivs {
		if _, _, errno := syscall.RawSyscall6(syscall.SYS_PRCTL, prSetNoNewPrivs, 1, 0, 0, 0, 0); errno != 0 {
			return -1, fmt.Errorf("give up new privileges: %w", errno)
		}
	}
	prog := syscall.SockFprog{Len: uint16(len(f)), Filter: &f[0]}
	// Without WAIT_KILLABLE the signals with which the Go runtime preempts
	// goroutines restart calls over and over.
	for _, flags := range []uintptr{filterNewListener | filterWaitKillable, filterNewListener} {
		fd, _, errno := syscall.RawSyscall(sysSeccomp, seccompSetModeFilter, flags, uintptr(unsafe.Pointer(&prog)))
		if errno == 0 {
			syscall.CloseOnExec(int(fd))
			return int(fd), nil
		}
		err = errno
		if errno != syscall.EINVAL {
			break
		}
	}
	return -1, fmt.Errorf("listen to system calls: %w", err)
}

// A recorder hears of system calls of the test and of what it starts.
type recorder struct {
	listener int
	touched  touched
	mem      memory
	// ring is what tells of files instead, if not nil.
	ring *ring
	// reads is true if files opened to read count, too.
	reads bool
	// starter is the thread that starts the test; lease, if not nil, has the ports
	// for which others wait.
	starter uint32
	lease   *leases
	// gc is the setting of the garbage collector, which is off until the test
	// has started.
	gc int
	// stacks is what looks at the goroutines of the test when it ends, nil if
	// nobody wants to know.
	stacks *stacks
}

// newRecorder installs the filter on this thread, which must be locked and the
// one that starts the test. Files may be told of by a ring.
func newRecorder(trace Trace, reads, goroutines, noNewPrivs bool, told *ring) (*recorder, error) {
	if sysSeccomp == 0 {
		return nil, errors.New("listening to system calls is not known on " + runtime.GOARCH)
	}
	reads = reads || trace == TraceReads
	r := &recorder{gc: 100, reads: reads, ring: told}
	if goroutines {
		r.stacks = newStacks()
	}
	if trace.on() || reads {
		// The thread that starts the test waits for its execve, and that for an
		// answer of another thread, which must not wait for the first one.
		r.gc = gc.SetPercent(-1)
		if runtime.GOMAXPROCS(0) < 2 {
			runtime.GOMAXPROCS(2)
		}
	}
	fd, err := newFilter(trace, reads, goroutines, told != nil).install(noNewPrivs)
	if err != nil {
		return nil, err
	}
	r.listener, r.starter = fd, uint32(syscall.Gettid())
	// The caller sleeps while it is looked at, so the one that looks may as well run
	// on the same processor. Linux before 6.6 does not know it.
	_, _, _ = syscall.RawSyscall(syscall.SYS_IOCTL, uintptr(fd), ioctlSetFlags, syncWakeUp)
	if told != nil {
		go told.follow(r.opened)
	}
	go r.listen()
	return r, nil
}

// started is called once the test has started.
func (r *recorder) started(pid int) {
	gc.SetPercent(r.gc)
	r.stacks.of(pid)
}

// listen answers until this process ends: every call goes on as if nobody had
// looked. What is read of the caller's memory may change under our eyes, so it
// is good for a record, and for nothing else.
func (r *recorder) listen() {
	runtime.LockOSThread()
	var n seccompNotif
	for {
		n = seccompNotif{} // the kernel wants it so
		if _, _, errno := syscall.Syscall(syscall.SYS_IOCTL, uintptr(r.listener), ioctlNotifRecv, uintptr(unsafe.Pointer(&n))); errno != 0 {
			if errno == syscall.EINTR || errno == syscall.ENOENT {
				continue // the caller was killed
			}
			return
		}
		if n.nr == syscall.SYS_EXIT_GROUP && r.stacks.take(r.listener, &n) {
			continue // answered later
		}
		r.ring.drain(r.opened)
		if n.pid != r.starter {
			r.record(&n)
			if port := r.toLease(&n); port != 0 {
				id := n.id // the next call has another
				go func() {
					r.lease.take(port)
					r.answer(id)
				}()
				continue
			}
		}
		r.answer(n.id)
	}
}

// opened notes a file that a ring tells of.
func (r *recorder) opened(record []byte) {
	if o, ok := r.ring.parse(record); ok && o.pid != 1 { // that is this process
		r.touched.path(o.kind, o.path, func() []byte { return o.dir })
	}
}

func (r *recorder) answer(id uint64) {
	resp := seccompNotifResp{id: id, flags: notifContinue}
	_, _, _ = syscall.RawSyscall(syscall.SYS_IOCTL, uintptr(r.listener), ioctlNotifSend, uintptr(unsafe.Pointer(&resp)))
}

// toLease is a port that the caller has to wait for, 0 if there is none.
func (r *recorder) toLease(n *seccompNotif) uint16 {
	if r.lease == nil || uint32(n.nr) != syscall.SYS_BIND {
		return 0
	}
	addr, _ := r.mem.address(int(n.pid), n.args[1], n.args[2])
	return r.lease.wanted(addr)
}

func (r *recorder) record(n *seccompNotif) {
	pid := int(n.pid)
	switch uint32(n.nr) {
	case syscall.SYS_CONNECT:
		r.touched.dial(r.mem.address(pid, n.args[1], n.args[2]))
	case syscall.SYS_SENDTO:
		r.touched.dial(r.mem.address(pid, n.args[4], n.args[5]))
	case syscall.SYS_BIND:
		r.touched.bind(r.mem.address(pid, n.args[1], n.args[2]))
	case syscall.SYS_EXECVE:
		r.exec(pid, n.args[0], atFDCWD)
	case sysExecveat:
		r.exec(pid, n.args[1], int(int32(n.args[0])))
	case syscall.SYS_WRITE:
		r.touched.output(pid, r.mem.bytes(pid, n.args[1], n.args[2]))
	case syscall.SYS_OPENAT:
		r.open(pid, openKind(n.args[2]), n.args[1], int(int32(n.args[0])))
	case sysOpenat2:
		if flags := r.mem.bytes(pid, n.args[2], 8); len(flags) == 8 {
			r.openat2(n, binary.NativeEndian.Uint64(flags))
		}
	case sysCreat:
		r.open(pid, KindWrite, n.args[0], atFDCWD)
	case sysOpen:
		r.open(pid, openKind(n.args[1]), n.args[0], atFDCWD)
	}
}

func (r *recorder) open(pid int, kind string, name uint64, dirfd int) {
	r.touched.path(kind, r.mem.text(pid, name), func() []byte { return r.mem.dir(pid, dirfd) })
}

func (r *recorder) exec(pid int, name uint64, dirfd int) {
	r.touched.exec(pid, r.mem.text(pid, name), func() []byte { return r.mem.dir(pid, dirfd) })
}

func (r *recorder) openat2(n *seccompNotif, flags uint64) {
	if kind := openKind(flags); kind == KindWrite || r.reads {
		r.open(int(n.pid), kind, n.args[1], int(int32(n.args[0])))
	}
}

func openKind(flags uint64) string {
	if flags&Writing != 0 {
		return KindWrite
	}
	return KindRead
}
