//go:build unix

package cache

import (
	"io/fs"
	"syscall"
)

// inodeOf describes the file behind a name. Blocks are of 512 bytes on every
// Unix, whatever the file system's are.
func inodeOf(_ string, info fs.FileInfo) inode {
	st, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return inode{links: 1, disk: info.Size()}
	}
	return inode{
		id:    inodeID{uint64(st.Dev), uint64(st.Ino)},
		links: uint64(st.Nlink),
		disk:  int64(st.Blocks) * 512,
	}
}
