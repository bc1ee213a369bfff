package main

import (
	"os"
	"syscall"
)

// peakOf is the peak memory in bytes of a process that has ended.
func peakOf(s *os.ProcessState) int64 {
	if usage, ok := s.SysUsage().(*syscall.Rusage); ok {
		return usage.Maxrss << 10
	}
	return 0
}
