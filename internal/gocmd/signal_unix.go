//go:build unix

package gocmd

import (
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// forwarded are the signals that gust leaves to a running go command.
func forwarded() []os.Signal {
	return []os.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGQUIT, syscall.SIGHUP}
}

// reachesGroup reports whether a signal has already reached go because the
// terminal sends it to the whole foreground process group. A second copy
// would count as a second ^C for the programs that go runs.
func reachesGroup(sig os.Signal) bool {
	if sig != syscall.SIGINT && sig != syscall.SIGQUIT {
		return false
	}
	tty, err := os.Open("/dev/tty")
	if err != nil {
		return false // no controlling terminal: somebody meant gust alone
	}
	defer tty.Close()
	foreground, err := unix.IoctlGetInt(int(tty.Fd()), unix.TIOCGPGRP)
	return err == nil && foreground == unix.Getpgrp()
}

func interrupt(p *os.Process) error { return p.Signal(os.Interrupt) }

// killedBy returns the number of the signal that ended a process.
func killedBy(s *os.ProcessState) (int, bool) {
	status, ok := s.Sys().(syscall.WaitStatus)
	if !ok || !status.Signaled() {
		return 0, false
	}
	return int(status.Signal()), true
}
