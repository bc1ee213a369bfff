package build

import (
	"context"
	"debug/buildinfo"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/gust-go/gust/build/astcache"
	"github.com/gust-go/gust/build/gitstate"
	"github.com/gust-go/gust/internal/gocmd"
)

// stamped is what a build has stamped of a repository.
type stamped struct {
	repo, state string
	tools       []astcache.Tool
}

// repo finds the root of the git repository that dir is in, as go does.
func (t *target) repo() (gitstate.Repo, bool) {
	git := gocmd.LookPath(t.Go.Env, "git")
	if git == "" {
		return gitstate.Repo{}, false
	}
	for dir := t.dir; ; dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, ".git")); err == nil {
			return t.gitRepo(dir), true
		}
		if dir == filepath.Dir(dir) {
			return gitstate.Repo{}, false
		}
	}
}

func (t *target) gitRepo(dir string) gitstate.Repo {
	return gitstate.Repo{Git: gocmd.LookPath(t.Go.Env, "git"), Dir: dir, Env: t.Go.Env}
}

// stamp tells the state of a repository.
func (t *target) stamp(ctx context.Context, dir string) (string, error) {
	s, err := t.gitRepo(dir).State(ctx)
	return s.String(), err
}

// askRefs asks for tags while go gets ready to build. The rest of a state can
// be read from the binary afterwards, tags cannot.
func (t *target) askRefs(ctx context.Context) <-chan string {
	refs := make(chan string, 1)
	repo, ok := t.repo()
	if v, set := gocmd.FindFlag(t.Verb, t.Args, "buildvcs"); !ok || set && v == "false" {
		close(refs)
		return refs
	}
	go func() {
		s, _ := repo.Refs(ctx) // an empty answer compares with nothing
		refs <- s
	}()
	return refs
}

// newStamp finds out from what was written what is stamped, and makes sure that
// it is the state of the repository.
func (t *target) newStamp(ctx context.Context, b *astcache.Build) (stamped, error) {
	var s stamped
	if !b.VCS {
		return s, nil
	}
	git := gocmd.LookPath(t.Go.Env, "git")
	s.tools = []astcache.Tool{{Name: "git", Path: git}}
	if git != "" {
		b.Fixed = append(b.Fixed, git)
	}
	for _, file := range b.Outputs {
		stamp, err := readStamp(file)
		if err != nil {
			return s, err
		}
		if stamp["vcs"] == "" {
			continue
		}
		if s.state, s.repo, err = t.verifyStamp(ctx, stamp); err != nil {
			return s, fmt.Errorf("%w: %s", err, file)
		}
	}
	return s, nil
}

// restamp does the same for a build of which there was a snapshot.
func (t *target) restamp(ctx context.Context, snap *astcache.Snapshot) error {
	for _, o := range snap.Outputs {
		stamp, err := readStamp(o.Path)
		if err != nil {
			return err
		}
		if (stamp["vcs"] == "") != (snap.Repo == "") {
			return astcache.ErrMoved
		}
		if snap.Repo == "" {
			continue
		}
		if snap.Stamp, _, err = t.verifyStamp(ctx, stamp); err != nil {
			return err
		}
	}
	return nil
}

// readStamp reads what go has stamped into a binary.
func readStamp(file string) (map[string]string, error) {
	info, err := buildinfo.ReadFile(file)
	if err != nil {
		return nil, err
	}
	stamp := make(map[string]string)
	for _, s := range info.Settings {
		stamp[s.Key] = s.Value
	}
	return stamp, nil
}

// verifyStamp compares a stamp with the state of the repository, which must not
// have changed during the build.
func (t *target) verifyStamp(ctx context.Context, stamp map[string]string) (state, dir string, err error) {
	repo, ok := t.repo()
	if !ok || stamp["vcs"] != "git" {
		return "", "", fmt.Errorf("%w: stamped by %s", astcache.ErrNoSnapshot, stamp["vcs"])
	}
	shallow, err := repo.Shallow(ctx)
	if err != nil || shallow {
		return "", "", fmt.Errorf("%w: the history is cut off", astcache.ErrNoSnapshot)
	}
	s, err := repo.State(ctx)
	if err != nil {
		return "", "", err
	}
	seconds, _ := strconv.ParseInt(s.Time, 10, 64)
	at := ""
	if s.Time != "" {
		at = time.Unix(seconds, 0).UTC().Format(time.RFC3339Nano)
	}
	if s.Revision != stamp["vcs.revision"] || at != stamp["vcs.time"] ||
		strconv.FormatBool(s.Modified) != stamp["vcs.modified"] || s.Refs != t.refsBefore() {
		return "", "", astcache.ErrMoved
	}
	return s.String(), repo.Dir, nil
}

// refsBefore is what askRefs was told; every caller gets it.
func (t *target) refsBefore() string {
	if t.refs != nil {
		t.refsSeen, t.refs = <-t.refs, nil
	}
	return t.refsSeen
}
