package box

import (
	"os"
	"sort"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/gust-go/gust/testrun/sandbox/box/fspath"
)

// Making directories and removing them again is a good part of what a sandbox costs:
// ext4 does not use an inode again for minutes, and looks through all those of a
// group for each new one. So a box in which a test has left nothing is used again in
// the same run.
//
// Boxes that may be used are in a directory of their own. Their names say what for,
// and since when: while the kernel takes the old mounts down it has the directories
// in use. New ones are made there, too.
const PoolName = "free"

// settled is how long a box is left alone.
const settled = 200 * time.Millisecond

// layout names what has to be the same for a box to be used again.
func (i *initSpec) layout() string {
	var lines []string
	for dir, name := range i.Private {
		lines = append(lines, "private\x00"+dir+"\x00"+name)
	}
	for _, t := range i.Trees {
		lines = append(lines, "tree\x00"+t.Path+"\x00"+t.Name)
	}
	sort.Strings(lines)
	sum := uint64(14695981039346656037) // FNV-1a
	for _, b := range []byte(strings.Join(lines, "\n")) {
		sum = (sum ^ uint64(b)) * 1099511628211
	}
	return strconv.FormatUint(sum, 16)
}

// takeBox finds a directory for a box, or makes one.
func (i *initSpec) takeBox(run string) error {
	pool := fspath.Join(run, PoolName)
	entries, _ := os.ReadDir(pool)
	for _, e := range entries {
		layout, rest, _ := strings.Cut(e.Name(), "-")
		since, unique, _ := strings.Cut(rest, "-")
		ms, err := strconv.ParseInt(since, 10, 64)
		if err != nil || layout != i.layout() || time.Since(time.UnixMilli(ms)) < settled {
			continue
		}
		box := fspath.Join(run, "box-"+unique)
		// Others may be faster, or have a box of that name.
		if os.Rename(fspath.Join(pool, e.Name()), box) == nil {
			i.Box = box
			return nil
		}
	}
	made, err := os.MkdirTemp(pool, "new-")
	if err != nil {
		return err
	}
	i.Box = fspath.Join(run, "box-"+strings.TrimPrefix(fspath.Base(made), "new-"))
	return os.Rename(made, i.Box)
}

// freeBox lets others have a box, of which only directories are left that are as they
// were made. Its name stays that of the report.
func (w *wrapper) freeBox() {
	init := initSpec{Spec: Spec{Trees: w.report.Trees}, Private: w.private}
	pool := fspath.Join(w.spec.Dir, PoolName)
	now := time.Now()
	unique := strconv.Itoa(os.Getpid()) + "." + strconv.FormatInt(now.UnixNano(), 36)
	name := fspath.Join(pool, init.layout()+"-"+strconv.FormatInt(now.UnixMilli(), 10)+"-"+unique)
	if os.Rename(w.report.Box, name) == nil {
		w.report.Box = ""
	}
}

// stats are those of the directories of a box, by name.
type stats map[string]syscall.Stat_t

// note remembers a directory as it is.
func (s stats) note(box, name string) error {
	var st syscall.Stat_t
	if err := syscall.Lstat(fspath.Join(box, name), &st); err != nil {
		return &os.PathError{Op: "lstat", Path: fspath.Join(box, name), Err: err}
	}
	s[name] = st
	return nil
}

// reusable reports whether a directory is empty and, but for its times, as it was made.
func (s stats) reusable(box, name string) bool {
	was, ok := s[name]
	dir := fspath.Join(box, name)
	var st syscall.Stat_t
	if !ok || syscall.Lstat(dir, &st) != nil {
		return false
	}
	if st.Ino != was.Ino || st.Mode != was.Mode || st.Uid != was.Uid || st.Gid != was.Gid || st.Size != was.Size {
		return false
	}
	if n, err := syscall.Listxattr(dir, nil); n != 0 || err != nil && err != syscall.ENOTSUP {
		return false
	}
	entries, err := os.ReadDir(dir)
	return err == nil && len(entries) == 0
}
