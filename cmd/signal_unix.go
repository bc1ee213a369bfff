//go:build unix && !darwin && !freebsd && !netbsd && !openbsd && !dragonfly

package cmd

import (
	"os"
	"syscall"
)

// statusSignals make gust test say which tests are running.
func statusSignals() []os.Signal { return []os.Signal{syscall.SIGUSR1} }
