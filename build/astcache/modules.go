package astcache

import (
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/mod/modfile"
)

// modules watches what decides which modules there are.
func (c *collector) modules() error {
	if c.GOMOD == "" || c.GOMOD == os.DevNull {
		if c.GOWORK == "" {
			return refuse("there is no module")
		}
	} else if err := c.module(filepath.Dir(c.GOMOD)); err != nil {
		return err
	}
	// A go.mod or go.work nearer to the working directory would be the one.
	c.above("go.mod", c.GOMOD)
	if c.GOWORK != "off" {
		c.above("go.work", c.GOWORK)
	}
	if c.GOWORK != "" && c.GOWORK != "off" {
		if err := c.workspace(); err != nil {
			return err
		}
	}
	for dir, m := range c.local {
		if err := c.module(dir); err != nil {
			return err
		}
		c.elsewhere(dir, m.Path)
	}
	return nil
}

// above watches for a file called name in the working directory and above it,
// up to the one that is in force.
func (c *collector) above(name, inForce string) {
	for dir := c.Dir; ; dir = filepath.Dir(dir) {
		if path := filepath.Join(dir, name); path != inForce {
			c.watch(path, Kind)
		} else {
			return
		}
		if dir == filepath.Dir(dir) {
			return
		}
	}
}

// module watches the module files in a directory, and those of modules that
// stand in for others.
func (c *collector) module(dir string) error {
	for _, name := range []string{"go.mod", "go.sum", filepath.Join("vendor", "modules.txt")} {
		c.watch(filepath.Join(dir, name), Config)
	}
	c.watch(filepath.Join(dir, "vendor"), Kind)
	file := filepath.Join(dir, "go.mod")
	data, err := os.ReadFile(file)
	if os.IsNotExist(err) {
		return nil
	}
	if err != nil {
		return refuse("%v", err)
	}
	mod, err := modfile.Parse(file, data, nil)
	if err != nil {
		return refuse("%v", err) // go knows more directives than this parser
	}
	c.replaced(dir, mod.Replace)
	return nil
}

// replaced watches the go.mod of modules in directories, also of those that
// no package is from: they have a say in versions.
func (c *collector) replaced(dir string, replace []*modfile.Replace) {
	for _, r := range replace {
		if r.New.Version != "" {
			continue
		}
		to := filepath.FromSlash(r.New.Path)
		if !filepath.IsAbs(to) {
			to = filepath.Join(dir, to)
		}
		c.watch(filepath.Join(to, "go.mod"), Config)
	}
}

// workspace watches go.work and the modules it names.
func (c *collector) workspace() error {
	dir := filepath.Dir(c.GOWORK)
	for _, name := range []string{filepath.Base(c.GOWORK), "go.work.sum", filepath.Join("vendor", "modules.txt")} {
		c.watch(filepath.Join(dir, name), Config)
	}
	if base := strings.TrimSuffix(c.GOWORK, ".work"); base != c.GOWORK {
		c.watch(base+".work.sum", Config)
	}
	c.watch(filepath.Join(dir, "vendor"), Kind)
	data, err := os.ReadFile(c.GOWORK)
	if err != nil {
		return refuse("%v", err)
	}
	work, err := modfile.ParseWork(c.GOWORK, data, nil)
	if err != nil {
		return refuse("%v", err)
	}
	c.replaced(dir, work.Replace)
	for _, use := range work.Use {
		to := filepath.FromSlash(use.Path)
		if !filepath.IsAbs(to) {
			to = filepath.Join(dir, to)
		}
		if err := c.module(to); err != nil {
			return err
		}
	}
	return nil
}

// elsewhere watches directories of a local module from which packages would
// come that now come from another module with a longer path: go refuses an
// import that two modules provide.
func (c *collector) elsewhere(dir, path string) {
	for i := range c.Packages {
		p := &c.Packages[i]
		rest, ok := strings.CutPrefix(p.ImportPath, path+"/")
		if !ok || p.Standard || under(p.Dir, dir) && p.Module != nil && p.Module.Path == path {
			continue
		}
		c.list(filepath.Join(dir, filepath.FromSlash(rest)), Sources)
	}
}

// repositories watches for the directories by which go finds out that it is in
// a repository (cmd/go/internal/vcs.FromDir): from the working directory, the
// main packages and their modules on upwards.
func (c *collector) repositories() error {
	if !c.VCS {
		return nil
	}
	seen := make(map[string]bool)
	up := func(dir string) {
		for !seen[dir] {
			seen[dir] = true
			for _, name := range []string{".git", ".hg", ".svn", ".bzr", ".fslckout", "_FOSSIL_"} {
				c.watch(filepath.Join(dir, name), Kind)
			}
			dir = filepath.Dir(dir)
		}
	}
	up(c.Dir)
	for i := range c.Packages {
		p := &c.Packages[i]
		if p.Name != "main" || p.DepOnly {
			continue
		}
		up(p.Dir)
		if p.Module != nil && p.Module.Dir != "" {
			up(p.Module.Dir)
		}
	}
	return nil
}
