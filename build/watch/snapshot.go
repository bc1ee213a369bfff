package watch

import (
	"crypto/sha256"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// racy is how old a change must be for size and time stamp to prove that a file
// is the same: two edits can fall into one tick of a file system's clock, which
// git has the same rule for. Younger files are compared by content.
const racy = 3 * time.Second

// A snapshot is the state of all inputs at one time.
type snapshot struct {
	files map[string]state
	// dirs are the directories that were looked into, or would have been, had
	// they been there.
	dirs map[string]bool
}

// state tells versions of a file apart.
type state struct {
	size   int64
	mtime  int64
	hashed bool
	hash   [sha256.Size]byte
}

// take looks at all inputs. Files whose state in prev has a hash get one again.
func (in *inputs) take(prev *snapshot, now time.Time) *snapshot {
	s := &shooter{snapshot: snapshot{files: map[string]state{}, dirs: map[string]bool{}}, prev: prev, now: now}
	for dir, r := range in.dirs {
		s.dir(dir, r, false)
	}
	for dir, r := range in.trees {
		s.dir(dir, r, true)
	}
	for file := range in.files {
		s.dirs[filepath.Dir(file)] = true
		s.file(file)
	}
	return &s.snapshot
}

// shooter takes one snapshot.
type shooter struct {
	snapshot
	prev *snapshot
	now  time.Time
}

func (s *shooter) dir(dir string, r rule, deep bool) {
	s.dirs[dir] = true
	entries, err := os.ReadDir(dir)
	if err != nil {
		return // the files that were there are missing in the snapshot
	}
	for _, e := range entries {
		path := filepath.Join(dir, e.Name())
		switch {
		case e.IsDir():
			if deep && r.descends(path) {
				s.dir(path, r, true)
			}
		case r.counts(e.Name()):
			s.file(path)
		}
	}
}

// file follows symbolic links, as go does for source files.
func (s *shooter) file(path string) {
	info, err := os.Stat(path)
	if err != nil || info.IsDir() {
		return
	}
	st := state{size: info.Size(), mtime: info.ModTime().UnixNano()}
	before, known := state{}, false
	if s.prev != nil {
		before, known = s.prev.files[path]
	}
	young := s.now.Sub(info.ModTime()) < racy
	if info.Mode().IsRegular() && (young || known && before.hashed && before.mtime == st.mtime) {
		st.hash, st.hashed = contentHash(path)
	}
	s.files[path] = st
}

func contentHash(path string) (sum [sha256.Size]byte, ok bool) {
	f, err := os.Open(path)
	if err != nil {
		return sum, false
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return sum, false
	}
	return [sha256.Size]byte(h.Sum(nil)), true
}

// same reports whether two states are the same version.
func (a state) same(b state) bool {
	if a.hashed && b.hashed {
		return a.size == b.size && a.hash == b.hash
	}
	return a.size == b.size && a.mtime == b.mtime
}

// changed returns a path that differs between two snapshots, and how many do.
func changed(old, cur *snapshot) (path string, n int) {
	note := func(p string) {
		if n == 0 || p < path {
			path = p
		}
		n++
	}
	for p, st := range cur.files {
		if was, ok := old.files[p]; !ok || !was.same(st) {
			note(p)
		}
	}
	for p := range old.files {
		if _, ok := cur.files[p]; !ok {
			note(p)
		}
	}
	return path, n
}

// fileTime is the time that a file gets which is written now. File systems have
// a clock that lags behind the system's by up to a tick, ten
// milliseconds; with a margin, what was written just before would count as changed.
func (w *watcher) fileTime() time.Time {
	file := filepath.Join(w.temp, "now")
	if err := os.WriteFile(file, nil, 0o600); err == nil {
		if info, err := os.Stat(file); err == nil {
			return info.ModTime()
		}
	}
	return time.Now().Add(-20 * time.Millisecond)
}

// missed returns a path that a build may have seen in another version than cur
// has: it has changed since before, it is new to the inputs and its file time
// is not before start, when the build began, or it is gone. Which files count may
// have changed as well; that alone is no reason to build again.
func missed(before, cur *snapshot, start time.Time) (path string, n int) {
	note := func(p string) {
		if n == 0 || p < path {
			path = p
		}
		n++
	}
	since := start.UnixNano()
	for p, st := range cur.files {
		was, ok := before.files[p]
		if ok && !was.same(st) || !ok && st.mtime >= since {
			note(p)
		}
	}
	for p := range before.files {
		if _, ok := cur.files[p]; ok || !cur.dirs[filepath.Dir(p)] {
			continue
		}
		if _, err := os.Lstat(p); errors.Is(err, fs.ErrNotExist) {
			note(p)
		}
	}
	return path, n
}
