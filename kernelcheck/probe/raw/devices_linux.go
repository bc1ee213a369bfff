package raw

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"os"
	"strings"
	"syscall"
)

// checkExtension asks KVM for capabilities.
func checkExtension(numbers ...uintptr) ([]int, Outcome) {
	f, err := os.OpenFile("/dev/kvm", os.O_RDWR, 0)
	if err != nil {
		return nil, procTrouble(err)
	}
	defer f.Close()
	values := make([]int, len(numbers))
	for i, n := range numbers {
		r, _, errno := syscall.Syscall(syscall.SYS_IOCTL, f.Fd(), 0xae03, n)
		if errno != 0 {
			return nil, fail("ioctl KVM_CHECK_EXTENSION", errno)
		}
		values[i] = int(r)
	}
	return values, Outcome{}
}

func kvmDirtyLog() Outcome {
	v, out := checkExtension(168)
	if v == nil {
		return out
	}
	if v[0] == 0 {
		return no("KVM_CAP_MANUAL_DIRTY_LOG_PROTECT2 is 0")
	}
	return yes("KVM_CAP_MANUAL_DIRTY_LOG_PROTECT2 is %d", v[0])
}

func kvmDirtyRing() Outcome {
	v, out := checkExtension(192, 223, 225)
	if v == nil {
		return out
	}
	text := fmt.Sprintf("KVM_CAP_DIRTY_LOG_RING is %d, _ACQ_REL %d, _WITH_BITMAP %d", v[0], v[1], v[2])
	if v[0] == 0 && v[1] == 0 {
		return no("%s", text)
	}
	return yes("%s", text)
}

// vdsoGetrandom looks for the symbol in the vDSO of this process.
func vdsoGetrandom() Outcome {
	data, err := vdso()
	switch {
	case err != nil:
		return procTrouble(err)
	case data == nil:
		return no("the process has no vDSO")
	case bytes.Contains(data, []byte("__vdso_getrandom\x00")), bytes.Contains(data, []byte("__kernel_getrandom\x00")):
		return yes("")
	}
	return no("the vDSO has no getrandom")
}

// vdso reads the vDSO that the kernel mapped; nil means there is none.
func vdso() ([]byte, error) {
	maps, err := os.Open("/proc/self/maps")
	if err != nil {
		return nil, err
	}
	defer maps.Close()
	s := bufio.NewScanner(maps)
	for s.Scan() {
		if !strings.HasSuffix(s.Text(), "[vdso]") {
			continue
		}
		var start, end int64
		if _, err := fmt.Sscanf(s.Text(), "%x-%x ", &start, &end); err != nil || end-start > 1<<20 {
			return nil, errors.New("/proc/self/maps has a strange vDSO")
		}
		mem, err := os.Open("/proc/self/mem")
		if err != nil {
			return nil, err
		}
		defer mem.Close()
		data := make([]byte, end-start)
		_, err = mem.ReadAt(data, start)
		return data, err
	}
	return nil, s.Err()
}

// nobody is the user that stands for one without privilege.
const nobody = 65534

// userns makes a user namespace as a user without privilege: root, who always
// may, first becomes nobody in a process of its own.
func userns() Outcome {
	self := "/proc/self/exe"
	if _, err := os.Stat(self); err != nil {
		return procTrouble(err)
	}
	if os.Geteuid() == 0 {
		return usernsAsNobody(self)
	}
	status, err := start(self, []string{self, Command, private}, nil, &syscall.SysProcAttr{
		Cloneflags:  syscall.CLONE_NEWUSER | syscall.CLONE_NEWNS,
		UidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Geteuid(), Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getegid(), Size: 1}},
	})
	switch {
	case err != nil:
		return fail("clone with CLONE_NEWUSER and uid_map", err)
	case status.Exited() && status.ExitStatus() != 0:
		return fail("mount in the new namespace", syscall.Errno(status.ExitStatus()))
	case status.Signaled():
		return Outcome{Trouble: fmt.Sprintf("the process in the namespace ended with status %d", status)}
	}
	return yes("made by uid %d", os.Geteuid())
}

// makePrivate changes the mount of / in a namespace of its own, and returns the
// number of the error.
func makePrivate() int {
	var errno syscall.Errno
	if err := syscall.Mount("", "/", "", syscall.MS_PRIVATE|syscall.MS_REC, ""); errors.As(err, &errno) {
		return int(errno)
	}
	return 0
}

// usernsAsNobody lets nobody make the namespace and passes the answer on.
func usernsAsNobody(self string) Outcome {
	r, w, err := os.Pipe()
	if err != nil {
		return procTrouble(err)
	}
	defer r.Close()
	_, err = start(self, []string{self, Command, "userns"}, w, &syscall.SysProcAttr{
		Credential: &syscall.Credential{Uid: nobody, Gid: nobody},
	})
	_ = w.Close()
	if err != nil {
		return Outcome{Trouble: fmt.Sprintf("become uid %d: %v", nobody, err)}
	}
	return lastOutcome(r)
}

// start runs a process to its end.
func start(path string, args []string, stdout *os.File, attr *syscall.SysProcAttr) (syscall.WaitStatus, error) {
	files := []uintptr{0, 0, 0}
	null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	if err != nil {
		return 0, syscall.ENOENT
	}
	defer null.Close()
	for i := range files {
		files[i] = null.Fd()
	}
	if stdout != nil {
		files[1] = stdout.Fd()
	}
	pid, err := syscall.ForkExec(path, args, &syscall.ProcAttr{Env: []string{}, Files: files, Sys: attr})
	if err != nil {
		return 0, err
	}
	var status syscall.WaitStatus
	for {
		if _, err := syscall.Wait4(pid, &status, 0, nil); err != syscall.EINTR {
			return status, err
		}
	}
}
