package box

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"strings"
	"sync/atomic"
	"syscall"
	"time"
	"unsafe"
)

// What seccomp(2) takes to put a file into another process.
const (
	ioctlNotifAddFD = 0x40182103
	addFDSet        = 1
)

// seccompAddFD is struct seccomp_notif_addfd.
type seccompAddFD struct {
	id                           uint64
	flags, srcFD, newFD, fdFlags uint32
}

const (
	// look is how often to look whether a program still has something to do, and
	// grace how long it may have, when its tests have ended.
	look  = 10 * time.Millisecond
	grace = time.Second
	// dumpTime is how long a program may take to write its goroutines down.
	dumpTime = 10 * time.Second
	// maxDump is how much of that is read.
	maxDump = 16 << 20
)

// stacks looks at the goroutines that a test has when it ends. Nothing is added to
// the test: as it calls exit_group(2) it has to wait, while what else it runs goes
// on; its standard error becomes a pipe, and SIGQUIT makes the Go runtime write
// down all goroutines and end the program. The exit status that it wanted is known.
type stacks struct {
	ready chan struct{} // closed once pid is known
	pid   int

	once  atomic.Bool
	found chan struct{} // closed once all that follows is known
	code  int
	text  []byte
	ended bool // true if code counts
}

func newStacks() *stacks { return &stacks{ready: make(chan struct{}), found: make(chan struct{})} }

// of says which process is the test.
func (s *stacks) of(pid int) {
	if s != nil {
		s.pid = pid
		close(s.ready)
	}
}

// take reports whether the end of a program is that of the test, which is then
// answered when its goroutines are known.
func (s *stacks) take(listener int, n *seccompNotif) bool {
	if s == nil {
		return false
	}
	if s.once.Load() || !becameTest(n.pid) {
		return false
	}
	call := *n
	go func() {
		<-s.ready // it may end before we hear that it has started
		_, err := os.Lstat(fmt.Sprintf("/proc/%d/task/%d", s.pid, call.pid))
		if err == nil && !s.once.Swap(true) {
			s.dump(listener, &call)
			close(s.found)
		}
		resp := seccompNotifResp{id: call.id, flags: notifContinue}
		_, _, _ = syscall.Syscall(syscall.SYS_IOCTL, uintptr(listener), ioctlNotifSend, uintptr(unsafe.Pointer(&resp)))
	}()
	return true
}

// becameTest reports whether a process runs something else than this one: before it
// does, it ends only if it cannot, for which the one that starts it waits.
func becameTest(pid uint32) bool {
	own, err := os.ReadFile("/proc/self/cmdline")
	theirs, theirErr := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
	return err == nil && theirErr == nil && !bytes.Equal(own, theirs)
}

// dump has the test write down its goroutines.
func (s *stacks) dump(listener int, n *seccompNotif) {
	s.settle(int(n.pid))
	in, out, err := os.Pipe()
	if err != nil {
		return
	}
	defer in.Close()
	add := seccompAddFD{id: n.id, flags: addFDSet, srcFD: uint32(out.Fd()), newFD: 2}
	_, _, errno := syscall.Syscall(syscall.SYS_IOCTL, uintptr(listener), ioctlNotifAddFD, uintptr(unsafe.Pointer(&add)))
	_ = out.Close()
	if errno != 0 {
		return
	}
	s.code, s.ended = int(n.args[0]&0xff), true
	for _, tid := range threads(s.pid) {
		// The thread that ends the program waits for us and sees no signals.
		if tid != int(n.pid) && tgkill(s.pid, tid, syscall.SIGQUIT) == nil {
			break
		}
	}
	_ = in.SetReadDeadline(time.Now().Add(dumpTime))
	s.text, _ = io.ReadAll(io.LimitReader(in, maxDump))
}

// settle waits until nothing runs in the test: goroutines that are about to end have
// ended then. The thread that ends the program is left out.
func (s *stacks) settle(but int) {
	idle := 0
	for until := time.Now().Add(grace); idle < 3 && time.Now().Before(until); {
		time.Sleep(look)
		idle++
		for _, tid := range threads(s.pid) {
			stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/stat", s.pid, tid))
			if _, state, ok := strings.Cut(string(stat), ") "); err == nil && ok && tid != but && strings.HasPrefix(state, "R") {
				idle = 0
			}
		}
	}
}

// threads are those of a process.
func threads(pid int) []int {
	names, err := os.ReadDir(fmt.Sprintf("/proc/%d/task", pid))
	if err != nil {
		return nil
	}
	var tids []int
	for _, name := range names {
		var tid int
		if _, err := fmt.Sscan(name.Name(), &tid); err == nil {
			tids = append(tids, tid)
		}
	}
	return tids
}

func tgkill(pid, tid int, sig syscall.Signal) error {
	_, _, errno := syscall.Syscall(syscall.SYS_TGKILL, uintptr(pid), uintptr(tid), uintptr(sig))
	return errnoErr(errno)
}

// tell adds what was found to a result.
func (s *stacks) tell(to *result) {
	if s == nil || !s.once.Load() {
		return
	}
	<-s.found
	if s.ended {
		to.Code, to.Signal = s.code, 0
	}
	to.Goroutines = parseStacks(string(s.text))
}
