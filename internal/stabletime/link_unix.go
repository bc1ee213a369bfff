//go:build unix

package stabletime

import (
	"os"
	"path"
	"time"

	"golang.org/x/sys/unix"
)

// link gives a symbolic link the time of where it leads: go looks at links, too.
func (s *setter) link(name string) error {
	to, err := s.root.Readlink(name)
	if err != nil {
		return err
	}
	dir, err := s.root.Open(path.Dir(name))
	if err != nil {
		return err
	}
	defer dir.Close()
	info, err := s.root.Lstat(name)
	if err != nil {
		return err
	}
	t := of("link", []byte(to))
	if !info.ModTime().Equal(t) {
		if err := lutimes(dir, path.Base(name), t); err != nil {
			return err
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.result.Files++
	if !info.ModTime().Equal(t) {
		s.result.Changed++
	}
	return nil
}

// lutimes changes the time of a link itself.
func lutimes(dir *os.File, name string, t time.Time) error {
	ts := unix.NsecToTimespec(t.UnixNano())
	return os.NewSyscallError("utimensat", unix.UtimesNanoAt(int(dir.Fd()), name, []unix.Timespec{ts, ts}, unix.AT_SYMLINK_NOFOLLOW))
}
