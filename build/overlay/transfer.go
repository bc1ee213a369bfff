package overlay

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

const (
	// tempName is a directory for files that are renamed when complete. They
	// must not lie beside an executable: cmd/go refuses a "-d" directory with
	// two files (OutputFile).
	tempName = "gust-tmp"
	// tempAge is how old a file there must be to belong to nobody any more.
	tempAge = time.Hour
	// fresh is how recently a data file must have been written for somebody
	// to be still at it.
	fresh = time.Minute
)

// errAgain means that a directory cannot be recorded as done.
var errAgain = errors.New("incomplete")

// skip counts something left alone. What has vanished is not worth counting:
// trimming goes on at any time.
func (s *syncer) skip(err error) {
	if !errors.Is(err, fs.ErrNotExist) {
		s.count(func(st *Stats) { st.Skipped++ })
	}
}

// place links src, the content of which has the given hash, to dst, or copies
// it if that is impossible. A dst that exists is left as it is.
func (s *syncer) place(src, dst string, hash [32]byte) error {
	err := s.link(src, dst)
	switch {
	case err == nil:
		s.count(func(st *Stats) { st.Linked++ })
		return nil
	case errors.Is(err, fs.ErrExist):
		return nil
	case errors.Is(err, fs.ErrNotExist):
		if _, err := os.Lstat(src); err != nil {
			return nil // trimmed meanwhile
		}
		return errAgain // it is our directory that was removed
	}
	// Another file system, one without links, too many links, or a file of
	// another user (fs.protected_hardlinks): each system has its own errors
	// for these, and the copy shows whether it was something else.
	return s.copyData(src, dst, hash)
}

// copyData copies a data file so that dst appears complete or not at all.
func (s *syncer) copyData(src, dst string, hash [32]byte) error {
	in, info, err := openRegular(src)
	if err != nil {
		s.skip(err)
		return nil
	}
	defer in.Close()
	out, err := s.tempFile()
	if err != nil {
		return err
	}
	defer os.Remove(out.Name()) // fails once it is renamed
	h := sha256.New()
	n, err := io.Copy(io.MultiWriter(out, h), in)
	if err == nil {
		err = out.Chmod(info.Mode().Perm())
	}
	if closeErr := out.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		return err
	}
	if [32]byte(h.Sum(nil)) != hash {
		// A link would see the rest being written, a copy does not.
		s.skip(errEntry)
		return s.againIfFresh(info)
	}
	if err := moveInto(out.Name(), dst, info.ModTime()); err != nil {
		return err
	}
	s.count(func(st *Stats) { st.Copied++; st.Bytes += n })
	return nil
}

// againIfFresh returns errAgain if somebody may be writing the file.
func (s *syncer) againIfFresh(info fs.FileInfo) error {
	if s.now().Sub(info.ModTime()) < fresh {
		return errAgain
	}
	return nil
}

// executable brings over a cached executable, a directory holding one file
// whose name is up to cmd/go (PutExecutable).
func (s *syncer) executable(src, dst string, hash [32]byte) error {
	info, err := os.Lstat(src)
	if err != nil {
		return nil
	}
	files, err := os.ReadDir(src)
	if err == nil && len(files) == 0 {
		return s.againIfFresh(info) // cmd/go is between mkdir and create
	}
	if err != nil || len(files) != 1 || !files[0].Type().IsRegular() {
		s.skip(errEntry)
		return nil
	}
	if err := os.Mkdir(dst, 0o777); errors.Is(err, fs.ErrExist) {
		// What is there stays, be it a file, unless a kill has left it empty.
		if have, err := os.ReadDir(dst); err != nil || len(have) > 0 {
			return nil
		}
	} else if err != nil {
		return err
	}
	name := files[0].Name()
	if err := s.place(filepath.Join(src, name), filepath.Join(dst, name), hash); err != nil {
		return err
	}
	// Only the directory's mtime counts for trimming, and only it is marked.
	return os.Chtimes(dst, info.ModTime(), info.ModTime())
}

// openRegular opens a regular file and does not follow a symbolic link.
func openRegular(name string) (*os.File, fs.FileInfo, error) {
	before, err := os.Lstat(name)
	if err != nil {
		return nil, nil, err
	}
	if !before.Mode().IsRegular() { // opening a pipe would block
		return nil, nil, fmt.Errorf("open %q: not a regular file", name)
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, nil, err
	}
	info, err := f.Stat()
	if err == nil && !os.SameFile(before, info) {
		err = fmt.Errorf("open %q: replaced meanwhile", name)
	}
	if err != nil {
		f.Close()
		return nil, nil, err
	}
	return f, info, nil
}

// writeNew creates a small file. A kill can leave a short one, which cmd/go
// ignores and the next sync replaces, so a rename would buy nothing.
func writeNew(name string, data []byte, mtime time.Time) error {
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if closeErr := f.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		os.Remove(name)
		return err
	}
	return os.Chtimes(name, mtime, mtime)
}

// replaceFile puts a file with the given content in place of another at once.
// A zero mtime means now.
func (s *syncer) replaceFile(name string, data []byte, mtime time.Time) error {
	f, err := s.tempFile()
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	_, err = f.Write(data)
	if closeErr := f.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		return err
	}
	return moveInto(f.Name(), name, mtime)
}

// moveInto renames a complete file to its final name.
func moveInto(temp, name string, mtime time.Time) error {
	if !mtime.IsZero() {
		if err := os.Chtimes(temp, mtime, mtime); err != nil {
			return err
		}
	}
	return os.Rename(temp, name)
}

// tempFile creates a file of a name of its own.
func (s *syncer) tempFile() (*os.File, error) {
	dir := filepath.Join(s.dir, tempName)
	f, err := os.CreateTemp(dir, "*")
	if errors.Is(err, fs.ErrNotExist) {
		if err := os.MkdirAll(dir, 0o777); err != nil {
			return nil, err
		}
		f, err = os.CreateTemp(dir, "*")
	}
	return f, err
}
