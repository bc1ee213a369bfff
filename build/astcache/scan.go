package astcache

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// unreadable is the digest of what cannot be looked at. No snapshot has it.
const unreadable = ^uint64(0)

// A scan is what stat says about everything in a snapshot.
type scan struct {
	at    time.Time // before the first look
	dirs  []look
	files [][]look // by directory
}

// scanAll looks at everything, on all cores: stat is bound by the kernel's walk
// along the path, so each directory is opened once and files are looked up
// relative to it.
func scanAll(dirs []Dir) *scan {
	total := 0
	for i := range dirs {
		total += len(dirs[i].Files)
	}
	s := &scan{at: time.Now(), dirs: make([]look, len(dirs)), files: make([][]look, len(dirs))}
	flat := make([]look, total)
	for i := range dirs {
		n := len(dirs[i].Files)
		s.files[i], flat = flat[:n:n], flat[n:]
	}
	const chunk = 16
	var next atomic.Int64
	var wg sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), 16) {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for {
				from := int(next.Add(chunk)) - chunk
				if from >= len(dirs) {
					return
				}
				for i := from; i < min(from+chunk, len(dirs)); i++ {
					s.dirs[i] = scanDir(&dirs[i], s.files[i])
				}
			}
		}()
	}
	wg.Wait()
	return s
}

// scanDir looks at one directory and its files.
func scanDir(d *Dir, files []look) look {
	fd, l, err := openDir(d.Path)
	if err != nil {
		for i := range files {
			files[i].digest = unreadable
		}
		return look{digest: unreadable}
	}
	if l.digest == 0 {
		return l // and so are its files
	}
	defer fd.close()
	for i := range d.Files {
		if files[i], err = fd.stat(d.Files[i].Name); err != nil {
			files[i] = look{digest: unreadable}
		}
	}
	return l
}

// Ticks of clocks that stamp files: the kernel's own advances every 10 ms or
// less; a file system that keeps whole seconds may keep even ones only.
const (
	fineTick   = 20 * time.Millisecond
	coarseTick = 2 * time.Second
)

// racy reports whether something could have changed again after it was looked
// at, at time at, without looking different. A time in the future is racy too.
func (l look) racy(at time.Time) bool {
	tick := fineTick
	if l.coarse {
		tick = coarseTick
	}
	return l.digest != 0 && l.changed > at.Add(-tick).UnixNano()
}

// names hashes the names in a directory that count by a rule. A directory
// that is not there has the zero Sum.
func names(path string, rule Rule) (Sum, error) {
	entries, err := os.ReadDir(path)
	if os.IsNotExist(err) {
		return Sum{}, nil
	}
	if err != nil {
		return Sum{}, err
	}
	return hashNames(entries, rule), nil
}

func hashNames(entries []os.DirEntry, rule Rule) Sum {
	var list []byte
	for _, e := range entries {
		if rule == All || isSource(e.Name()) || rule == Tree && e.IsDir() && !skippedDir(e.Name()) {
			list = appendText(list, e.Name())
			list = append(list, byte(e.Type()>>24))
		}
	}
	return sumOf(list)
}

// isSource reports whether go may read a file of that name in a package's
// directory, see go/build's matchFile and Package. The profile is -pgo=auto's.
func isSource(name string) bool {
	switch name {
	case "go.mod", "vendor", "default.pgo":
		return true
	}
	if strings.HasPrefix(name, "_") || strings.HasPrefix(name, ".") {
		return false
	}
	switch filepath.Ext(name) {
	case ".go", ".c", ".cc", ".cpp", ".cxx", ".m", ".h", ".hh", ".hpp", ".hxx",
		".f", ".F", ".for", ".f90", ".s", ".S", ".sx", ".swig", ".swigcxx", ".syso":
		return true
	}
	return false
}

// skippedDir reports whether ./... passes a directory over.
func skippedDir(name string) bool {
	return name == "testdata" || strings.HasPrefix(name, "_") || strings.HasPrefix(name, ".")
}
