package astcache

import "golang.org/x/sys/unix"

// remote reports whether a path is on a file system that others write to, or
// that answers stat from a cache of its own: then stat can show an older state
// than the file has when it is opened.
func remote(path string) bool {
	var st unix.Statfs_t
	if err := unix.Statfs(path, &st); err != nil {
		return true
	}
	switch uint32(st.Type) {
	case unix.EXT4_SUPER_MAGIC, unix.XFS_SUPER_MAGIC, unix.BTRFS_SUPER_MAGIC, unix.TMPFS_MAGIC,
		unix.OVERLAYFS_SUPER_MAGIC, unix.F2FS_SUPER_MAGIC, unix.RAMFS_MAGIC, unix.REISERFS_SUPER_MAGIC,
		unix.SQUASHFS_MAGIC, unix.ECRYPTFS_SUPER_MAGIC, zfsMagic, bcachefsMagic:
		return false
	}
	return true
}

// File systems that golang.org/x/sys has no names for.
const (
	zfsMagic      = 0x2fc12fc1
	bcachefsMagic = 0xca451a4e
)
