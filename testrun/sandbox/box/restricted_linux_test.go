package box

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"unsafe"
)

// Systems that withhold something: as containers do by a filter that answers
// system calls with an error, as AppArmor does by capabilities that are none, and
// as an administrator does.
const (
	likeDocker   = "docker"
	likeAppArmor = "apparmor"
	likeAdmin    = "admin"
	noLandlock   = "docker, no Landlock"
	noNotify     = "docker, old kernel"
)

// newNamespaces are the flags of clone and unshare that make some.
const newNamespaces = syscall.CLONE_NEWUSER | syscall.CLONE_NEWNS | syscall.CLONE_NEWPID | syscall.CLONE_NEWNET | syscall.CLONE_NEWIPC | syscall.CLONE_NEWUTS | 0x02000000

// restrictedMain becomes another program under restrictions.
func restrictedMain(kind string, argv []string) error {
	runtime.LockOSThread()
	if kind == likeAdmin {
		return withoutNamespaces(argv)
	}
	// The default profile of Docker, as far as it matters here: clone3 does not
	// exist, since a filter cannot look at its flags.
	const perm, noSys = uint32(0x50000 | syscall.EPERM), uint32(0x50000 | syscall.ENOSYS)
	mounting := []uint32{syscall.SYS_MOUNT, syscall.SYS_UMOUNT2, syscall.SYS_PIVOT_ROOT, sysOpenTree, sysMoveMount, sysMountSetattr, 430, 432, syscall.SYS_SETHOSTNAME, syscall.SYS_SETDOMAINNAME}
	f := filter{stmt(bpfLoad, dataNr)}
	answer := func(nr, with uint32) { f = append(f, jump(bpfEq, nr, 0, 1), stmt(bpfRet, with)) }
	for _, nr := range mounting {
		answer(nr, map[bool]uint32{true: 0x50000 | uint32(syscall.EACCES), false: perm}[kind == likeAppArmor])
	}
	if kind != likeAppArmor {
		answer(syscall.SYS_UNSHARE, perm)
		answer(308, perm) // setns
		answer(435, noSys)
		f = append(f, jump(bpfEq, syscall.SYS_CLONE, 0, 4),
			stmt(bpfLoad, dataArgs), jump(bpfSet, newNamespaces, 0, 1),
			stmt(bpfRet, perm), stmt(bpfRet, retAllow))
	}
	if kind == noLandlock {
		answer(sysLandlockCreate, noSys)
	}
	if kind == noNotify {
		answer(sysSeccomp, noSys)
	}
	f = append(f, stmt(bpfRet, retAllow))
	return enterFilter(f, argv)
}

// enterFilter is with prctl, as seccomp(2) may be what is withheld.
func enterFilter(f filter, argv []string) error {
	const prSetSeccomp, modeFilter = 22, 2
	if _, _, errno := syscall.RawSyscall6(syscall.SYS_PRCTL, prSetNoNewPrivs, 1, 0, 0, 0, 0); errno != 0 {
		return errno
	}
	prog := syscall.SockFprog{Len: uint16(len(f)), Filter: &f[0]}
	if _, _, errno := syscall.RawSyscall(syscall.SYS_PRCTL, prSetSeccomp, modeFilter, uintptr(unsafe.Pointer(&prog))); errno != 0 {
		return errno
	}
	return syscall.Exec(argv[0], argv, os.Environ())
}

// withoutNamespaces is a user namespace of the same user in which there can be no
// other: what the machine has set is not touched.
func withoutNamespaces(argv []string) error {
	if os.Getenv("GUST_TEST_NESTED") != "" {
		if err := os.WriteFile("/proc/sys/user/max_user_namespaces", []byte("0"), 0); err != nil {
			return err
		}
		if err := clearAmbient(); err != nil {
			return err
		}
		return syscall.Exec(argv[0], argv, os.Environ())
	}
	cmd := exec.Command("/proc/self/exe", append([]string{"helper", "restricted", likeAdmin}, argv...)...)
	cmd.Env = append(os.Environ(), "GUST_TEST_NESTED=1")
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	id := []syscall.SysProcIDMap{{ContainerID: os.Getuid(), HostID: os.Getuid(), Size: 1}}
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWUSER, UidMappings: id, GidMappings: id, Pdeathsig: syscall.SIGKILL}
	if os.Getuid() != 0 {
		cmd.SysProcAttr.AmbientCaps = capabilities()
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	err := cmd.Wait()
	var exited *exec.ExitError
	if errors.As(err, &exited) {
		os.Exit(exited.ExitCode())
	}
	return err
}

// TestRestricted: on a system that withholds something a test runs one rung lower,
// says why, and does not run if that is too low.
func TestRestricted(t *testing.T) {
	if runtime.GOARCH != "amd64" {
		t.Skip("SKIPPED: the numbers of system calls are amd64's")
	}
	for _, test := range []struct {
		kind   string
		level  Level
		reason string
	}{
		{likeDocker, Landlock, "make namespaces: operation not permitted"},
		{likeAppArmor, Landlock, "permission denied"},
		{likeAdmin, Landlock, "make namespaces: no space left on device"},
		{noLandlock, Basic, "Landlock: function not implemented"},
		{noNotify, Basic, "listen to system calls: function not implemented"},
	} {
		for _, uid := range users() {
			t.Run(fmt.Sprintf("%s,uid=%d", test.kind, uid), func(t *testing.T) {
				t.Parallel()
				l := newLab(t)
				l.giveTo(uid)
				l.spec.Root = uid == 0 && test.kind != likeAdmin
				l.restriction = test.kind
				for _, least := range []Level{"", Landlock, Full} {
					l.spec.Least = least
					out, code, r := l.execAs(uid, "/bin/sh", "-c", "echo ran as $(id -u); cat kept; exit 3")
					want, runs := fmt.Sprintf("ran as %d\nbefore", uid), least == "" || test.level.AtLeast(least)
					if strings.Contains(out, want) != runs || r.Ran != runs || least != Full && !strings.Contains(r.Error, test.reason) {
						t.Errorf("least %q: status %d, %+v: %s", least, code, r, out)
					}
					if runs && (code != 3 || r.Level != test.level) || !runs && code != ErrorCode {
						t.Errorf("least %q: status %d at level %q", least, code, r.Level)
					}
				}
				left, err := filepath.Glob(filepath.Join(l.spec.Dir, "*", tmpLink))
				if err != nil || len(left) > 0 {
					t.Errorf("left %q", left)
				}
			})
		}
	}
}
