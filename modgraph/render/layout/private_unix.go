//go:build unix

package layout

import (
	"io/fs"
	"os"
	"syscall"
)

// private reports whether a folder is the user's and closed to others.
func private(info fs.FileInfo) bool {
	stat, ok := info.Sys().(*syscall.Stat_t)
	return ok && int(stat.Uid) == os.Geteuid() && info.Mode().Perm()&0o077 == 0
}
