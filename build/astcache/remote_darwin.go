package astcache

import "golang.org/x/sys/unix"

// remote reports whether a path is on a file system that others write to.
func remote(path string) bool {
	var st unix.Statfs_t
	return unix.Statfs(path, &st) != nil || st.Flags&unix.MNT_LOCAL == 0
}
