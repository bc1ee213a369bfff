//go:build unix

package process

import (
	"os"
	"os/exec"
	"strconv"
	"syscall"
)

// guard starts a process that runs [Guard] for a group. The function that is
// returned relieves it. Without one the group merely outlives this process
// should it be killed, so errors are nobody's concern.
func guard(argv []string, group int) (relieve func()) {
	nothing := func() {}
	if len(argv) == 0 {
		return nothing
	}
	r, w, err := os.Pipe()
	if err != nil {
		return nothing
	}
	cmd := exec.Command(argv[0], append(argv[1:len(argv):len(argv)], strconv.Itoa(group))...)
	cmd.Stdin = r
	// No signal of the terminal's is meant for it.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	err = cmd.Start()
	r.Close()
	if err != nil {
		w.Close()
		return nothing
	}
	return func() {
		_, _ = w.Write([]byte{'.'})
		_ = w.Close()
		_ = cmd.Wait()
	}
}

func killGroup(group int) { _ = syscall.Kill(-group, syscall.SIGKILL) }
