//go:build linux || darwin

package astcache

import (
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// An Alone tells whether builds by gust that write the same files overlapped.
// If they did, nobody can say whose result is in place. Each build adds a byte
// to a file that stands for the output and holds a shared lock on it to its end.
type Alone struct {
	f     *os.File
	size  int64 // after this build's byte
	first bool  // no other was running
}

// Begin notes the start of a build. The file is one of gust's own.
func Begin(file string) *Alone {
	if err := os.MkdirAll(filepath.Dir(file), 0o777); err != nil {
		return nil
	}
	f, err := os.OpenFile(file, os.O_APPEND|os.O_CREATE|os.O_RDWR, 0o666)
	if err != nil {
		return nil
	}
	a := &Alone{f: f}
	a.first = a.lock(unix.LOCK_EX|unix.LOCK_NB) == nil
	_, err = f.Write([]byte{'.'})
	if err == nil && a.first {
		a.size = a.now()
	}
	if a.lock(unix.LOCK_SH|unix.LOCK_NB) != nil {
		a.first = false // the other has just begun
	}
	return a
}

// Was reports whether no other build has run since Begin, nor when it began.
func (a *Alone) Was() bool {
	return a != nil && a.first && a.lock(unix.LOCK_EX|unix.LOCK_NB) == nil && a.size > 0 && a.now() == a.size
}

// End lets go of the file.
func (a *Alone) End() {
	if a != nil {
		_ = a.f.Close()
	}
}

func (a *Alone) lock(how int) error {
	return ignoringEINTR(func() error { return unix.Flock(int(a.f.Fd()), how) })
}

func (a *Alone) now() int64 {
	info, err := a.f.Stat()
	if err != nil {
		return 0
	}
	return info.Size()
}
