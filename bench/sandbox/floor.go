//go:build linux && (amd64 || arm64)

package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// What listening costs at the least: a program whose opens wait for another that
// answers and does nothing else, or reads the name besides.

const (
	notifRecv  = 0xc0502100
	notifSend  = 0xc0182101
	notifFlags = 0x40082104
	goOn       = 1 // SECCOMP_USER_NOTIF_FLAG_CONTINUE, and FD_SYNC_WAKE_UP of the flags
)

type notification struct {
	id         uint64
	pid, flags uint32
	nr         int32
	arch       uint32
	ip         uint64
	args       [6]uint64
}

type answer struct {
	id    uint64
	val   int64
	error int32
	flags uint32
}

// measureFloor prints how long an open takes bare and with somebody who listens.
func measureFloor(out io.Writer, self string, rounds, n int) error {
	sides := []*side{{name: "not listened to"}, {name: "answered"}, {name: "name read, answered"}}
	for range rounds {
		for i, s := range sides {
			ns, err := floorOnce(self, n, i > 0, i > 1)
			if err != nil {
				return err
			}
			s.calls = append(s.calls, ns)
		}
	}
	for _, s := range sides {
		fmt.Fprintf(out, "%-22s open and close %6.2f µs (%+.2f)\n", s.name, 1e3*ms(s.calls), 1e3*(ms(s.calls)-ms(sides[0].calls)))
	}
	return nil
}

func floorOnce(self string, n int, listen, read bool) (time.Duration, error) {
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_SEQPACKET|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return 0, err
	}
	theirs := os.NewFile(uintptr(fds[1]), "socket")
	cmd := exec.Command(self, "floor", strconv.Itoa(n), strconv.FormatBool(listen))
	cmd.ExtraFiles, cmd.Stderr = []*os.File{theirs}, os.Stderr
	var text strings.Builder
	cmd.Stdout = &text
	err = cmd.Start()
	_ = theirs.Close()
	if err != nil {
		return 0, err
	}
	if listen {
		err = answerAll(fds[0], read)
	}
	if err := errors.Join(err, cmd.Wait(), unix.Close(fds[0])); err != nil {
		return 0, err
	}
	ns, err := strconv.Atoi(strings.TrimSpace(text.String()))
	return time.Duration(ns), err
}

// answerAll answers until nobody asks any more.
func answerAll(socket int, read bool) error {
	control := make([]byte, 64)
	_, size, _, _, err := unix.Recvmsg(socket, make([]byte, 1), control, 0)
	if err != nil {
		return err
	}
	messages, err := unix.ParseSocketControlMessage(control[:size])
	if err != nil || len(messages) != 1 {
		return fmt.Errorf("no listener: %w", err)
	}
	fds, err := unix.ParseUnixRights(&messages[0])
	if err != nil || len(fds) != 1 {
		return fmt.Errorf("no listener: %w", err)
	}
	defer unix.Close(fds[0])
	fd := uintptr(fds[0])
	_, _, _ = unix.RawSyscall(unix.SYS_IOCTL, fd, notifFlags, goOn)
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	var buf [256]byte
	for {
		var n notification
		if _, _, errno := unix.Syscall(unix.SYS_IOCTL, fd, notifRecv, uintptr(unsafe.Pointer(&n))); errno != 0 {
			if errno == unix.EINTR || errno == unix.ENOENT && !ended(fds[0]) {
				continue // a signal came first
			}
			return nil
		}
		if read {
			local := unix.Iovec{Base: &buf[0], Len: uint64(len(buf))}
			remote := unix.RemoteIovec{Base: uintptr(n.args[1]), Len: len(buf)}
			_, _, _ = unix.RawSyscall6(unix.SYS_PROCESS_VM_READV, uintptr(n.pid), uintptr(unsafe.Pointer(&local)), 1, uintptr(unsafe.Pointer(&remote)), 1, 0)
		}
		a := answer{id: n.id, flags: goOn}
		_, _, _ = unix.RawSyscall(unix.SYS_IOCTL, fd, notifSend, uintptr(unsafe.Pointer(&a)))
	}
}

// ended reports whether nobody is left who could be listened to.
func ended(listener int) bool {
	poll := []unix.PollFd{{Fd: int32(listener)}}
	n, err := unix.Poll(poll, 0)
	return err == nil && n == 1 && poll[0].Revents&unix.POLLHUP != 0
}

// floorMain opens a file that often and says how long that took each time.
func floorMain(times string, listen bool) error {
	n, err := strconv.Atoi(times)
	if err != nil {
		return err
	}
	runtime.LockOSThread()
	if listen {
		if err := beHeard(); err != nil {
			return err
		}
	}
	name := append([]byte("/dev/null\x00"), make([]byte, 300)...)
	cwd := unix.AT_FDCWD
	start := time.Now()
	for range n {
		fd, _, errno := unix.RawSyscall6(unix.SYS_OPENAT, uintptr(cwd), uintptr(unsafe.Pointer(&name[0])), 0, 0, 0, 0)
		if errno != 0 {
			return errno
		}
		_, _, _ = unix.RawSyscall(unix.SYS_CLOSE, fd, 0, 0)
	}
	_, err = fmt.Println(int(time.Since(start)) / n)
	return err
}

// beHeard has the opens of this thread wait for who is at the other end of descriptor 3.
func beHeard() error {
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return err
	}
	filter := []unix.SockFilter{
		{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS},
		{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, K: unix.SYS_OPENAT, Jf: 1},
		{Code: unix.BPF_RET | unix.BPF_K, K: unix.SECCOMP_RET_USER_NOTIF},
		{Code: unix.BPF_RET | unix.BPF_K, K: unix.SECCOMP_RET_ALLOW},
	}
	prog := unix.SockFprog{Len: uint16(len(filter)), Filter: &filter[0]}
	fd, _, errno := unix.RawSyscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER,
		unix.SECCOMP_FILTER_FLAG_NEW_LISTENER|unix.SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV, uintptr(unsafe.Pointer(&prog)))
	if errno != 0 {
		return errno
	}
	if err := unix.Sendmsg(3, []byte{0}, unix.UnixRights(int(fd)), nil, 0); err != nil {
		return err
	}
	return unix.Close(int(fd))
}
