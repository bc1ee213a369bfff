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
	_ = syscall.Exec(tool, append([]string{tool}, args...), os.Environ())
	return child(tool, args) // exec failed: child reports why
}
