//go:build linux || darwin

package astcache

import (
	"errors"
	"io/fs"

	"golang.org/x/sys/unix"
)

// Supported reports whether stat says enough on this system: the inode, and
// the time of its last change, which nobody can set back.
const Supported = true

// look is what stat says about one path.
type look struct {
	digest       uint64 // 0 if there is nothing
	changed      int64  // when anything about it changed last, in ns since 1970
	dir, regular bool
	size         int64
	coarse       bool // the times are whole seconds
}

// kind is what Mode Kind tells apart.
func (l look) kind() uint64 {
	switch {
	case l.digest == 0:
		return kindNone
	case l.dir:
		return kindDir
	}
	return kindFile
}

// statPath looks at a path, through symbolic links. What cannot be looked at
// is an error, what is not there is not.
func statPath(path string) (look, error) {
	var st unix.Stat_t
	return lookAt(&st, ignoringEINTR(func() error { return unix.Stat(path, &st) }))
}

// lstatPath does not follow a link.
func lstatPath(path string) (look, error) {
	var st unix.Stat_t
	return lookAt(&st, ignoringEINTR(func() error { return unix.Lstat(path, &st) }))
}

// An opened directory, for looking at many files in it.
type dirFD int

func openDir(path string) (dirFD, look, error) {
	var st unix.Stat_t
	fd := -1
	err := ignoringEINTR(func() (err error) {
		fd, err = unix.Open(path, openFlags, 0)
		return err
	})
	if err != nil {
		l, err := lookAt(&st, err)
		return -1, l, err
	}
	l, err := lookAt(&st, unix.Fstat(fd, &st))
	if err != nil {
		_ = unix.Close(fd)
		return -1, look{}, err
	}
	return dirFD(fd), l, nil
}

func (d dirFD) stat(name string) (look, error) {
	var st unix.Stat_t
	return lookAt(&st, ignoringEINTR(func() error { return unix.Fstatat(int(d), name, &st, 0) }))
}

func (d dirFD) close() { _ = unix.Close(int(d)) }

func ignoringEINTR(f func() error) error {
	for {
		if err := f(); err != unix.EINTR {
			return err
		}
	}
}

func lookAt(st *unix.Stat_t, err error) (look, error) {
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, unix.ENOTDIR) {
		return look{}, nil
	}
	if err != nil {
		return look{}, err
	}
	mtime, ctime := st.Mtim.Nano(), st.Ctim.Nano()
	h := uint64(14695981039346656037)
	for _, w := range [...]uint64{
		uint64(st.Dev), st.Ino, uint64(st.Mode), uint64(st.Size), uint64(mtime), uint64(ctime),
	} {
		// A multiplication that mixes upwards and a shift that mixes downwards.
		h = (h ^ w) * 0x9E3779B97F4A7C15
		h ^= h >> 29
	}
	if h == 0 {
		h = 1 // 0 means nothing is there
	}
	return look{
		digest:  h,
		changed: ctime,
		dir:     st.Mode&unix.S_IFMT == unix.S_IFDIR,
		regular: st.Mode&unix.S_IFMT == unix.S_IFREG,
		size:    st.Size,
		coarse:  mtime%1e9 == 0 && ctime%1e9 == 0,
	}, nil
}
