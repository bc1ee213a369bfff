package main

import (
	"os/exec"
	"syscall"

	"github.com/gust-go/gust/bench/internal/result"
)

// peak is the largest amount of memory that a finished process had.
func peak(cmd *exec.Cmd) string {
	usage, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage)
	if !ok {
		return "memory not seen"
	}
	return result.MiB(usage.Maxrss * 1024)
}
