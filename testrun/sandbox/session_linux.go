package sandbox

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/gust-go/gust/internal/isolation"
	"github.com/gust-go/gust/testrun/sandbox/box"
	"github.com/gust-go/gust/testrun/sandbox/ring"
)

// A Session is the sandboxes of one run.
type Session struct {
	options Options
	spec    box.Spec
	dir     string // removed at the end
	lock    *os.File
	owner   *os.File
	rings   *ring.Server
	flag    string
	value   string
}

// Open makes a place for the sandboxes of a run. Without a sandbox the session
// is nil, whose methods do nothing.
func Open(ctx context.Context, o Options) (*Session, error) {
	if !o.on() {
		return nil, nil
	}
	base, err := baseDir()
	if err != nil {
		return nil, err
	}
	sweep(base)
	box.SweepGroups(o.Now())
	s := &Session{options: o}
	if s.spec, err = o.plan(base); err != nil {
		return nil, err
	}
	if s.dir, err = os.MkdirTemp(base, "run-"); err != nil {
		return nil, fmt.Errorf("make a place for sandboxes: %w", err)
	}
	if err := s.settle(); err != nil {
		_ = os.RemoveAll(s.dir)
		return nil, err
	}
	s.spec.Dir = s.dir
	if o.Trace != "" && !o.Listen {
		// Most have no rights to it, and record without.
		if s.rings, err = ring.Listen(filepath.Join(s.dir, ring.Socket), nil); err == nil {
			s.spec.Ring = filepath.Join(s.dir, ring.Socket)
		}
	}
	if s.flag, err = o.flag(); err == nil {
		s.value, err = s.spec.Encode()
	}
	if err != nil {
		s.remove()
		return nil, err
	}
	if o.Require != "" {
		if err := s.probe(ctx); err != nil {
			s.remove()
			return nil, err
		}
	}
	return s, nil
}

// settle makes what is in the directory of a run.
func (s *Session) settle() error {
	err := makePool(filepath.Join(s.dir, box.PoolName))
	if err == nil {
		s.owner, err = lock(filepath.Join(s.dir, box.OwnerName), syscall.LOCK_EX)
	}
	if err == nil {
		s.lock, err = lock(filepath.Join(s.dir, box.LockName), syscall.LOCK_SH)
	}
	return err
}

// Flag makes go test run tests in sandboxes, if Variable is in its environment.
func (s *Session) Flag() string { return s.flag }

// Variable is for go's environment.
func (s *Session) Variable() string { return box.Var + "=" + s.value }

// baseDir is where sandboxes are made: outside of what they hide or show, and
// on a disk, since a file system in memory changes how tests behave.
func baseDir() (string, error) {
	base := "/var/tmp/gust-sandbox-" + strconv.Itoa(os.Getuid())
	err := os.Mkdir(base, 0o700)
	if err == nil {
		spread(base)
	}
	if err != nil && !errors.Is(err, os.ErrExist) {
		return "", fmt.Errorf("make a place for sandboxes: %w", err)
	}
	info, err := os.Lstat(base)
	if err != nil {
		return "", fmt.Errorf("make a place for sandboxes: %w", err)
	}
	if !owned(info) {
		return "", fmt.Errorf("%s is not a directory of this user's alone", base)
	}
	return base, nil
}

// makePool makes the directory that boxes are made in.
func makePool(dir string) error {
	if err := os.Mkdir(dir, 0o700); err != nil {
		return fmt.Errorf("make a place for sandboxes: %w", err)
	}
	spread(dir)
	return nil
}

// spread has the file system put directories that are made in a directory far from each
// other, as those at the top: ext4 does not use the inode of a removed file again for a
// minute or five, and looks at all of those in a group of inodes to find another one
// (find_inode_bit in fs/ext4/ialloc.c). Other file systems may not know it.
func spread(dir string) {
	f, err := os.Open(dir)
	if err != nil {
		return
	}
	defer f.Close()
	flags, err := unix.IoctlGetInt(int(f.Fd()), unix.FS_IOC_GETFLAGS)
	if err == nil {
		_ = unix.IoctlSetPointerInt(int(f.Fd()), unix.FS_IOC_SETFLAGS, flags|topDir)
	}
}

// topDir is FS_TOPDIR_FL.
const topDir = 0x20000

func lock(path string, how int) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("lock a sandbox: %w", err)
	}
	if err := syscall.Flock(int(f.Fd()), how|syscall.LOCK_NB); err != nil {
		_ = f.Close()
		return nil, fmt.Errorf("lock %s: %w", f.Name(), err)
	}
	return f, nil
}

// sweep removes what runs have left that were killed. One that is just being
// made has no lock yet; it is left alone for a while.
func sweep(base string) {
	runs, _ := filepath.Glob(filepath.Join(base, "run-*"))
	for _, dir := range runs {
		if _, err := os.Stat(filepath.Join(dir, box.LockName)); err != nil && !old(dir) {
			continue
		}
		if f, err := lock(filepath.Join(dir, box.LockName), syscall.LOCK_EX); err == nil {
			box.DropTmp(dir)
			removeAll(dir)
			_ = f.Close()
		}
	}
}

func (s *Session) remove() {
	s.rings.Close()
	box.RemoveGroups(s.dir)
	box.DropTmp(s.dir)
	removeAll(s.dir)
	_ = s.lock.Close()
	_ = s.owner.Close()
}

// removeAll removes a directory also if tests have made parts of it
// inaccessible.
func removeAll(dir string) {
	if os.RemoveAll(dir) == nil {
		return
	}
	_ = filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if d != nil && d.IsDir() {
			_ = os.Chmod(path, 0o700)
		}
		return nil
	})
	_ = os.RemoveAll(dir)
}

// Close reads what became of the sandboxes and removes them.
func (s *Session) Close() (Findings, error) {
	if s == nil {
		return Findings{}, nil
	}
	defer s.remove()
	reports, err := s.reports()
	if err != nil {
		return Findings{}, err
	}
	var f Findings
	for _, r := range reports {
		p, err := s.found(r)
		if err != nil {
			return f, err
		}
		f.Packages = append(f.Packages, p)
		if p.Error != "" && p.Level != box.Full && f.Lack.Action == "" {
			f.Lack = lacking(box.Full, isolation.This())
		}
		if p.Record != nil {
			if err := s.options.saveRecord(*p.Record); err != nil {
				return f, err
			}
		}
	}
	f.Kept, err = s.options.keep(s.options.root(), f.Packages)
	return f, err
}

// found is what a report says.
func (s *Session) found(r box.Report) (Package, error) {
	p := Package{
		Path: importPath(r.Dir, s.options.Env), Dir: r.Dir, Level: r.Level, Error: r.Error, Ran: r.Ran, Reached: reached(r), HostNet: r.HostNet,
		NoRecord: r.NoRecord, ReadOutside: readOutside(r), Hits: r.Hits, Limits: r.Limits,
	}
	if s.options.Trace != "" && r.NoRecord == "" && r.Ran {
		now := s.options.Now().UTC().Round(time.Second)
		p.Record = &Record{Package: p.Path, Time: now, Trace: s.options.Trace, Full: r.Full, Lost: r.Lost, Touched: r.Touched}
	}
	for _, path := range r.InPlace {
		if !s.uninteresting(path) {
			p.InPlace = append(p.InPlace, path)
		}
	}
	if s.options.Leaks != LeaksOff {
		p.Left, p.Temp, p.Goroutines = r.Left, r.Temp, r.Goroutines
	}
	var err error
	if p.Wrote, err = s.written(r); err == nil {
		p.Broke = p.broke(r)
	}
	return p, err
}

// Reached returns the packages whose tests failed and tried to connect to
// something that is not in their sandbox, with the addresses.
func (s *Session) Reached() map[string][]string {
	reports, err := s.reports()
	if err != nil {
		return nil
	}
	found := map[string][]string{}
	for _, r := range reports {
		if addrs := reached(r); len(addrs) > 0 && r.Status != 0 && !r.HostNet {
			found[importPath(r.Dir, s.options.Env)] = addrs
		}
	}
	return found
}

// HostVariable is Variable for tests that are to use the host's network.
func (s *Session) HostVariable() (string, error) {
	return s.variable(func(spec *box.Spec) { spec.HostNet = true })
}

// MemoryVariable is Variable for tests whose temporary files are to be in memory.
func (s *Session) MemoryVariable() (string, error) {
	return s.variable(func(spec *box.Spec) { spec.Memory = true })
}

// OffVariable is Variable for tests that are to run without a sandbox.
func (s *Session) OffVariable() (string, error) {
	return s.variable(func(spec *box.Spec) { spec.Level, spec.Least = box.Off, box.Off })
}

func (s *Session) variable(change func(*box.Spec)) (string, error) {
	spec := s.spec
	change(&spec)
	value, err := spec.Encode()
	return box.Var + "=" + value, err
}

// Mark remembers which tests have run; what it returns forgets those that have run
// since.
func (s *Session) Mark() (forget func()) {
	if s == nil {
		return func() {}
	}
	before := s.made()
	return func() {
		for _, name := range s.made() {
			if !slices.Contains(before, name) {
				removeAll(name)
			}
		}
	}
}

// made are the boxes and reports of the tests that have run.
func (s *Session) made() []string {
	boxes, _ := filepath.Glob(filepath.Join(s.dir, "box-*"))
	reports, _ := filepath.Glob(filepath.Join(s.dir, box.ReportNames))
	return append(boxes, reports...)
}

// reports reads those of all boxes, in the order of packages.
func (s *Session) reports() ([]box.Report, error) {
	names, err := filepath.Glob(filepath.Join(s.dir, box.ReportNames))
	if err != nil {
		return nil, err
	}
	var all []box.Report
	for _, name := range names {
		data, err := os.ReadFile(name)
		if err != nil {
			return nil, fmt.Errorf("read the report of a sandbox: %w", err)
		}
		var r box.Report
		if err := json.Unmarshal(data, &r); err != nil {
			return nil, fmt.Errorf("read the report of a sandbox: %w", err)
		}
		all = append(all, r)
	}
	slices.SortStableFunc(all, func(a, b box.Report) int { return compare(a.Dir, b.Dir) })
	return all, nil
}
