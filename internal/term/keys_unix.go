//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package term

import (
	"errors"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

type mode = unix.Termios

// foreground reports whether the terminal listens to this job. Touching the
// settings from the background would stop the process.
func foreground(f *os.File) bool {
	group, err := unix.IoctlGetInt(int(f.Fd()), unix.TIOCGPGRP)
	return err == nil && group == unix.Getpgrp()
}

// singleKeys switches line editing and echo off, and nothing else: x/term's raw
// mode would also change how the output of programs looks.
func singleKeys(f *os.File) (*mode, error) {
	old, err := unix.IoctlGetTermios(int(f.Fd()), getTermios)
	if err != nil {
		return nil, err
	}
	now := *old
	now.Lflag &^= unix.ICANON | unix.ECHO
	now.Cc[unix.VMIN], now.Cc[unix.VTIME] = 1, 0
	return old, unix.IoctlSetTermios(int(f.Fd()), setTermios, &now)
}

// awaitKey waits for a key. Reading while the job is in the background would stop
// it, so that a run which ^Z and bg have put there would not go on.
func awaitKey(f *os.File) bool {
	for {
		fds := []unix.PollFd{{Fd: int32(f.Fd()), Events: unix.POLLIN}}
		_, err := unix.Poll(fds, -1)
		switch {
		case errors.Is(err, unix.EINTR):
		case err != nil:
			return false
		case foreground(f) || fds[0].Revents&unix.POLLIN == 0:
			return true
		default: // it is another's
			time.Sleep(100 * time.Millisecond)
		}
	}
}

// restore may come too late: the terminal can be gone.
func restore(f *os.File, old *mode) {
	if foreground(f) {
		_ = unix.IoctlSetTermios(int(f.Fd()), setTermios, old)
	}
}
