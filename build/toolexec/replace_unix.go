//go:build unix

package toolexec

import (
	"os"
	"syscall"
)

// replace runs the tool in place of this process.
func replace(tool string, args []string) int {
	_ = syscall.Exec(tool, append([]string{tool}, args...), os.Environ())
	return child(tool, args) // exec failed: child reports why
}
