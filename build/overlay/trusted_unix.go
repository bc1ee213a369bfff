//go:build unix

package overlay

import (
	"io/fs"
	"os"
	"syscall"
)

// Trusted reports whether only the user, or someone the user's umask and
// groups admit, can have put files into the directory. Go runs what its cache
// holds.
func Trusted(info fs.FileInfo) bool {
	if info.Mode().Perm()&0o002 == 0 {
		return true
	}
	st, ok := info.Sys().(*syscall.Stat_t)
	return ok && int(st.Uid) == os.Geteuid()
}
