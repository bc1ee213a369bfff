//go:build darwin || freebsd || netbsd || openbsd || dragonfly

package cmd

import (
	"os"
	"syscall"
)

// statusSignals make gust test say which tests are running. SIGINFO is ^T.
func statusSignals() []os.Signal { return []os.Signal{syscall.SIGUSR1, syscall.SIGINFO} }
