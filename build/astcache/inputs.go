package astcache

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// maxTree is how many directories a pattern or an embedded tree may have.
const maxTree = 20000

// under reports whether path is dir or below it.
func under(path, dir string) bool {
	return dir != "" && (path == dir || strings.HasPrefix(path, strings.TrimSuffix(dir, string(filepath.Separator))+string(filepath.Separator)))
}

// pkg watches the files of a package.
func (c *collector) pkg(p *Package) error {
	switch {
	case c.Tests && p.Generated():
		return nil
	case p.Incomplete:
		return refuse("%s cannot be loaded", p.ImportPath)
	case len(p.CgoPkgConfig) > 0:
		return refuse("%s asks pkg-config", p.ImportPath)
	case len(p.SwigFiles)+len(p.SwigCXXFiles) > 0:
		return refuse("%s uses SWIG", p.ImportPath)
	case p.Standard && !p.DepOnly:
		return refuse("%s belongs to the standard library", p.ImportPath)
	case p.ImportPath == "unsafe":
		return nil
	case !filepath.IsAbs(p.Dir):
		return refuse("%s has no directory", p.ImportPath)
	}
	if under(p.Dir, c.GOROOT) || under(p.Dir, c.GOMODCACHE) {
		c.list(p.Dir, Whole)
		for _, name := range slices.Concat(p.compiled(), p.others(), p.EmbedFiles) {
			c.watch(filepath.Join(p.Dir, name), Fixed)
		}
		return nil
	}
	if m := p.Module; m != nil && m.Dir != "" {
		c.local[m.Dir] = m
		c.between(p.Dir, m.Dir)
	}
	c.list(p.Dir, Sources)
	if err := c.sources(p); err != nil {
		return err
	}
	return c.embeds(p)
}

// Generated reports whether this is the main package of tests, which go writes.
func (p *Package) Generated() bool {
	return p.Name == "main" && strings.HasSuffix(p.ImportPath, ".test") && len(p.GoFiles) == 1 && filepath.IsAbs(p.GoFiles[0])
}

// compiled are the Go files that reach the compiler or cgo.
func (p *Package) compiled() []string { return slices.Concat(p.GoFiles, p.CgoFiles) }

// others are the files in other languages.
func (p *Package) others() []string {
	return slices.Concat(p.CFiles, p.CXXFiles, p.MFiles, p.HFiles, p.FFiles, p.SFiles, p.SysoFiles)
}

// sources watches what go reads in the directory of one of the user's packages.
func (c *collector) sources(p *Package) error {
	code := Code
	if c.Exact {
		code = Exact
	}
	mode := make(map[string]Mode)
	for _, name := range slices.Concat(p.others(), p.IgnoredOtherFiles) {
		mode[name] = Bytes
	}
	for _, name := range slices.Concat(p.IgnoredGoFiles, p.TestGoFiles, p.XTestGoFiles) {
		mode[name] = Head
	}
	for _, name := range p.GoFiles {
		mode[name] = code
	}
	for _, name := range p.CgoFiles {
		mode[name] = Config
	}
	for name, m := range mode {
		c.watch(filepath.Join(p.Dir, name), m)
	}
	if p.Name == "main" {
		c.watch(filepath.Join(p.Dir, "default.pgo"), Bytes)
	}
	return c.unlisted(p.Dir, mode)
}

// unlisted watches files that go list does not speak of although go may look
// at them, such as those of a package that constraints leave out altogether.
func (c *collector) unlisted(dir string, known map[string]Mode) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return refuse("%v", err)
	}
	for _, e := range entries {
		if _, ok := known[e.Name()]; ok || e.IsDir() || !isSource(e.Name()) || e.Name() == "vendor" {
			continue
		}
		mode := Config
		if filepath.Ext(e.Name()) == ".go" {
			mode = Head
		}
		c.watch(filepath.Join(dir, e.Name()), mode)
	}
	return nil
}

// between watches for a go.mod in dir and the directories above it, below root:
// it would make a module of its own of what is below.
func (c *collector) between(dir, root string) {
	for dir != root && under(dir, root) {
		c.watch(filepath.Join(dir, "go.mod"), Kind)
		dir = filepath.Dir(dir)
	}
}

// embeds watches embedded files and the directories that patterns look into.
func (c *collector) embeds(p *Package) error {
	for _, name := range p.EmbedFiles {
		c.watch(filepath.Join(p.Dir, filepath.FromSlash(name)), Bytes)
	}
	for _, pattern := range p.EmbedPatterns {
		pattern = filepath.Join(p.Dir, filepath.FromSlash(strings.TrimPrefix(pattern, "all:")))
		if err := c.embed(p.Dir, pattern); err != nil {
			return err
		}
	}
	return nil
}

// embed watches where the matches of one pattern can be.
func (c *collector) embed(dir, pattern string) error {
	const wild = `*?[\`
	rel := pattern[len(dir):]
	at := strings.IndexAny(rel, wild)
	if at < 0 {
		return c.tree(pattern, All, nil)
	}
	parent := filepath.Dir(dir + rel[:at] + "x")
	if parent != filepath.Dir(pattern) {
		return c.tree(parent, All, nil) // below any directory
	}
	c.list(parent, All)
	matches, err := filepath.Glob(pattern)
	if err != nil {
		return refuse("%v", err)
	}
	for _, match := range matches {
		if err := c.tree(match, All, nil); err != nil {
			return err
		}
	}
	return nil
}

// tree watches dir and all directories below it but those that are skipped. A
// dir that is a file has none.
func (c *collector) tree(dir string, rule Rule, skip func(name string) bool) error {
	n := 0
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case !d.IsDir():
			return nil
		case path != dir && skip != nil && skip(d.Name()):
			return filepath.SkipDir
		}
		if n++; n > maxTree {
			return refuse("%s has too many directories", dir)
		}
		c.list(path, rule)
		return nil
	})
	if err != nil {
		return refuse("%v", err)
	}
	return nil
}

// patterns watches for packages that the user's patterns would match.
func (c *collector) patterns() error {
	for _, pattern := range c.Patterns {
		switch pattern {
		case "all", "std", "cmd", "work", "tool":
			return refuse("the pattern %s stands for more than files can tell", pattern)
		}
		prefix, _, wild := strings.Cut(pattern, "...")
		if strings.Contains(pattern, "@") {
			return refuse("%s names a version", pattern)
		}
		if !wild {
			continue
		}
		if !strings.HasPrefix(pattern, ".") && !filepath.IsAbs(pattern) {
			return refuse("the pattern %s is not a path", pattern)
		}
		// ./a... also matches what only begins with a.
		root := filepath.Dir(prefix + "x")
		if !filepath.IsAbs(root) {
			root = filepath.Join(c.Dir, root)
		}
		if err := c.match(root); err != nil {
			return err
		}
	}
	return nil
}

// match watches all directories that ./... looks into, and what is in those
// that hold no package of the build.
func (c *collector) match(root string) error {
	if err := c.tree(root, Tree, skippedDir); err != nil {
		return err
	}
	for dir, d := range c.dirs {
		if d.Rule < Tree || !under(dir, root) {
			continue
		}
		known := c.files[dir]
		if err := c.unlisted(dir, known); err != nil {
			return err
		}
	}
	return nil
}
