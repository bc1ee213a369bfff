package git

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
)

// A Staged is a path whose entry in the index differs from HEAD.
type Staged struct {
	// Path is relative to Root, with slashes.
	Path string
	// Deleted says that the commit to be will not have it.
	Deleted bool
}

// Staged returns what the next commit would change, in git's order.
func (r *Repo) Staged(ctx context.Context) ([]Staged, error) {
	out, err := r.run(ctx, "diff", "--cached", "--name-status", "-z", "--no-ext-diff", "--no-renames", "--ignore-submodules=all")
	if err != nil {
		return nil, err
	}
	words := fields(out)
	if len(words)%2 != 0 {
		return nil, fmt.Errorf("git diff --name-status wrote %q", out)
	}
	var staged []Staged
	for i := 0; i < len(words); i += 2 {
		staged = append(staged, Staged{Path: words[i+1], Deleted: words[i] == "D"})
	}
	return staged, nil
}

// Unstaged returns the paths whose content in the working tree is not that in
// the index, deleted ones included, relative to Root with slashes.
func (r *Repo) Unstaged(ctx context.Context) ([]string, error) {
	out, err := r.run(ctx, "diff", "--name-only", "-z", "--no-ext-diff", "--no-renames", "--ignore-submodules=all")
	return fields(out), err
}

// Indexed returns the paths in the index that match a pathspec.
func (r *Repo) Indexed(ctx context.Context, pathspec string) ([]string, error) {
	out, err := r.run(ctx, "ls-files", "-z", "--cached", "--", pathspec)
	return fields(out), err
}

// WriteIndexed writes files below a directory as a checkout of the index would
// have them. The index and the working tree stay as they are.
func (r *Repo) WriteIndexed(ctx context.Context, dir string, paths []string) error {
	if len(paths) == 0 {
		return nil
	}
	_, err := r.runIn(ctx, strings.NewReader(strings.Join(paths, "\x00")+"\x00"),
		"checkout-index", "-z", "--stdin", "--prefix="+filepath.ToSlash(dir)+"/")
	return err
}

// HasHead reports whether there is a commit to compare with.
func (r *Repo) HasHead(ctx context.Context) bool {
	_, err := r.run(ctx, "rev-parse", "--verify", "--quiet", "HEAD^{commit}")
	return err == nil
}

// HooksDir returns where git looks for hooks, which core.hooksPath may say,
// and the directory that all working trees of the repository share.
func (r *Repo) HooksDir(ctx context.Context) (hooks, common string, err error) {
	out, err := r.run(ctx, "rev-parse", "--git-path", "hooks", "--git-common-dir")
	if err != nil {
		return "", "", err
	}
	hooks, common, ok := strings.Cut(strings.TrimSuffix(string(out), "\n"), "\n")
	if !ok {
		return "", "", fmt.Errorf("git rev-parse --git-path wrote %q", out)
	}
	return r.abs(hooks), r.abs(common), nil
}

// abs makes a path of git's, which runs in Root, absolute.
func (r *Repo) abs(name string) string {
	name = filepath.FromSlash(name)
	if filepath.IsAbs(name) {
		return filepath.Clean(name)
	}
	return filepath.Join(r.Root, name)
}
