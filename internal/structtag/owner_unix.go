//go:build unix

package structtag

import (
	"io/fs"
	"os"
	"syscall"
)

// own gives f the owner that info has. Only root can, and for others the
// owner is nearly always right already.
func own(f *os.File, info fs.FileInfo) {
	if st, ok := info.Sys().(*syscall.Stat_t); ok {
		_ = f.Chown(int(st.Uid), int(st.Gid))
	}
}
