// Package gitstate tells the state of a git repository as far as go stamps it
// into a binary. It asks git what go asks (cmd/go/internal/vcs and modfetch),
// and so runs nothing in a checkout that go build does not run there.
package gitstate

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os/exec"
	"strconv"
	"strings"
	"sync"
)

// A Repo is a repository and the git to ask.
type Repo struct {
	Git string   // path of the executable
	Dir string   // root of the work tree
	Env []string // nil means the process's own
}

// A State is what go stamps.
type State struct {
	// Revision and Time are HEAD's, Time in seconds since 1970. Both are empty
	// before the first commit.
	Revision, Time string
	// Modified is whether git status has anything to say.
	Modified bool
	// Refs stands for the tags and replacements there are; the version of the
	// main module depends on them.
	Refs string
}

// String renders the state for comparisons.
func (s State) String() string {
	return strings.Join([]string{s.Revision, s.Time, strconv.FormatBool(s.Modified), s.Refs}, " ")
}

// State asks for everything, with the processes side by side.
func (r Repo) State(ctx context.Context) (State, error) {
	var s State
	var status, head, refs error
	var wg sync.WaitGroup
	wg.Add(2)
	go func() {
		defer wg.Done()
		var out string
		out, status = r.run(ctx, "status", "--porcelain")
		s.Modified = out != ""
	}()
	go func() {
		defer wg.Done()
		var out string
		out, head = r.run(ctx, "-c", "log.showsignature=false", "log", "-1", "--format=%H:%ct")
		s.Revision, s.Time, _ = strings.Cut(strings.TrimSpace(out), ":")
	}()
	s.Refs, refs = r.Refs(ctx)
	wg.Wait()
	if head != nil && s.Modified {
		head = nil // no commit yet, as go assumes
	}
	for _, err := range []error{status, head, refs} {
		if err != nil {
			return State{}, err
		}
	}
	return s, nil
}

// Refs asks for what State has in Refs. It only reads references.
func (r Repo) Refs(ctx context.Context) (string, error) {
	out, err := r.run(ctx, "for-each-ref", "--format=%(objectname) %(refname)", "refs/tags", "refs/replace")
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256([]byte(out))
	return hex.EncodeToString(sum[:8]), nil
}

// Shallow reports whether history is cut off. Then more of it can arrive
// without a trace in State.
func (r Repo) Shallow(ctx context.Context) (bool, error) {
	out, err := r.run(ctx, "rev-parse", "--is-shallow-repository")
	return strings.TrimSpace(out) != "false", err
}

func (r Repo) run(ctx context.Context, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, r.Git, args...)
	cmd.Dir, cmd.Env = r.Dir, r.Env
	if cmd.Env != nil {
		cmd.Env = append(cmd.Env[:len(cmd.Env):len(cmd.Env)], "PWD="+r.Dir)
	}
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("git %s: %w", args[0], err)
	}
	return string(out), nil
}
