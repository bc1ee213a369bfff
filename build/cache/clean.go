package cache

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Cleaned says what Clean did.
type Cleaned struct {
	// Removed counts files, Freed the bytes.
	Removed int
	Freed   int64
	// Foreign are the paths that were left because they are not gust's.
	Foreign []string
}

// Clean removes everything of gust's, and the folder if nothing else is in it.
// While builds run it removes nothing: the error is an *InUseError then. The
// folder must have passed [Cache.Check].
func (c *Cache) Clean(ctx context.Context) (Cleaned, error) {
	var done Cleaned
	root, err := c.open()
	if root == nil {
		return done, err
	}
	defer root.Close()
	busy, err := c.exclusive(ctx, root, func() error {
		found, err := scan(ctx, c.Dir)
		if err != nil {
			return err
		}
		done.Foreign = found.foreign
		return c.clean(ctx, root, found, &done)
	})
	if busy != nil {
		return done, busy
	}
	if err != nil {
		return done, err
	}
	// Fails if something is left, or if the folder is a link, which stays.
	if info, err := os.Lstat(c.Dir); err == nil && info.IsDir() {
		_ = os.Remove(c.Dir)
	}
	return done, nil
}

// clean removes what was found, children before their directories and the lock
// last. A kill in between leaves a smaller cache.
func (c *Cache) clean(ctx context.Context, root *os.Root, found *contents, done *Cleaned) error {
	var failed error
	freed := int64(0)
	left := map[*node]int{}
	for _, f := range slices.Backward(found.files) {
		if err := ctx.Err(); err != nil {
			return err
		}
		if f.rel == lockName {
			continue
		}
		err := root.Remove(f.rel)
		switch {
		case f.dir:
			// It may hold what is not gust's, or what a build has just written.
		case err == nil || errors.Is(err, fs.ErrNotExist):
			done.Removed++
			left[f.node]++
			if uint64(left[f.node]) == f.node.links {
				freed += f.node.disk
			}
		case failed == nil:
			failed = err
		}
	}
	done.Freed = freed
	if failed == nil {
		// Windows does not remove what is open; an empty file is no harm.
		_ = root.Remove(lockName)
	}
	return failed
}

// Visible is the paths in a cache that is not gust's alone, for messages:
// relative, with slashes, at most n and how many there are more.
func Visible(paths []string, n int) (list []string, more int) {
	for _, p := range paths {
		list = append(list, strings.ReplaceAll(p, string(filepath.Separator), "/"))
	}
	slices.Sort(list)
	if len(list) <= n {
		return list, 0
	}
	return list[:n], len(list) - n
}
