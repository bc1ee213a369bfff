package structtag

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// ErrChanged is the cause of an error about a file that changed while its
// tags were being edited.
var ErrChanged = errors.New("it has changed meanwhile")

// Read reads a file that may be edited: a regular one, since a pipe would
// block.
func Read(name string) ([]byte, error) {
	info, err := os.Stat(name)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("read %s: it is not a regular file", name)
	}
	return os.ReadFile(name)
}

// Write replaces the content of a file in one step: whoever looks, and
// whenever the process is killed, the file has the old content or the new
// one. Its mode is kept, and what a link points to is replaced, not the link.
// old is what the file must still contain. A file that its owner may not
// write is refused.
func Write(name string, old, content []byte) error {
	target, err := filepath.EvalSymlinks(name)
	if err != nil {
		return err
	}
	info, err := os.Stat(target)
	if err != nil {
		return err
	}
	switch {
	case !info.Mode().IsRegular():
		return fmt.Errorf("write %s: it is not a regular file", name)
	case info.Mode().Perm()&0o200 == 0:
		return fmt.Errorf("write %s: %w: it is read-only", name, fs.ErrPermission)
	}
	tmp, err := os.CreateTemp(filepath.Dir(target), "."+filepath.Base(target)+".*.tmp")
	if err != nil {
		return err
	}
	if err := fill(tmp, info, content); err != nil {
		_ = os.Remove(tmp.Name()) // it is of no use to anybody
		return fmt.Errorf("write %s: %w", name, err)
	}
	now, err := os.ReadFile(target)
	if err == nil && !bytes.Equal(now, old) {
		err = ErrChanged
	}
	if err == nil {
		err = os.Rename(tmp.Name(), target)
	}
	if err != nil {
		_ = os.Remove(tmp.Name())
		return fmt.Errorf("write %s: %w", name, err)
	}
	return nil
}

// fill writes the new content where it will be renamed from, with owner and
// mode of the old file.
func fill(tmp *os.File, info fs.FileInfo, content []byte) error {
	_, err := tmp.Write(content)
	if err == nil {
		own(tmp, info)
		err = tmp.Chmod(info.Mode().Perm())
	}
	if err == nil {
		err = tmp.Sync()
	}
	return errors.Join(err, tmp.Close())
}

// LineEndings gives content the line endings of like if those are CR LF
// throughout. Formatting a file leaves LF only.
func LineEndings(content, like []byte) []byte {
	if !crlf(like) {
		return content
	}
	return bytes.ReplaceAll(content, []byte("\n"), []byte("\r\n"))
}
