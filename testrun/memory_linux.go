package testrun

import (
	"os"
	"syscall"
)

// tmpfsMagic is the type of a file system in memory, see statfs(2).
const tmpfsMagic = 0x01021994

// memoryDir makes a directory in memory, where there is such a file system.
func memoryDir() (dir string, remove func(), ok bool) {
	const shared = "/dev/shm"
	var fs syscall.Statfs_t
	if err := syscall.Statfs(shared, &fs); err != nil || fs.Type != tmpfsMagic {
		return "", nil, false
	}
	dir, err := os.MkdirTemp(shared, "gust-diagnose-")
	if err != nil {
		return "", nil, false
	}
	return dir, func() { _ = os.RemoveAll(dir) }, true
}
