//go:build unix

package cmd

import (
	"os"
	"syscall"
)

// watchSignals are those that a watch acts upon.
func watchSignals() []os.Signal {
	return []os.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGQUIT, syscall.SIGTSTP}
}

func isSuspend(sig os.Signal) bool { return sig == syscall.SIGTSTP }

// stopSelf stops this process as SIGTSTP would have, and returns when it goes on.
func stopSelf() { _ = syscall.Kill(os.Getpid(), syscall.SIGSTOP) }

func signalNumber(sig os.Signal) int {
	if n, ok := sig.(syscall.Signal); ok {
		return int(n)
	}
	return int(syscall.SIGINT)
}
