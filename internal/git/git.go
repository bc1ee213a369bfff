// Package git asks git what differs between a commit and the working tree, and
// for files as they were at a commit.
//
// Engines that select by change (gust test --affected, --cover-diff) and those
// that look at another commit (gust graph diff) use it.
// It trusts git with the object store and with ignore rules, and nothing
// else: whether a file changed is decided by hashing it ([Repo.Changed]), so
// that neither the index, nor a monitor, nor a filter that a repository
// configures can hide an edit.
package git

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/gust-go/gust/internal/fault"
)

// A Repo is a repository with a working tree. It is safe for concurrent use.
type Repo struct {
	// Root is the top of the working tree.
	Root string
	env  []string
	hash string // sha1 or sha256
}

// Open finds the repository that dir is in. env is in os.Environ form; nil
// means the process's own.
func Open(ctx context.Context, dir string, env []string) (*Repo, error) {
	r := &Repo{Root: dir, env: env}
	out, err := r.run(ctx, "rev-parse", "--show-object-format", "--show-toplevel")
	if err != nil {
		return nil, err
	}
	hash, root, ok := strings.Cut(strings.TrimSuffix(string(out), "\n"), "\n")
	if !ok || root == "" {
		return nil, fmt.Errorf("find the git repository of %s: no working tree", dir)
	}
	r.Root, r.hash = filepath.FromSlash(root), hash
	return r, nil
}

// Commit resolves what the user calls a revision. "REF..." stands for the
// last commit that REF and HEAD have in common.
func (r *Repo) Commit(ctx context.Context, ref string) (string, error) {
	name, base := strings.CutSuffix(ref, "...")
	out, err := r.run(ctx, "rev-parse", "--verify", "--quiet", "--end-of-options", name+"^{commit}")
	commit := strings.TrimSpace(string(out))
	if err == nil && base {
		out, err = r.run(ctx, "merge-base", commit, "HEAD")
		commit = strings.TrimSpace(string(out))
	}
	if ctx.Err() != nil {
		return "", ctx.Err()
	}
	if err != nil || commit == "" {
		return "", fault.New(fault.Usage, "run: git fetch --unshallow, or name another commit",
			"%q names no commit of %s", ref, r.Root)
	}
	return commit, nil
}

// File returns a file as it was in a commit. ok is false if it was not there.
func (r *Repo) File(ctx context.Context, commit, path string) (data []byte, ok bool, err error) {
	out, err := r.run(ctx, "ls-tree", "-z", "--full-tree", commit, "--", path)
	if err != nil {
		return nil, false, err
	}
	entries, err := parseTree(out)
	if err != nil {
		return nil, false, err
	}
	e, ok := entries[path]
	if !ok || e.mode == modeSubmodule {
		return nil, false, nil
	}
	data, err = r.run(ctx, "cat-file", "blob", e.id)
	return data, err == nil, err
}

// Diff returns the differences between a commit and the working tree in files
// with a suffix, without context lines, in git's own form.
func (r *Repo) Diff(ctx context.Context, commit, suffix string) ([]byte, error) {
	return r.run(ctx, "-c", "core.quotePath=false", "diff", "--no-color", "--no-ext-diff", "--no-textconv", "--text",
		"--no-renames", "--unified=0", "--src-prefix=a/", "--dst-prefix=b/", "--ignore-submodules=all",
		commit, "--", ":(top,glob)**/*"+suffix)
}

// Untracked returns the files that git neither has nor ignores, relative to
// Root with slashes. A repository within this one ends in a slash.
func (r *Repo) Untracked(ctx context.Context) ([]string, error) {
	out, err := r.run(ctx, "ls-files", "-z", "--others", "--exclude-standard")
	return fields(out), err
}

// Tracked returns the files in the index, those of submodules included, relative
// to Root with slashes.
func (r *Repo) Tracked(ctx context.Context) ([]string, error) {
	out, err := r.run(ctx, "ls-files", "-z", "--cached", "--recurse-submodules")
	return fields(out), err
}

// Ignored returns what git ignores; a directory all of which is ignored ends
// in a slash and stands for what is below.
func (r *Repo) Ignored(ctx context.Context) ([]string, error) {
	out, err := r.run(ctx, "ls-files", "-z", "--others", "--ignored", "--exclude-standard", "--directory")
	return fields(out), err
}

func fields(out []byte) []string {
	if len(out) == 0 {
		return nil
	}
	return strings.Split(strings.TrimSuffix(string(out), "\x00"), "\x00")
}

// run runs git and returns its output. A monitor is a program that a
// repository may name; it is not started.
func (r *Repo) run(ctx context.Context, args ...string) ([]byte, error) {
	return r.runIn(ctx, nil, args...)
}

// runIn is run for commands that read.
func (r *Repo) runIn(ctx context.Context, stdin io.Reader, args ...string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, "git", append([]string{"-c", "core.fsmonitor=false", "--no-optional-locks"}, args...)...)
	cmd.Dir, cmd.Stdin = r.Root, stdin
	cmd.Env = r.env
	if cmd.Env == nil {
		cmd.Env = os.Environ()
	}
	// Objects that a partial clone lacks are not fetched.
	cmd.Env = append(slices.Clip(cmd.Env), "LC_ALL=C", "GIT_NO_LAZY_FETCH=1")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	switch {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case errors.Is(err, exec.ErrNotFound), errors.Is(err, exec.ErrDot):
		return nil, fault.New(fault.Capability, "install git", "find git: %w", err)
	case err != nil:
		return nil, fmt.Errorf("git in %s: %w: %s", r.Root, err, strings.TrimSpace(stderr.String()))
	}
	return out, nil
}
