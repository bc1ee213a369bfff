//go:build amd64 || arm64

package trace

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
	"syscall"

	"github.com/cilium/ebpf/ringbuf"
	"golang.org/x/sys/unix"
)

const (
	numPrctl  = unix.SYS_PRCTL
	numOpenat = unix.SYS_OPENAT
)

// A record is what the program on sys_exit sends.
type record struct {
	Number, PID      uint64
	Arg0, Arg1, Arg2 uint64
	Ret              int64
	Path             [pathLen]byte
}

// A call is a system call to look at.
type call struct {
	number uint32
	name   string
	// look says what of a call is worth telling; keep is false for calls that
	// are not. nil keeps all.
	look func(r record) (detail, rule string, keep bool)
	rule string
}

// watched are the system calls that rules are about.
func watched() []call {
	return []call{
		{unix.SYS_SOCKET, "socket", socketUse, ""},
		{unix.SYS_OPENAT, "openat", openUse, ""},
		{unix.SYS_IOCTL, "ioctl", ioctlUse, ""},
		{unix.SYS_MADVISE, "madvise", madviseUse, ""},
		{unix.SYS_CLONE, "clone", cloneUse, ""},
		{unix.SYS_CLONE3, "clone3", nil, "CLONE3-EPERM"},
		{unix.SYS_UNSHARE, "unshare", nil, "USERNS"},
		{unix.SYS_GETRANDOM, "getrandom", nil, "VGETRANDOM"},
		{unix.SYS_PIDFD_OPEN, "pidfd_open", nil, "PIDFD-NONE"},
		{unix.SYS_PIDFD_SEND_SIGNAL, "pidfd_send_signal", nil, "PIDFD-NONE"},
		{unix.SYS_USERFAULTFD, "userfaultfd", nil, "SOFT-DIRTY"},
		{unix.SYS_OPENAT2, "openat2", nil, ""},
		{unix.SYS_IO_URING_SETUP, "io_uring_setup", nil, "IO-URING-OFF"},
		{unix.SYS_MEMFD_SECRET, "memfd_secret", nil, ""},
		{unix.SYS_COPY_FILE_RANGE, "copy_file_range", nil, "CFR-OLD"},
		{unix.SYS_PTRACE, "ptrace", nil, "PTRACE"},
		{unix.SYS_BPF, "bpf", nil, "BPF-UNPRIV"},
		{unix.SYS_SECCOMP, "seccomp", nil, ""},
		{unix.SYS_LANDLOCK_CREATE_RULESET, "landlock_create_ruleset", nil, ""},
		{unix.SYS_PRLIMIT64, "prlimit64", rlimitUse, ""},
	}
}

func socketUse(r record) (string, string, bool) {
	if r.Arg2 == 262 {
		return "MPTCP", "MPTCP", true
	}
	return "", "", false
}

func openUse(r record) (string, string, bool) {
	path, _, _ := bytes.Cut(r.Path[:], []byte{0})
	switch s := string(path); {
	case strings.HasSuffix(s, "/clear_refs"):
		return s, "SOFT-DIRTY", true
	case strings.HasSuffix(s, "/pagemap"):
		return s, "SOFT-DIRTY", true
	case s == "/dev/userfaultfd":
		return s, "SOFT-DIRTY", true
	case s == "/dev/kvm":
		return s, "", true
	}
	return "", "", false
}

func ioctlUse(r record) (string, string, bool) {
	if r.Arg1 == 0xc0606610 {
		return "PAGEMAP_SCAN", "SOFT-DIRTY", true
	}
	return "", "", false
}

func madviseUse(r record) (string, string, bool) {
	switch r.Arg2 {
	case unix.MADV_HUGEPAGE:
		return "MADV_HUGEPAGE", "THP-STALL", true
	case unix.MADV_COLLAPSE:
		return "MADV_COLLAPSE", "THP-STALL", true
	}
	return "", "", false
}

func cloneUse(r record) (string, string, bool) {
	switch {
	case r.Arg0&unix.CLONE_NEWUSER != 0:
		return "CLONE_NEWUSER", "USERNS", true
	case r.Arg0&unix.CLONE_PIDFD != 0:
		return "CLONE_PIDFD", "PIDFD-NONE", true
	}
	return "", "", false
}

func rlimitUse(r record) (string, string, bool) {
	return "RLIMIT_NOFILE set", "NOFILE", r.Arg1 == unix.RLIMIT_NOFILE && r.Arg2 != 0
}

// A tally sums up uses by name and detail.
type tally map[[2]string]*Use

// collect reads records until the ring buffer is flushed.
func collect(reader *ringbuf.Reader) tally {
	t := make(tally)
	calls := make(map[uint32]call)
	for _, c := range watched() {
		calls[c.number] = c
	}
	for {
		sample, err := reader.Read()
		if err != nil { // flushed or closed
			return t
		}
		var r record
		if binary.Read(bytes.NewReader(sample.RawSample), binary.NativeEndian, &r) == nil {
			t.add(calls[uint32(r.Number)], r)
		}
	}
}

func (t tally) add(c call, r record) {
	detail, rule := "", c.rule
	if c.look != nil {
		keep := false
		if detail, rule, keep = c.look(r); !keep {
			return
		}
	}
	key := [2]string{c.name, detail}
	u := t[key]
	if u == nil {
		u = &Use{Name: c.name, Detail: detail, Rule: rule}
		t[key] = u
	}
	u.Count++
	if r.Ret < 0 {
		u.Failed++
		if text := errorName(-r.Ret); !slices.Contains(u.Errors, text) {
			u.Errors = append(u.Errors, text)
		}
	}
}

func errorName(n int64) string {
	if name := unix.ErrnoName(syscall.Errno(n)); name != "" {
		return name
	}
	return fmt.Sprintf("error %d", n)
}

func (t tally) sorted() []Use {
	var list []Use
	for _, u := range t {
		list = append(list, *u)
	}
	slices.SortFunc(list, func(a, b Use) int { return strings.Compare(a.Name+" "+a.Detail, b.Name+" "+b.Detail) })
	return list
}
