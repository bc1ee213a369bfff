package hook

import (
	"path"
	"slices"
	"strings"

	"github.com/gust-go/gust/internal/git"
)

// A Module is one with files that are staged.
type Module struct {
	// Dir is relative to the root of the repository; "." is the root.
	Dir string
	// Files are what is staged in it, relative to the root.
	Files []git.Staged
}

// Modules maps files to the modules they belong to, by the go.mod files that
// there are. Files of no module are left out; a go.work concerns all modules
// beside and below it.
func Modules(staged []git.Staged, gomods []string) []Module {
	var dirs []string
	for _, name := range gomods {
		if dir := path.Dir(name); path.Base(name) == "go.mod" && !inTestdata(dir) {
			dirs = append(dirs, dir)
		}
	}
	files := make(map[string][]git.Staged)
	for _, f := range staged {
		if base := path.Base(f.Path); base == "go.work" || base == "go.work.sum" {
			for _, dir := range dirs {
				if git.Below(dir, path.Dir(f.Path)) {
					files[dir] = append(files[dir], f)
				}
			}
			continue
		}
		if dir, ok := nearest(path.Dir(f.Path), dirs); ok {
			files[dir] = append(files[dir], f)
		}
	}
	var modules []Module
	for dir, list := range files {
		modules = append(modules, Module{Dir: dir, Files: list})
	}
	slices.SortFunc(modules, func(a, b Module) int { return strings.Compare(a.Dir, b.Dir) })
	return modules
}

// nearest is the module that a directory is in.
func nearest(dir string, modules []string) (string, bool) {
	for {
		if slices.Contains(modules, dir) {
			return dir, true
		}
		if dir == "." || dir == "/" {
			return "", false
		}
		dir = path.Dir(dir)
	}
}

// inTestdata reports whether go ignores what is in a directory as data of
// tests; a go.mod there makes no module that anybody builds.
func inTestdata(dir string) bool { return slices.Contains(strings.Split(dir, "/"), "testdata") }

// Relevant reports whether a step has to look at a module because of a file.
func Relevant(step string, f git.Staged) bool {
	dir, base := path.Dir(f.Path), path.Base(f.Path)
	moduleFile := slices.Contains([]string{"go.mod", "go.sum", "go.work", "go.work.sum"}, base)
	data := inTestdata(dir)
	switch step {
	case "test":
		return true // tests may read anything; which ones do gust test --affected decides
	case "build", "vet":
		// A file that is gone may have been embedded.
		return !data && (moduleFile || f.Deleted || isSource(f.Path))
	case "tidy":
		return !data && (moduleFile || strings.HasSuffix(base, ".go"))
	case "tags":
		return !data && !f.Deleted && strings.HasSuffix(base, ".go")
	case "graph":
		return !data && (moduleFile || base == "gust.toml" || base == "modules.txt")
	case "kernel":
		return !data && (moduleFile || base == ".env.go")
	}
	return false
}

// isSource reports whether go may compile a file, or, in a vendor directory,
// look at it.
func isSource(name string) bool {
	if slices.Contains(strings.Split(path.Dir(name), "/"), "vendor") {
		return true
	}
	switch path.Ext(name) {
	case ".go", ".s", ".S", ".sx", ".c", ".h", ".cc", ".cpp", ".cxx", ".hh", ".hpp", ".hxx",
		".m", ".f", ".F", ".for", ".f90", ".swig", ".swigcxx", ".syso":
		return true
	}
	return false
}
