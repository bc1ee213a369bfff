package astcache

import (
	"errors"
	"fmt"
	"path/filepath"
	"time"
)

// ErrMoved means that something changed while go was building, so that nobody
// can say what it read.
var ErrMoved = errors.New("files changed during the build")

// Renew makes the snapshot that was checked before a build describe
// that build, which ended at a time. The list of inputs must still hold (see [Verdict.Relist]). What went
// by since the check must have left no trace, or the error is ErrMoved.
func (v *Verdict) Renew(ended time.Time) (*Snapshot, error) {
	s := v.snap
	written := make(map[string]bool)
	for _, o := range s.Outputs {
		written[filepath.Dir(o.Path)] = true
	}
	after := scanAll(s.Dirs)
	for i := range s.Dirs {
		d := &s.Dirs[i]
		if err := v.renewDir(d, v.before.dirs[i], after, after.dirs[i], written[d.Path]); err != nil {
			return nil, err
		}
		for j := range d.Files {
			if err := v.renewFile(d, &d.Files[j], v.before.files[i][j], after.files[i][j], after.at); err != nil {
				return nil, err
			}
		}
	}
	if err := s.settle(ended); err != nil {
		return nil, err
	}
	s.Unproven = false
	return s, nil
}

func (v *Verdict) renewDir(d *Dir, was look, after *scan, is look, written bool) error {
	moved := was.digest != is.digest
	switch {
	case d.Rule == Unlisted, !moved && !was.racy(v.before.at):
		return nil
	case d.Rule == Whole, moved && !written:
		return fmt.Errorf("%w: %s", ErrMoved, d.Path)
	}
	found, err := names(d.Path, d.Rule)
	if err != nil || found != d.Names {
		return fmt.Errorf("%w: %s", ErrMoved, d.Path)
	}
	d.Stat, d.Racy = is.digest, is.racy(after.at)
	return nil
}

func (v *Verdict) renewFile(d *Dir, f *File, was, is look, at time.Time) error {
	if f.Mode == Kind {
		if is.kind() != was.kind() {
			return fmt.Errorf("%w: %s", ErrMoved, d.path(f))
		}
		return nil
	}
	if is.digest != was.digest {
		return fmt.Errorf("%w: %s", ErrMoved, d.path(f))
	}
	if !was.racy(v.before.at) {
		return nil
	}
	path := d.path(f)
	if f.Mode == Fixed {
		return fmt.Errorf("%w: %s", ErrMoved, path)
	}
	sums, _, err := summarize(path, f.Mode, is)
	if err != nil || sums != *f.Sums {
		return fmt.Errorf("%w: %s", ErrMoved, path)
	}
	f.Racy = is.racy(at)
	return nil
}

// settle notes the outputs of a build that ended at a time.
func (s *Snapshot) settle(ended time.Time) error {
	for i := range s.Outputs {
		o := &s.Outputs[i]
		l, err := lstatPath(o.Path)
		if err != nil || l.digest == 0 || l.changed > ended.UnixNano() {
			return fmt.Errorf("%w: %s", ErrMoved, o.Path)
		}
		o.Stat = l.digest
		if now := time.Now(); l.racy(now) {
			// A time of our own tells a later write in the same tick.
			o.Stat = stamp(o.Path, now)
		}
	}
	return nil
}
