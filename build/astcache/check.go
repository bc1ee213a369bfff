package astcache

import (
	"fmt"
	"os"
	"sort"
	"time"
)

// A Verdict is what Check finds.
type Verdict struct {
	// Current means that go would leave everything as it is.
	Current bool
	// Why says what stands against it, in the user's words.
	Why string
	// Unproven means that nobody knows what the build read.
	Unproven bool
	// Relist means that the build may read other files than the snapshot knows.
	Relist bool

	// Edited are the compiled Go files of which the code has changed, and
	// nothing that decides what else a build reads, imports aside.
	Edited []string
	// OnlyEdited means that nothing else stands against being current.
	OnlyEdited bool

	// Stamp is the state of the repository that was found, if one is stamped.
	Stamp string

	snap   *Snapshot
	before *scan
	dirty  bool // more than outputs is new
	other  bool // not only edits stand against being current
}

// A World is what Check asks besides the file system.
type World struct {
	// Lookup finds a program in PATH; the result is empty if it is not there.
	Lookup func(name string) string
	// Stamp tells the state of a repository.
	Stamp func(repo string) (string, error)
}

// Check compares a snapshot with the machine. It changes the snapshot, which
// then describes what is there now.
func Check(s *Snapshot, w World) *Verdict {
	v := &Verdict{snap: s}
	stamped := v.askStamp(w)
	v.before = scanAll(s.Dirs)
	if s.Unproven {
		v.Unproven = true
		v.against("files were changing during the last build", false)
	}
	for i := range s.Dirs {
		d := &s.Dirs[i]
		v.checkDir(d, v.before.dirs[i])
		for j := range d.Files {
			v.checkFile(d, &d.Files[j], v.before.files[i][j])
		}
	}
	for _, t := range s.Tools {
		if found := w.Lookup(t.Name); found != t.Path {
			v.against(fmt.Sprintf("another %s is in PATH", t.Name), true)
		}
	}
	for _, o := range s.Outputs {
		if l, err := lstatPath(o.Path); err != nil || l.digest == 0 {
			v.against(o.Path+" is not there", false)
		} else if l.digest != o.Stat {
			v.against(o.Path+" was changed", false)
		}
	}
	if !<-stamped {
		v.against("the state of the repository was changed", false)
	}
	v.Current = v.Why == ""
	v.OnlyEdited = len(v.Edited) > 0 && !v.other
	return v
}

// askStamp compares the state of the repository, which takes git as long as
// the rest takes.
func (v *Verdict) askStamp(w World) (same <-chan bool) {
	result := make(chan bool, 1)
	if v.snap.Repo == "" {
		result <- true
		return result
	}
	go func() {
		stamp, err := w.Stamp(v.snap.Repo)
		v.Stamp = stamp
		result <- err == nil && stamp == v.snap.Stamp
	}()
	return result
}

// against notes something that stands against being current; the first is
// what the user is told.
func (v *Verdict) against(why string, relist bool) {
	v.note(why, relist)
	v.other = true
}

func (v *Verdict) note(why string, relist bool) {
	if v.Why == "" {
		v.Why = why
	}
	v.Relist = v.Relist || relist
}

func (v *Verdict) checkDir(d *Dir, l look) {
	same := l.digest == d.Stat
	if d.Rule == Unlisted || same && !d.Racy {
		return
	}
	v.dirty = true
	if d.Rule == Whole {
		v.against("directory "+d.Path+" was changed", true)
		return
	}
	found, err := names(d.Path, d.Rule)
	if err != nil || found != d.Names {
		v.against("files came or went in "+d.Path, true)
	}
	d.Stat, d.Names, d.Racy = l.digest, found, l.racy(v.before.at)
}

func (v *Verdict) checkFile(d *Dir, f *File, l look) {
	if f.Mode == Kind {
		if l.digest == unreadable || l.kind() != f.Stat {
			v.against(d.path(f)+came(l, f.Stat), true)
		}
		return
	}
	if l.digest == f.Stat && !f.Racy {
		return
	}
	path := d.path(f)
	if f.Mode == Fixed {
		v.against(path+" was changed", true)
		return
	}
	v.dirty = true
	was, absent := *f.Sums, f.Stat == 0
	sums, imports, err := summarize(path, f.Mode, l)
	if err != nil || absent != (l.digest == 0) {
		v.against(path+came(l, f.Stat), true)
		return
	}
	f.Stat, f.Racy, *f.Sums = l.digest, l.racy(v.before.at), sums
	if !f.Mode.matters(was, sums) {
		return
	}
	if f.Mode == Code && was.Shape == sums.Shape {
		v.Edited = append(v.Edited, path)
		v.note(path+" was changed", !v.snap.knows(imports))
		return
	}
	v.against(path+" was changed", f.Mode.reshapes(was, sums) || !v.snap.knows(imports))
}

// came says what happened to a file that is there, or is not, unlike before.
func came(l look, before uint64) string {
	switch {
	case l.digest == 0:
		return " is gone"
	case before == 0:
		return " is new"
	}
	return " was changed"
}

// matters reports whether go would do something about the change of a file.
func (m Mode) matters(was, is Sums) bool {
	if m == Code || m == Head {
		return was.Code != is.Code || was.Shape != is.Shape
	}
	return was.Content != is.Content
}

// reshapes reports whether the change of a file that matters can make other
// files matter.
func (m Mode) reshapes(was, is Sums) bool {
	switch m {
	case Code, Exact:
		return was.Shape != is.Shape
	case Bytes:
		return false
	}
	return true
}

// knows reports whether the build has all these packages already.
func (s *Snapshot) knows(imports []string) bool {
	for _, path := range imports {
		if i := sort.SearchStrings(s.Imports, path); i == len(s.Imports) || s.Imports[i] != path {
			return false
		}
	}
	return true
}

// summarize reads a file. One that is not there has no sums.
func summarize(path string, mode Mode, l look) (Sums, []string, error) {
	if l.digest == 0 {
		return Sums{}, nil, nil
	}
	if l.digest == unreadable || !l.regular { // reading a pipe would wait for its writer
		return Sums{}, nil, fmt.Errorf("read %q: not a readable file", path)
	}
	src, err := os.ReadFile(path)
	if err != nil {
		return Sums{}, nil, err
	}
	var s Summary
	switch mode {
	case Code, Exact:
		s = Summarize(src)
	case Head:
		s = SummarizeHead(src)
	default:
		s.Content = sumOf(src)
		s.Code, s.Shape = s.Content, s.Content
	}
	return Sums{s.Content, s.Code, s.Shape}, s.Imports, nil
}

// Touch gives what was written a new modification time, as go does when it
// finds it current. Errors are as little a reason to fail as for go.
func (v *Verdict) Touch(now time.Time) {
	for i := range v.snap.Outputs {
		o := &v.snap.Outputs[i]
		o.Stat = stamp(o.Path, now)
	}
}

// stamp sets the time of a file and returns its digest. A write in the same
// tick of the kernel's clock will show, as that clock does not point at
// nanoseconds in between. On a file system of whole seconds it would not:
// then the digest is 0, and the file counts as changed.
func stamp(path string, at time.Time) uint64 {
	_ = os.Chtimes(path, at, at)
	l, err := lstatPath(path)
	if err != nil || l.coarse {
		return 0
	}
	return l.digest
}
