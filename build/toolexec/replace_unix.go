//go:build unix

package toolexec

import (
	"os"
	"syscall"

	"github.com/gust-go/gust/internal/profile"
)

// replace runs the tool in place of this process, unless that has a profile to
// write at its end.
func replace(tool string, args []string) int {
	if profile.Wanted() {
		return child(tool, args)
	}
	return replaceAs(tool, append([]string{tool}, args...))
}

// replaceAs runs an executable in place of this process. The first argument is
// what it calls itself.
func replaceAs(path string, args []string) int {
	_ = syscall.Exec(path, args, os.Environ())
	return child(path, args[1:]) // exec failed: child reports why
}
