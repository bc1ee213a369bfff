package astcache

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"
)

// A Package is what `go list -json` says of one; the names are go's.
type Package struct {
	Dir, ImportPath, Name, Target string
	Root, ForTest                 string
	Standard, DepOnly, Incomplete bool
	Module                        *Module

	GoFiles, CgoFiles, CFiles, CXXFiles, MFiles, HFiles, FFiles, SFiles []string
	SwigFiles, SwigCXXFiles, SysoFiles                                  []string
	IgnoredGoFiles, IgnoredOtherFiles, TestGoFiles, XTestGoFiles        []string
	EmbedPatterns, EmbedFiles, CgoPkgConfig                             []string
}

// ListFields are the fields of [Package], for go list -json=.
const ListFields = "Dir,ImportPath,Name,Target,Root,ForTest,Standard,DepOnly,Incomplete,Module," +
	"GoFiles,CgoFiles,CFiles,CXXFiles,MFiles,HFiles,FFiles,SFiles," +
	"SwigFiles,SwigCXXFiles,SysoFiles," +
	"IgnoredGoFiles,IgnoredOtherFiles,TestGoFiles,XTestGoFiles," +
	"EmbedPatterns,EmbedFiles,CgoPkgConfig"

// A Module is the part of a Package about its module.
type Module struct {
	Path, Dir, GoMod string
	Replace          *Module
}

// A Build is what there is to know about a build that went well.
type Build struct {
	// Dir is where go ran, with -C applied; absolute.
	Dir string
	// Packages are what the build consists of, from go list -deps.
	Packages []Package
	// Patterns are the packages as the user named them.
	Patterns []string
	// GOROOT, GOMODCACHE, GOMOD and GOWORK are go env's.
	GOROOT, GOMODCACHE, GOMOD, GOWORK string
	// Config are more files of which every byte counts, present or not.
	Config []string
	// Fixed are the executables of the toolchain.
	Fixed []string
	// Exact says that even comments get into the result.
	Exact bool
	// Tests says that go test made it, with Packages from go list -deps -test.
	Tests bool
	// VCS says that go looks for a repository.
	VCS bool
	// Outputs are the files written.
	Outputs []string
	// Before is what was there before go started.
	Before Before
	// Ended is when go was done, Listed when it was asked for Packages.
	Ended, Listed time.Time
}

// Before is what a first build has instead of a snapshot.
type Before struct {
	At       time.Time // with a monotonic reading
	listings map[string][]os.DirEntry
}

// Look notes what the directories hold into which the build may write.
func Look(now time.Time, dirs ...string) Before {
	b := Before{At: now, listings: make(map[string][]os.DirEntry)}
	for _, dir := range dirs {
		if entries, err := os.ReadDir(dir); err == nil || os.IsNotExist(err) {
			b.listings[dir] = entries
		}
	}
	return b
}

// Settled reports whether nothing about the paths has changed since the build
// began, or else which may have. Of one that is not there it is the directory
// in which it could be that counts.
func (b Before) Settled(paths []string) (path string, ok bool) {
	if stepped(b.At, time.Now()) {
		return "", false
	}
	for _, path := range paths {
		if !b.settled(path) {
			return path, false
		}
	}
	return "", true
}

func (b Before) settled(path string) bool {
	link, errLink := lstatPath(path)
	file, errFile := statPath(path)
	if errLink != nil || errFile != nil || link.racy(b.At) || file.racy(b.At) {
		return false
	}
	if parent := filepath.Dir(path); (link.digest == 0 || file.digest == 0) && parent != path {
		return b.settled(parent)
	}
	return true
}

// ErrNoSnapshot means that a build cannot be described; go runs every time.
var ErrNoSnapshot = errors.New("no snapshot of this build is possible")

func refuse(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrNoSnapshot, fmt.Sprintf(format, args...))
}

// A collector gathers what to watch.
type collector struct {
	Build
	dirs  map[string]*Dir
	files map[string]map[string]Mode // by directory
	local map[string]*Module         // modules outside of the module cache, by directory
}

// Collect makes a snapshot of a build.
func Collect(b Build) (*Snapshot, error) {
	c := &collector{
		Build: b,
		dirs:  make(map[string]*Dir),
		files: make(map[string]map[string]Mode),
		local: make(map[string]*Module),
	}
	s := &Snapshot{}
	for i := range b.Packages {
		p := &b.Packages[i]
		if err := c.pkg(p); err != nil {
			return nil, err
		}
		path, _, _ := strings.Cut(p.ImportPath, " ") // compiled with a profile: "p [main]"
		s.Imports = append(s.Imports, path)
	}
	slices.Sort(s.Imports)
	for _, step := range []func() error{c.patterns, c.modules, c.repositories} {
		if err := step(); err != nil {
			return nil, err
		}
	}
	for _, path := range b.Config {
		c.watch(path, Config)
	}
	for _, path := range b.Fixed {
		c.watch(path, Fixed)
	}
	for _, path := range b.Outputs {
		s.Outputs = append(s.Outputs, Output{Path: path})
	}
	s.Dirs = c.sorted()
	if err := s.settle(b.Ended); err != nil {
		return nil, err
	}
	return s, c.fill(s)
}

// watch adds a file. A file that is watched for two reasons is watched for both.
func (c *collector) watch(path string, mode Mode) {
	dir, name := filepath.Dir(path), filepath.Base(path)
	c.list(dir, Unlisted)
	if c.files[dir] == nil {
		c.files[dir] = make(map[string]Mode)
	}
	if have, ok := c.files[dir][name]; ok {
		mode = both(have, mode)
	}
	c.files[dir][name] = mode
}

func both(a, b Mode) Mode {
	if a > b {
		a, b = b, a
	}
	switch {
	case a == b, a == Fixed, a == Kind:
		return b
	case b == Exact && a != Config, a == Bytes && b == Code:
		return Exact
	}
	return Config
}

// list adds a directory, or to what counts in it.
func (c *collector) list(dir string, rule Rule) {
	if d := c.dirs[dir]; d != nil {
		d.Rule = max(d.Rule, rule)
		return
	}
	c.dirs[dir] = &Dir{Path: dir, Rule: rule}
}

func (c *collector) sorted() []Dir {
	dirs := make([]Dir, 0, len(c.dirs))
	for path, d := range c.dirs {
		for name, mode := range c.files[path] {
			d.Files = append(d.Files, File{Name: name, Mode: mode})
		}
		slices.SortFunc(d.Files, func(a, b File) int { return strings.Compare(a.Name, b.Name) })
		dirs = append(dirs, *d)
	}
	slices.SortFunc(dirs, func(a, b Dir) int { return strings.Compare(a.Path, b.Path) })
	return dirs
}

// fill looks at everything that is watched. What may have changed since the
// build began leaves the snapshot unproven.
func (c *collector) fill(s *Snapshot) error {
	seen := scanAll(s.Dirs)
	s.Unproven = stepped(c.Before.At, seen.at)
	var mu sync.Mutex
	var failed error
	each(len(s.Dirs), func(i int) {
		proven, err := c.fillDir(&s.Dirs[i], seen, i)
		mu.Lock()
		defer mu.Unlock()
		s.Unproven = s.Unproven || !proven
		if err != nil && failed == nil {
			failed = err
		}
	})
	return failed
}

func (c *collector) fillDir(d *Dir, seen *scan, i int) (proven bool, err error) {
	l := seen.dirs[i]
	if l.digest == unreadable {
		return false, refuse("%s is not readable", d.Path)
	}
	proven = true
	if d.Rule != Unlisted {
		if l.racy(c.Listed) {
			return false, refuse("%s has changed since it was listed", d.Path)
		}
		d.Stat, d.Racy = l.digest, l.racy(seen.at)
		proven = !l.racy(c.Before.At)
	}
	if d.Rule > Whole {
		if l.digest != 0 && remote(d.Path) {
			return false, refuse("%s is on a network file system", d.Path)
		}
		if d.Names, err = names(d.Path, d.Rule); err != nil {
			return false, refuse("%v", err)
		}
		proven = proven || c.onlyWritten(d)
	}
	for j := range d.Files {
		f, l := &d.Files[j], seen.files[i][j]
		if f.Mode == Kind {
			f.Stat = l.kind()
			continue
		}
		if l.digest == unreadable {
			return false, refuse("%s is not readable", filepath.Join(d.Path, f.Name))
		}
		if l.racy(c.Listed) {
			return false, refuse("%s has changed since it was listed", filepath.Join(d.Path, f.Name))
		}
		f.Stat, f.Racy = l.digest, l.racy(seen.at)
		proven = proven && !l.racy(c.Before.At)
		if f.Mode.hasSums() {
			sums, _, err := summarize(filepath.Join(d.Path, f.Name), f.Mode, l)
			if err != nil {
				return false, refuse("%v", err)
			}
			f.Sums = &sums
		}
	}
	return proven, nil
}

// onlyWritten reports whether a directory that has changed since the build
// began holds the same names but for what the build wrote.
func (c *collector) onlyWritten(d *Dir) bool {
	before, ok := c.Before.listings[d.Path]
	if !ok {
		return false
	}
	after, err := os.ReadDir(d.Path)
	if err != nil {
		return false
	}
	foreign := func(entries []os.DirEntry) []os.DirEntry {
		return slices.DeleteFunc(slices.Clone(entries), func(e os.DirEntry) bool {
			return slices.Contains(c.Outputs, filepath.Join(d.Path, e.Name()))
		})
	}
	return hashNames(foreign(before), d.Rule) == hashNames(foreign(after), d.Rule)
}

// stepped reports whether the clock was set between two times.
func stepped(from, to time.Time) bool {
	wall := to.Round(0).Sub(from.Round(0)) // Round drops the monotonic reading
	return (wall - to.Sub(from)).Abs() > fineTick/2
}

// each calls f for 0 to n-1, on all cores.
func each(n int, f func(i int)) {
	work := make(chan int)
	var wg sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for i := range work {
				f(i)
			}
		}()
	}
	for i := range n {
		work <- i
	}
	close(work)
	wg.Wait()
}
