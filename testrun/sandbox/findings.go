package sandbox

import (
	"cmp"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"slices"

	"golang.org/x/mod/modfile"

	"github.com/gust-go/gust/internal/gocmd"
	"github.com/gust-go/gust/internal/isolation"
	"github.com/gust-go/gust/internal/limit"
	"github.com/gust-go/gust/testrun/sandbox/box"
)

// Findings are what the tests of a run did besides their work.
type Findings struct {
	Packages []Package
	// Kept is where files are kept that tests wrote; "" if there are none.
	Kept string
	// Lack is what keeps tests from full isolation, if some had less.
	Lack isolation.Lack
}

// A Package is one test binary that ran.
type Package struct {
	// Path is the import path, Dir the directory.
	Path, Dir string
	// Level is how they were isolated; Error says why no better, Ran whether they
	// ran then.
	Level box.Level
	Error string
	Ran   bool
	// Wrote are files in the checkout or the home directory.
	Wrote []Write
	// InPlace are files there that it wrote where writes are not kept aside.
	InPlace []string
	// Reached are addresses outside that they tried to connect to, HostNet is
	// true if they were on the host's network.
	Reached []string
	HostNet bool
	// Left are processes that outlived the tests.
	Left []box.Process
	// Record is what was recorded, if that was asked for; NoRecord says why
	// nothing was.
	Record   *Record
	NoRecord string
	// ReadOutside are files that strict tests have no business with.
	ReadOutside []string
	// Broke says what strict tests did that they must not.
	Broke []string
	// Goroutines are those that did not end before the tests did.
	Goroutines []box.Goroutine
	// Temp are files left in temporary directories.
	Temp []string
	// Hits are limits that it ran into, Limits those that were set for it.
	Hits   []box.Hit
	Limits limit.Set
}

// A Write is a file or directory that a test made, changed or removed.
type Write struct {
	Path string
	Op   Op
	Home bool
	// upper is where the new content is.
	upper string
}

// An Op is what happened to a file.
type Op string

// What can happen to a file.
const (
	Created  Op = "created"
	Modified Op = "modified"
	Deleted  Op = "deleted"
)

// reached are the addresses outside that a test tried to connect to.
func reached(r box.Report) []string {
	var addrs []string
	for _, t := range r.Touched {
		if t.Kind == box.KindDial && t.Outside && !slices.Contains(addrs, t.What) {
			addrs = append(addrs, t.What)
		}
	}
	return addrs
}

// readOutside are the files.
func readOutside(r box.Report) []string {
	var files []string
	for _, t := range r.Touched {
		if t.Kind == box.KindRead && t.Outside && !slices.Contains(files, t.What) {
			files = append(files, t.What)
		}
	}
	slices.Sort(files)
	return files
}

// broke says what of what a package did breaks the rules of strict mode.
// Looking for something on the loopback interface does not: it is the test's own.
func (p Package) broke(r box.Report) []string {
	if !r.Strict {
		return nil
	}
	var all []string
	if r.NoRecord != "" {
		all = append(all, "nobody knows what it read or connected to: "+r.NoRecord)
	}
	for _, w := range p.Wrote {
		all = append(all, fmt.Sprintf("wrote %s", w.Path))
	}
	for _, path := range p.InPlace {
		all = append(all, fmt.Sprintf("wrote %s", path))
	}
	for _, t := range r.Touched {
		ap, err := netip.ParseAddrPort(t.What)
		if t.Outside && t.Kind == box.KindDial && (err != nil || !ap.Addr().IsLoopback()) {
			all = append(all, "connected to "+t.What)
		}
	}
	return all
}

func compare(a, b string) int { return cmp.Compare(a, b) }

// importPath makes the import path of a package's directory as go would, as far
// as that can be told without asking it.
func importPath(dir string, env gocmd.Env) string {
	if std := filepath.Join(env.GOROOT, "src"); env.GOROOT != "" && inside(dir, std) {
		if rel, err := filepath.Rel(std, dir); err == nil {
			return filepath.ToSlash(rel)
		}
	}
	for top := dir; ; top = filepath.Dir(top) {
		if data, err := os.ReadFile(filepath.Join(top, "go.mod")); err == nil {
			if module := modfile.ModulePath(data); module != "" {
				rel, err := filepath.Rel(top, dir)
				if err != nil || rel == "." {
					return module
				}
				return module + "/" + filepath.ToSlash(rel)
			}
		}
		if top == filepath.Dir(top) {
			return dir
		}
	}
}
