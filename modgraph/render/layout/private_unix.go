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

// guarded reports whether nobody but the user and root can rename what is in
// a folder: it is theirs and closed to others, or sticky as /tmp is.
func guarded(info fs.FileInfo) bool {
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok || int(stat.Uid) != os.Geteuid() && stat.Uid != 0 {
		return false
	}
	return info.Mode().Perm()&0o022 == 0 || info.Mode()&fs.ModeSticky != 0
}
