// Package gitref reads files as they were at a commit of the user's
// repository, without touching the work tree. It is the only place in gust
// that runs git.
//
// The repository's configuration is not trusted: only plumbing commands run,
// which know no hooks, aliases, filters or pagers, and objects that a partial
// clone lacks are not fetched.
package gitref

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"

	"github.com/gust-go/gust/internal/fault"
)

// Repo is the repository around a directory.
type Repo struct {
	// Dir is where the user stands; Env is in os.Environ form, nil for the
	// process's own.
	Dir string
	Env []string
}

func (r Repo) git(ctx context.Context, stdin string, args ...string) ([]byte, error) {
	args = append([]string{"--no-pager", "-c", "core.fsmonitor=false", "-c", "core.hooksPath=" + os.DevNull, "-c", "protocol.allow=never"}, args...)
	cmd := exec.CommandContext(ctx, "git", args...)
	env := r.Env
	if env == nil {
		env = os.Environ()
	}
	cmd.Dir, cmd.Env = r.Dir, append(env[:len(env):len(env)], "GIT_OPTIONAL_LOCKS=0", "GIT_NO_LAZY_FETCH=1", "LC_ALL=C")
	cmd.Stdin = strings.NewReader(stdin)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	switch {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case errors.Is(err, exec.ErrNotFound):
		return nil, fault.New(fault.Capability, "install git", "compare commits: there is no git in PATH")
	case err != nil:
		return nil, fault.New(fault.Capability, "run: git status", "git: %w: %s", err, strings.TrimSpace(stderr.String()))
	}
	return out, nil
}

// Commit resolves a revision that the user names to a commit's hash.
func (r Repo) Commit(ctx context.Context, rev string) (string, error) {
	if strings.HasPrefix(rev, "-") || rev == "" {
		return "", fault.New(fault.Usage, "run: git log --oneline", "%q is no revision", rev)
	}
	if _, err := r.git(ctx, "", "rev-parse", "--git-dir"); err != nil {
		return "", err
	}
	out, err := r.git(ctx, "", "rev-parse", "--verify", "--quiet", "--end-of-options", rev+"^{commit}")
	if err != nil {
		if ctx.Err() != nil {
			return "", ctx.Err()
		}
		return "", fault.New(fault.NotFound, "run: git log --oneline", "%q is no revision of this repository", rev)
	}
	return strings.TrimSpace(string(out)), nil
}

// maxFile bounds a file: those that go reads are small.
const maxFile = 64 << 20

// Extract writes those files of a commit that want accepts (by their path
// from the top of the repository, with slashes) below into, and returns the
// directory in there that corresponds to Dir.
func (r Repo) Extract(ctx context.Context, commit, into string, want func(string) bool) (string, error) {
	prefix, err := r.git(ctx, "", "rev-parse", "--show-prefix")
	if err != nil {
		return "", err
	}
	list, err := r.git(ctx, "", "ls-tree", "-r", "-z", "--full-tree", commit)
	if err != nil {
		return "", err
	}
	for entry := range strings.SplitSeq(string(list), "\x00") {
		meta, name, ok := strings.Cut(entry, "\t")
		f := strings.Fields(meta)
		// Regular files only: a link could lead anywhere.
		if !ok || len(f) != 3 || !strings.HasPrefix(f[0], "100") || !want(name) || !fs.ValidPath(name) {
			continue
		}
		data, err := r.git(ctx, "", "cat-file", "blob", f[2])
		if err != nil {
			return "", err
		}
		if len(data) > maxFile {
			return "", fmt.Errorf("read %q of %s: %d bytes are too many", name, commit, len(data))
		}
		to := filepath.Join(into, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(to), 0o700); err != nil {
			return "", fmt.Errorf("extract %q: %w", name, err)
		}
		if err := os.WriteFile(to, data, 0o600); err != nil {
			return "", fmt.Errorf("extract %q: %w", name, err)
		}
	}
	dir := filepath.Join(into, filepath.FromSlash(path.Clean("/"+strings.TrimSpace(string(prefix)))))
	return dir, os.MkdirAll(dir, 0o700)
}
