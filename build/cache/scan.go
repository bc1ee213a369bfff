package cache

import (
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// inodeID names a file whatever its names are.
type inodeID struct{ dev, ino uint64 }

// inode is a file behind one or more names.
type inode struct {
	id    inodeID
	links uint64 // names it has, in and outside the cache
	disk  int64  // bytes allocated
}

// A file is one name in the cache.
type file struct {
	rel  string // path relative to the cache
	area string
	kind kind
	dir  bool
	size int64
	used time.Time // when it was last used, as far as the file system knows
	node *node
}

// node is an inode and the names of it that the cache has.
type node struct {
	inode
	names []*file
}

// freeable reports whether removing all names in the cache frees the space.
func (n *node) freeable() bool { return uint64(len(n.names)) >= n.links }

// contents is what a scan found.
type contents struct {
	files   []*file // directories as well, parents first
	foreign []string
	nodes   []*node // of everything but directories
	dirs    int64   // bytes allocated for directories
}

// scanner is one scan.
type scanner struct {
	dir   string
	found contents
	byID  map[inodeID]*node
}

// scan lists the cache. What cannot be read is counted as foreign; what
// vanishes meanwhile is nobody's concern.
func scan(ctx context.Context, dir string) (*contents, error) {
	s := &scanner{dir: dir, byID: map[inodeID]*node{}}
	err := filepath.WalkDir(resolved(dir), func(path string, d fs.DirEntry, err error) error {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		rel, relErr := filepath.Rel(resolved(dir), path)
		if relErr != nil || rel == "." {
			return relErr
		}
		return s.visit(path, rel, d, err)
	})
	if err != nil {
		return nil, err
	}
	return &s.found, nil
}

// resolved follows a symbolic link in the cache's own place, which WalkDir
// would not.
func resolved(dir string) string {
	if real, err := filepath.EvalSymlinks(dir); err == nil {
		return real
	}
	return dir
}

func (s *scanner) visit(path, rel string, d fs.DirEntry, err error) error {
	area, k := classify(rel)
	if err != nil {
		if !os.IsNotExist(err) {
			s.found.foreign = append(s.found.foreign, rel)
		}
		return nil
	}
	if !fits(k, d.Type()) {
		s.found.foreign = append(s.found.foreign, rel)
		if d.IsDir() {
			return filepath.SkipDir
		}
		return nil
	}
	info, err := d.Info()
	if err != nil {
		return nil
	}
	f := &file{rel: rel, area: area, kind: k, dir: d.IsDir(), size: info.Size(), used: info.ModTime()}
	s.found.files = append(s.found.files, f)
	node := inodeOf(path, info)
	if f.dir {
		s.found.dirs += node.disk
		return nil
	}
	s.attach(f, node)
	return nil
}

// fits reports whether something of this type can be what its name says. Links
// are nothing but what their name says they are: the one to the fuzz corpus, or
// rubbish.
func fits(k kind, t fs.FileMode) bool {
	switch k {
	case foreign:
		return false
	case corpus:
		return t&fs.ModeSymlink != 0
	case temp:
		return true
	}
	return t.IsDir() || t.IsRegular()
}

// attach gives a file its node, which it may share with other names.
func (s *scanner) attach(f *file, in inode) {
	n := s.byID[in.id]
	if n == nil || in.id == (inodeID{}) {
		n = &node{inode: in}
		s.found.nodes = append(s.found.nodes, n)
		s.byID[in.id] = n
	}
	n.names = append(n.names, f)
	f.node = n
}

// frees is what removing the whole cache would free.
func (c *contents) frees() int64 {
	total := c.dirs
	for _, n := range c.nodes {
		if n.freeable() {
			total += n.disk
		}
	}
	return total
}
