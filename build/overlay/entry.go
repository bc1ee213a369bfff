package overlay

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// entrySize is the size of an action entry, see cmd/go/internal/cache/cache.go:
// "v1 <action ID> <output ID> <size> <UnixNano>\n", the IDs of 64 hex digits,
// the numbers padded with spaces to 20 places.
const entrySize = 2 + 1 + 64 + 1 + 64 + 1 + 20 + 1 + 20 + 1

// An entry is an action entry.
type entry struct {
	id, out [32]byte
	time    int64 // UnixNano of putting it into the cache
}

// errEntry means that a file is not, or not yet, an action entry.
var errEntry = errors.New("not an action entry")

// parseEntry checks what cmd/go checks (DiskCache.get).
func parseEntry(b []byte) (entry, error) {
	var e entry
	if len(b) != entrySize || string(b[:3]) != "v1 " || b[entrySize-1] != '\n' {
		return e, errEntry
	}
	field := func(at, n int) (string, bool) {
		return string(b[at : at+n]), at == 3 || b[at-1] == ' '
	}
	id, ok1 := field(3, 64)
	out, ok2 := field(3+65, 64)
	size, ok3 := field(3+65+65, 20)
	stamp, ok4 := field(3+65+65+21, 20)
	if !ok1 || !ok2 || !ok3 || !ok4 {
		return e, errEntry
	}
	_, err1 := hex.Decode(e.id[:], []byte(id))
	_, err2 := hex.Decode(e.out[:], []byte(out))
	n, err3 := strconv.ParseInt(strings.TrimLeft(size, " "), 10, 64)
	t, err4 := strconv.ParseInt(strings.TrimLeft(stamp, " "), 10, 64)
	if errors.Join(err1, err2, err3, err4) != nil || n < 0 || t < 0 {
		return e, errEntry
	}
	e.time = t
	return e, nil
}

// kinds of names in a sub-directory
const (
	foreignName = iota
	dataName
	actionName
)

// classify says what a name in sub-directory sub is.
func classify(sub, name string) (kind int, id [32]byte) {
	if len(name) != 66 || name[:2] != sub || name[64] != '-' {
		return foreignName, id
	}
	if strings.ToLower(name) != name {
		return foreignName, id
	}
	if _, err := hex.Decode(id[:], []byte(name[:64])); err != nil {
		return foreignName, id
	}
	switch name[65] {
	case 'd':
		return dataName, id
	case 'a':
		return actionName, id
	}
	return foreignName, id
}

// readEntry reads an action entry and when it was last used. It does not
// follow symbolic links and never reads more than an entry's size.
func readEntry(name string, id [32]byte) (entry, []byte, fs.FileInfo, error) {
	f, info, err := openRegular(name)
	if err != nil {
		return entry{}, nil, nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, entrySize+1))
	if err != nil {
		return entry{}, nil, nil, err
	}
	e, err := parseEntry(data)
	if err == nil && e.id != id {
		err = errEntry
	}
	return e, data, info, err
}

// action brings one action entry over; exists says that the overlay has one.
// The result is the user's entry if it had to be read, else zero.
func (s *syncer) action(sub, name string, id [32]byte, exists bool) (entry, error) {
	src := filepath.Join(s.user, sub, name)
	dst := filepath.Join(s.dir, sub, name)
	if exists && sameStat(src, dst) {
		return entry{}, nil
	}
	e, data, info, err := readEntry(src, id)
	if err != nil {
		// An entry being written is no reason to come back: creating it has
		// just changed the directory, which is racy then.
		s.skip(err)
		return entry{}, nil
	}
	if !exists {
		err = writeNew(dst, data, info.ModTime())
		if err == nil {
			s.count(func(st *Stats) { st.Entries++ })
			return e, nil
		}
		if !errors.Is(err, fs.ErrExist) {
			return e, err
		}
	}
	return e, s.reconcile(dst, e, data, info.ModTime())
}

// reconcile decides between the user's entry and ours; see the package doc.
func (s *syncer) reconcile(dst string, users entry, data []byte, used time.Time) error {
	ours, ourData, ourInfo, err := readEntry(dst, users.id)
	valid := err == nil
	if valid && bytes.Equal(data, ourData) {
		if used.After(ourInfo.ModTime()) {
			// Best effort, as in markUsed.
			_ = os.Chtimes(dst, used, used)
		}
		return nil
	}
	if valid && (users.time < ours.time || !s.hasOutput(users.out)) {
		return nil
	}
	err = s.replaceFile(dst, data, used)
	if errors.Is(err, fs.ErrPermission) {
		return errAgain // Windows, while a go command has ours open
	}
	if err != nil {
		return err
	}
	s.count(func(st *Stats) { st.Entries++; st.Replaced++ })
	return nil
}

// hasOutput reports whether the user's cache still holds an output.
func (s *syncer) hasOutput(out [32]byte) bool {
	_, err := os.Lstat(filepath.Join(s.user, fmt.Sprintf("%02x", out[0]), fmt.Sprintf("%x-d", out)))
	return err == nil
}

// sameStat reports whether two entries are certainly the same: ours has the
// user's mtime and size since it was copied, and whoever writes or uses one of
// the two changes its mtime.
func sameStat(src, dst string) bool {
	a, err := os.Lstat(src)
	if err != nil {
		return false
	}
	b, err := os.Lstat(dst)
	return err == nil && a.Mode().Type() == b.Mode().Type() &&
		a.Size() == b.Size() && a.ModTime().Equal(b.ModTime())
}
