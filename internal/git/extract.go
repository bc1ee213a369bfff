package git

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
)

// maxFile bounds an extracted file, in bytes: those that describe modules are
// small.
const maxFile = 64 << 20

// Extract writes those files of a commit that want accepts, by their path
// from Root with slashes, below into. It returns the directory in there that
// corresponds to dir. Links are left out: they could lead anywhere.
func (r *Repo) Extract(ctx context.Context, commit, dir, into string, want func(string) bool) (string, error) {
	list, err := r.run(ctx, "ls-tree", "-r", "-z", "--full-tree", commit)
	if err != nil {
		return "", err
	}
	tree, err := parseTree(list)
	if err != nil {
		return "", err
	}
	for name, e := range tree {
		if !strings.HasPrefix(e.mode, "100") || !want(name) || !fs.ValidPath(name) {
			continue
		}
		if err := r.extract(ctx, e, filepath.Join(into, filepath.FromSlash(name))); err != nil {
			return "", fmt.Errorf("extract %q of %s: %w", name, commit, err)
		}
	}
	prefix, err := (&Repo{Root: dir, env: r.env}).run(ctx, "rev-parse", "--show-prefix")
	if err != nil {
		return "", err
	}
	// Cleaned with a slash in front it cannot lead out of into.
	at := filepath.Join(into, filepath.FromSlash(path.Clean("/"+strings.TrimSpace(string(prefix)))))
	return at, os.MkdirAll(at, 0o700)
}

func (r *Repo) extract(ctx context.Context, e entry, to string) error {
	data, err := r.run(ctx, "cat-file", "blob", e.id)
	if err != nil {
		return err
	}
	if len(data) > maxFile {
		return fmt.Errorf("%d bytes are too many", len(data))
	}
	if err := os.MkdirAll(filepath.Dir(to), 0o700); err != nil {
		return err
	}
	return os.WriteFile(to, data, 0o600)
}
