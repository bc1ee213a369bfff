package build

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/mod/modfile"

	"github.com/gust-go/gust/build/cache"
	"github.com/gust-go/gust/build/direct"
	"github.com/gust-go/gust/build/store"
	"github.com/gust-go/gust/build/toolexec"
	"github.com/gust-go/gust/internal/gocmd"
)

const toolexecVar = toolexec.SessionVar

// session is where one build keeps its things within gust's cache.
type session struct {
	env      direct.Env
	gocache  string // the overlay
	dir      string // removed at the end
	release  func() // lets others remove what is in the overlay
	store    *store.Store
	toolexec toolexec.Session
}

// newSession makes the directories of a build.
func (r *runner) newSession(ctx context.Context) (session, error) {
	root, err := r.cacheDir()
	if err != nil {
		return session{}, err
	}
	s := session{env: planEnv(r.env), store: &store.Store{Dir: filepath.Join(root, "store"), Now: time.Now}}
	s.gocache = r.overlayDir(root, r.env)
	if s.release, err = useCache(ctx, root); err != nil {
		return s, err
	}
	if s.dir, err = sessionDir(filepath.Join(root, "session")); err != nil {
		s.release()
		return s, fmt.Errorf("make gust's cache: %w", err)
	}
	rebuild := r.goFlagOn("a")
	s.toolexec = toolexec.Session{
		Store:      s.store.Dir,
		Log:        filepath.Join(s.dir, "log"),
		Relaxed:    r.Lines == LinesRelaxed,
		NoReuse:    r.NoReuse || rebuild,
		Probe:      r.Probe,
		Verify:     r.getenv("GUST_VERIFY") == "1",
		GOROOT:     r.env.GOROOT,
		GOMODCACHE: r.env.GOMODCACHE,
		Mixed:      r.mixed(),
		Starts:     r.timed != nil,
	}
	return s, nil
}

// overlayDir is the directory of the overlay in gust's cache. One overlay belongs to
// one user's cache, and what a relaxed build leaves must not be taken for exact.
func (r *runner) overlayDir(root string, env gocmd.Env) string {
	return filepath.Join(root, "go-build", string(r.lines())+"-"+store.Key([]byte(env.GOCACHE))[:16])
}

// lines is the rule for line tables.
func (r *runner) lines() Lines { return cmp.Or(r.Lines, LinesExact) }

// sessionDir makes a directory for this build and removes those that killed
// builds left behind.
func sessionDir(parent string) (string, error) {
	if err := os.MkdirAll(parent, 0o777); err != nil {
		return "", err
	}
	left, _ := os.ReadDir(parent)
	for _, e := range left {
		if info, err := e.Info(); err == nil && time.Since(info.ModTime()) > 24*time.Hour {
			_ = os.RemoveAll(filepath.Join(parent, e.Name()))
		}
	}
	return os.MkdirTemp(parent, "build-*")
}

// mixed reports whether packages in the module cache may import packages that
// change: a workspace or a replaced module can stand under them.
func (r *runner) mixed() bool {
	if r.env.GOWORK != "" && r.env.GOWORK != "off" {
		return true
	}
	if r.goFlag("modfile") != "" {
		return true // rare enough not to look for it
	}
	b, err := os.ReadFile(r.env.GOMOD)
	if err != nil {
		return false
	}
	mod, err := modfile.Parse(r.env.GOMOD, b, nil)
	if err != nil {
		return true // go itself will say so, or knows what this parser does not
	}
	for _, rep := range mod.Replace {
		if rep.New.Version == "" { // a directory
			return true
		}
	}
	return false
}

// cacheDir is the root of gust's cache.
func (r *runner) cacheDir() (string, error) {
	if r.CacheDir != "" {
		return r.CacheDir, nil
	}
	return cache.Dir(r.getenv)
}

// getenv is lookupEnv where a variable that is not set is as good as an empty one.
func (r *runner) getenv(name string) string {
	value, _ := r.lookupEnv(name)
	return value
}

// lookupEnv looks a variable up in the environment that go gets.
func (r *runner) lookupEnv(name string) (value string, ok bool) {
	if r.Go.Env == nil {
		return os.LookupEnv(name)
	}
	for i := len(r.Go.Env) - 1; i >= 0; i-- {
		if v, ok := strings.CutPrefix(r.Go.Env[i], name+"="); ok {
			return v, true
		}
	}
	return "", false
}

// close ends the session; it may have been closed, or never opened.
func (s *session) close() {
	if s.dir != "" {
		_ = os.RemoveAll(s.dir)
		s.release()
		s.dir = ""
	}
}
