package cache

import (
	"io/fs"

	"golang.org/x/sys/windows"
)

// cluster is NTFS's usual unit of allocation.
const cluster = 4096

// inodeOf describes the file behind a name, which takes a handle on Windows.
func inodeOf(path string, info fs.FileInfo) inode {
	node := inode{links: 1, disk: (info.Size() + cluster - 1) / cluster * cluster}
	name, err := windows.UTF16PtrFromString(path)
	if err != nil {
		return node
	}
	h, err := windows.CreateFile(name, 0,
		windows.FILE_SHARE_READ|windows.FILE_SHARE_WRITE|windows.FILE_SHARE_DELETE, nil, windows.OPEN_EXISTING,
		windows.FILE_FLAG_BACKUP_SEMANTICS|windows.FILE_FLAG_OPEN_REPARSE_POINT, 0)
	if err != nil {
		return node
	}
	defer windows.CloseHandle(h)
	var d windows.ByHandleFileInformation
	if windows.GetFileInformationByHandle(h, &d) == nil {
		node.id = inodeID{uint64(d.VolumeSerialNumber), uint64(d.FileIndexHigh)<<32 | uint64(d.FileIndexLow)}
		node.links = uint64(d.NumberOfLinks)
	}
	return node
}
