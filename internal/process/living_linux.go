package process

import (
	"bytes"
	"os"
	"path/filepath"
	"strconv"
)

// onlyZombies reports whether all processes of a group have ended and merely
// wait for being waited for. Process 1 should do that at once when their parent
// is gone, but in many containers it does so seconds later, or never.
func onlyZombies(group int) bool {
	names, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil || len(names) == 0 {
		return false
	}
	for _, name := range names {
		b, err := os.ReadFile(name)
		if err != nil {
			continue // gone
		}
		// "pid (comm) state ppid pgrp …", where comm may have parentheses, see
		// proc_pid_stat(5).
		fields := bytes.Fields(b[bytes.LastIndexByte(b, ')')+1:])
		if len(fields) < 3 {
			return false
		}
		if pgrp, err := strconv.Atoi(string(fields[2])); err != nil || pgrp == group && fields[0][0] != 'Z' && fields[0][0] != 'X' {
			return false
		}
	}
	return true
}
