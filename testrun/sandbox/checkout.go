package sandbox

import (
	"os"
	"path/filepath"
	"slices"

	"golang.org/x/mod/modfile"

	"github.com/gust-go/gust/internal/gocmd"
)

// Root names the checkout that go works in, for which writes are kept.
func Root(env gocmd.Env, dir string) string { return Options{Env: env, Dir: dir}.root() }

// root names the checkout for which writes are kept.
func (o Options) root() string {
	if dirs := o.checkouts(); len(dirs) > 0 {
		return dirs[0]
	}
	return o.Dir
}

// checkouts are the working trees of the modules that are tested.
func (o Options) checkouts() []string {
	var dirs []string
	add := func(dir string) {
		if dir = checkoutOf(realDir(dir)); dir != "" && !slices.ContainsFunc(dirs, func(d string) bool { return inside(dir, d) }) {
			dirs = append(dirs, dir)
		}
	}
	if o.Env.GOWORK != "" && o.Env.GOWORK != "off" {
		root := filepath.Dir(o.Env.GOWORK)
		add(root)
		if data, err := os.ReadFile(o.Env.GOWORK); err == nil {
			if work, err := modfile.ParseWork(o.Env.GOWORK, data, nil); err == nil {
				for _, use := range work.Use {
					if filepath.IsAbs(use.Path) {
						add(use.Path)
					} else {
						add(filepath.Join(root, use.Path))
					}
				}
			}
		}
	}
	if o.Env.GOMOD != "" && o.Env.GOMOD != os.DevNull {
		add(filepath.Dir(o.Env.GOMOD))
	}
	return dirs
}

// checkoutOf is the top of the working tree that a module is in. Tests of one
// module may well look at, and write to, its neighbours.
func checkoutOf(dir string) string {
	for top := dir; top != "" && top != "/"; top = filepath.Dir(top) {
		if _, err := os.Lstat(filepath.Join(top, ".git")); err == nil {
			return top
		}
	}
	return dir
}

// realDir is the path of a directory without symbolic links, "" if there is
// none or it is the root.
func realDir(dir string) string {
	if !filepath.IsAbs(dir) {
		return ""
	}
	dir, err := filepath.EvalSymlinks(dir)
	if err != nil || dir == "/" {
		return ""
	}
	if info, err := os.Stat(dir); err != nil || !info.IsDir() {
		return ""
	}
	return dir
}
