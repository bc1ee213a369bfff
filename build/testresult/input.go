package testresult

import (
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/gust-go/gust/build/gocache"
)

// tooNew is the age below which go does not trust the time of a file.
const tooNew = 2 * time.Second

var errTooNew = errors.New("a file that the test reads is too new")

// input is computeTestInputsID of cmd/go/internal/test.
type input struct {
	cache *Cache
	pkg   Package
	dir   string // relative names are in it
	h     hash.Hash
	id    gocache.ID
	read  []string
}

func (in *input) lines(log string) error {
	// The runtime looks at it without saying so in the log.
	in.variable("GODEBUG")
	for line := range strings.Lines(log) {
		line = strings.TrimSuffix(line, "\n")
		if line == "" {
			continue
		}
		op, name, ok := strings.Cut(line, " ")
		if !ok {
			return ErrMiss
		}
		if err := in.line(op, name); err != nil {
			return err
		}
	}
	in.id = sum(in.h)
	return nil
}

func (in *input) line(op, name string) error {
	switch op {
	case "getenv":
		in.variable(name)
	case "chdir":
		in.dir = name
		in.note(op, name, in.stat(name))
	case "stat", "open":
		if !filepath.IsAbs(name) {
			name = filepath.Join(in.dir, name)
		}
		if in.pkg.Root == "" || !within(name, in.pkg.Root) {
			return nil // go does not look at it again either
		}
		id, err := in.stat(name), error(nil)
		if op == "open" {
			id, err = in.open(name)
		}
		if err != nil {
			return err
		}
		in.note(op, name, id)
	default:
		return ErrMiss
	}
	return nil
}

// note adds a path to what is hashed and to what was read.
func (in *input) note(op, name string, id gocache.ID) {
	fmt.Fprintf(in.h, "%s %s %x\n", op, name, id)
	in.read = append(in.read, name)
}

func (in *input) variable(name string) {
	h := in.cache.hash()
	if v, ok := in.cache.Getenv(name); ok {
		h.Write(append([]byte{1}, v...))
	} else {
		h.Write([]byte{0})
	}
	fmt.Fprintf(in.h, "env %s %x\n", name, sum(h))
}

func (in *input) stat(name string) gocache.ID {
	h := in.cache.hash()
	info, err := os.Stat(name)
	writeStat(h, info, err)
	info, err = os.Lstat(name)
	writeStat(h, info, err)
	return sum(h)
}

func (in *input) open(name string) (gocache.ID, error) {
	h := in.cache.hash()
	info, err := os.Stat(name)
	writeStat(h, info, err)
	switch {
	case err != nil:
	case info.IsDir():
		in.dirOf(h, name)
	case info.Mode().IsRegular() && in.cache.Now.Sub(info.ModTime()) < tooNew:
		return gocache.ID{}, errTooNew
	}
	return sum(h), nil
}

// dirOf hashes what is in a directory.
func (in *input) dirOf(h io.Writer, name string) {
	files, err := os.ReadDir(name)
	if err != nil {
		fmt.Fprintf(h, "err %v\n", err)
	}
	for _, f := range files {
		in.read = append(in.read, filepath.Join(name, f.Name()))
		fmt.Fprintf(h, "file %s ", f.Name())
		info, err := f.Info()
		writeStat(h, info, err)
	}
}

func writeStat(h io.Writer, info fs.FileInfo, err error) {
	if err != nil {
		fmt.Fprintf(h, "err %v\n", err)
		return
	}
	fmt.Fprintf(h, "stat %d %x %v %v\n", info.Size(), uint64(info.Mode()), info.ModTime(), info.IsDir())
}

// within is search.InDir of cmd/go/internal/search: whether path is in dir, by
// name or behind symbolic links.
func within(path, dir string) bool {
	if lexically(path, dir) {
		return true
	}
	realPath, err := filepath.EvalSymlinks(path)
	linked := err == nil && realPath != path
	if linked && lexically(realPath, dir) {
		return true
	}
	realDir, err := filepath.EvalSymlinks(dir)
	if err != nil || realDir == dir {
		return false
	}
	return lexically(path, realDir) || linked && lexically(realPath, realDir)
}

func lexically(path, dir string) bool {
	return path == dir || strings.HasPrefix(path, strings.TrimSuffix(dir, string(filepath.Separator))+string(filepath.Separator))
}
