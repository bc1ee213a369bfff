//go:build unix

package process

import (
	"os"
	"os/exec"
	"syscall"
)

// own gives the program a process group of its own. The terminal's ^C does not
// reach it then: ending it is up to Stop.
func own(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	dieWithParent(cmd.SysProcAttr)
}

// The group has the number of the program that was its first member. It may be
// gone already, which is nobody's error.

func ask(p *os.Process) {
	_ = syscall.Kill(-p.Pid, syscall.SIGTERM)
	// A program that was stopped would not notice.
	_ = syscall.Kill(-p.Pid, syscall.SIGCONT)
}

func kill(p *os.Process) { _ = syscall.Kill(-p.Pid, syscall.SIGKILL) }

func groupLives(p *os.Process) bool {
	return syscall.Kill(-p.Pid, 0) == nil && !onlyZombies(p.Pid)
}
