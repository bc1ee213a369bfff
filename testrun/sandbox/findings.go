package sandbox

import (
	"cmp"
	"os"
	"path/filepath"

	"golang.org/x/mod/modfile"

	"github.com/gust-go/gust/internal/gocmd"
)

// Findings are what the tests of a run did besides their work.
type Findings struct {
	Packages []Package
	// Kept is where files are kept that tests wrote; "" if there are none.
	Kept string
}

// A Package is one test binary that ran.
type Package struct {
	// Path is the import path, Dir the directory.
	Path, Dir string
	// Error says why there was no sandbox, Ran whether the tests ran then.
	Error string
	Ran   bool
	// Wrote are files in the checkout or the home directory.
	Wrote []Write
	// Left are command lines of processes that outlived the tests.
	Left [][]string
	// Temp are files left in temporary directories.
	Temp []string
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
