// Package suggest finds what the next word of a command line could be: package
// patterns and the names of tests. It reads folders and files and starts
// nothing, because somebody waits for it between two keys. It may miss what
// build tags or an overlay would show; that can still be typed.
package suggest

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Bounds of one search: a key must be answered at once, also in a home directory.
const (
	maxFolders  = 2000
	maxPatterns = 300
)

// Packages returns patterns of packages that begin with prefix, which is
// relative to dir ("./cmd/...") or an import path of the module around it.
// Nearer ones come first.
func Packages(dir, prefix string) []string {
	if prefix == "" || prefix == "." || strings.HasPrefix(prefix, "./") || strings.HasPrefix(prefix, "../") {
		return relative(dir, prefix)
	}
	root, path := Module(dir)
	if path == "" {
		return nil
	}
	if !strings.HasPrefix(prefix, path+"/") {
		if !strings.HasPrefix(path, prefix) {
			return nil
		}
		prefix = path + "/"
	}
	head, name := cut(prefix)
	t := scan(filepath.Join(root, filepath.FromSlash(strings.TrimPrefix(head, path+"/"))), name)
	return t.patterns(head, name, strings.TrimSuffix(head, "/"))
}

func relative(dir, prefix string) []string {
	if prefix == "" || prefix == "." {
		prefix = "./"
	}
	head, name := cut(prefix)
	self := strings.TrimSuffix(head, "/")
	if head != "./" && head != "../" {
		self = "" // it is among the patterns of the folder above
	}
	t := scan(filepath.Join(dir, filepath.FromSlash(head)), name)
	return t.patterns(head, name, self)
}

// cut splits a prefix behind its last slash.
func cut(prefix string) (head, name string) {
	i := strings.LastIndexByte(prefix, '/') + 1
	return prefix[:i], prefix[i:]
}

// A tree is folders that may have packages, breadth first.
type tree []folder

type folder struct {
	path   string // relative to the top, with slashes
	parent int
	// goes says that there are Go files in it, below that there are some in
	// folders below.
	goes, below bool
}

// scan looks into top and the folders below it whose path begins with name.
func scan(top, name string) tree {
	t := tree{{parent: -1}}
	for i := 0; i < len(t) && i < maxFolders; i++ {
		dir := filepath.Join(top, filepath.FromSlash(t[i].path))
		entries, err := os.ReadDir(dir)
		if err != nil {
			continue
		}
		for _, e := range entries {
			switch {
			case !e.IsDir():
				t[i].goes = t[i].goes || isSource(e.Name())
			case (i > 0 || strings.HasPrefix(e.Name(), name)) && isPackageDir(dir, e):
				t = append(t, folder{path: strings.TrimPrefix(t[i].path+"/"+e.Name(), "/"), parent: i})
			}
		}
	}
	for i := len(t) - 1; i > 0; i-- {
		if t[i].goes || t[i].below {
			t[t[i].parent].below = true
		}
	}
	return t
}

func isSource(name string) bool {
	return strings.HasSuffix(name, ".go") && !strings.HasPrefix(name, ".") && !strings.HasPrefix(name, "_")
}

// isPackageDir says whether go looks for packages of the same module in a
// folder; those of other modules of a workspace can be named as well.
func isPackageDir(parent string, e fs.DirEntry) bool {
	name := e.Name()
	if name == "testdata" || name == "vendor" || name == "node_modules" || strings.HasPrefix(name, ".") || strings.HasPrefix(name, "_") {
		return false
	}
	return !isFile(filepath.Join(parent, name, "go.mod")) || inWorkspace(parent)
}

func isFile(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular()
}

func inWorkspace(dir string) bool { return above(dir, "go.work") != "" }

// above finds the nearest folder around dir that has a file.
func above(dir, name string) string {
	for {
		if isFile(filepath.Join(dir, name)) {
			return dir
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return ""
		}
		dir = parent
	}
}

// patterns are those of the tree. self is what the top is called, "" leaves it out.
func (t tree) patterns(head, name, self string) []string {
	var found []string
	for i, f := range t {
		switch {
		case len(found) >= maxPatterns:
			return found
		case i > 0:
			if f.goes {
				found = append(found, head+f.path)
			}
			if f.below {
				found = append(found, head+f.path+"/...")
			}
		case name == "":
			if f.below || f.goes && self != "" {
				found = append(found, head+"...")
			}
			if f.goes && self != "" {
				found = append(found, self)
			}
		}
	}
	return found
}

// Module returns the folder and path of the module around dir.
func Module(dir string) (root, path string) {
	if root = above(dir, "go.mod"); root == "" {
		return "", ""
	}
	data, err := os.ReadFile(filepath.Join(root, "go.mod"))
	if err != nil {
		return "", ""
	}
	for line := range strings.Lines(string(data)) {
		if fields := strings.Fields(line); len(fields) > 1 && fields[0] == "module" {
			return root, strings.Trim(fields[1], "\"`")
		}
	}
	return "", ""
}

// folders are the folders that patterns name, as far as they are of this
// module.
func folders(dir string, patterns []string) []string {
	var found []string
	for _, p := range patterns {
		base, all := strings.CutSuffix(p, "...")
		at := filepath.Join(dir, filepath.FromSlash(base))
		if !strings.HasPrefix(p, ".") {
			root, path := Module(dir)
			rest, ok := strings.CutPrefix(base, path)
			if path == "" || !ok {
				continue
			}
			at = filepath.Join(root, filepath.FromSlash(rest))
		}
		if !all {
			found = append(found, at)
			continue
		}
		for _, f := range scan(at, "") {
			if f.goes {
				found = append(found, filepath.Join(at, filepath.FromSlash(f.path)))
			}
		}
	}
	slices.Sort(found)
	return slices.Compact(found)
}
