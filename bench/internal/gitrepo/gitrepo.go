// Package gitrepo picks consecutive commits of a git repository and checks
// them out, without writing to the repository: it works in a clone that
// borrows the objects.
package gitrepo

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// ErrTooFew is returned where a repository has fewer commits than asked for.
var ErrTooFew = errors.New("not enough commits that touch non-test Go files")

// A Commit is one step of a replay.
type Commit struct {
	Hash    string
	Subject string
}

// Short is the hash as people write it.
func (c Commit) Short() string { return c.Hash[:min(len(c.Hash), 10)] }

// A Range is a commit to start from and those to replay, oldest first.
type Range struct {
	Base    Commit
	Commits []Commit
}

// Select finds n consecutive first-parent commits that touch a non-test Go
// file. They follow the commit from; where that is empty they are the latest.
// Commits in between that touch no such file are part of the next one's step.
func Select(ctx context.Context, repo, from string, n int) (Range, error) {
	if n < 1 {
		return Range{}, fmt.Errorf("cannot select %d commits", n)
	}
	span := "HEAD"
	if from != "" {
		if err := onFirstParents(ctx, repo, from); err != nil {
			return Range{}, err
		}
		span = from + "..HEAD"
	}
	out, err := git(ctx, repo, "log", "--first-parent", "--diff-merges=first-parent",
		"--no-renames", "--name-only", "-z", "--format=%x01%H %s", span)
	if err != nil {
		return Range{}, err
	}
	touching := parseLog(out) // newest first
	if len(touching) < n {
		return Range{}, fmt.Errorf("%w: want %d, found %d", ErrTooFew, n, len(touching))
	}
	if from == "" {
		touching = touching[:n]
		from = touching[n-1].Hash + "^1"
	}
	slices.Reverse(touching)
	base, err := resolve(ctx, repo, from)
	if err != nil {
		return Range{}, err
	}
	return Range{Base: base, Commits: touching[:n]}, nil
}

// onFirstParents makes sure that HEAD descends from rev along first parents;
// otherwise "what follows rev" would start somewhere else.
func onFirstParents(ctx context.Context, repo, rev string) error {
	base, err := resolve(ctx, repo, rev)
	if err != nil {
		return err
	}
	out, err := git(ctx, repo, "rev-list", "--first-parent", "--parents", rev+"..HEAD")
	if err != nil {
		return err
	}
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	if parents := strings.Fields(lines[len(lines)-1]); len(parents) < 2 || parents[1] != base.Hash {
		return fmt.Errorf("commit %q is not one of HEAD's first-parent ancestors", rev)
	}
	return nil
}

func resolve(ctx context.Context, repo, rev string) (Commit, error) {
	out, err := git(ctx, repo, "log", "-1", "--format=%H %s", rev)
	if err != nil {
		return Commit{}, err
	}
	return parseCommit(strings.TrimSpace(string(out))), nil
}

// parseLog reads records of the form "\x01HASH SUBJECT\0\nFILE\0FILE\0".
func parseLog(out []byte) []Commit {
	var commits []Commit
	for record := range bytes.SplitSeq(out, []byte{1}) {
		head, files, found := strings.Cut(string(record), "\x00")
		if !found {
			continue
		}
		for _, file := range strings.Split(files, "\x00") {
			if matters(strings.TrimPrefix(file, "\n")) {
				commits = append(commits, parseCommit(head))
				break
			}
		}
	}
	return commits
}

func parseCommit(line string) Commit {
	hash, subject, _ := strings.Cut(line, " ")
	return Commit{Hash: hash, Subject: subject}
}

// matters says whether file can be part of a build.
func matters(file string) bool {
	if path.Ext(file) != ".go" || strings.HasSuffix(file, "_test.go") {
		return false
	}
	for _, dir := range strings.Split(path.Dir(file), "/") {
		if dir == "testdata" || (dir != "." && strings.HasPrefix(dir, ".")) || strings.HasPrefix(dir, "_") {
			return false
		}
	}
	return true
}

// A Tree is a work tree in which commits are checked out.
type Tree struct {
	Dir string
}

// NewTree makes a work tree of repo in dir, or takes the one an earlier run
// has left there.
func NewTree(ctx context.Context, repo, dir string) (*Tree, error) {
	abs, err := filepath.Abs(repo)
	if err != nil {
		return nil, fmt.Errorf("find repository: %w", err)
	}
	if _, err := os.Stat(filepath.Join(dir, ".git")); err == nil {
		return &Tree{Dir: dir}, nil
	}
	if _, err := git(ctx, "", "clone", "--quiet", "--shared", "--no-checkout", abs, dir); err != nil {
		return nil, err
	}
	// No build needs these folders, and they can be most of a repository: a
	// clone made for builds may even lack their objects.
	if _, err := git(ctx, dir, "sparse-checkout", "set", "--no-cone", "/*", "!testdata/"); err != nil {
		return nil, err
	}
	return &Tree{Dir: dir}, nil
}

// Checkout makes the tree that of c, but for folders called testdata, and
// touches only files that differ.
func (t *Tree) Checkout(ctx context.Context, c Commit) error {
	_, err := git(ctx, t.Dir, "checkout", "--quiet", "--force", "--detach", c.Hash)
	return err
}

// git runs one git command. dir may be a bare repository.
func git(ctx context.Context, dir string, args ...string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, "git", args...)
	cmd.Dir = dir
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("git %s: %w\n%s", args[0], err, &stderr)
	}
	return out, nil
}
