package main

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/gust-go/gust/internal/testcache"
)

// seeds makes warm build caches, one for each way to compile the standard
// library, that scripts and other tests start from. They are thrown away in the end, unless
// GUST_SEEDS names a directory to keep them in for the next run.
type seeds struct {
	mu   sync.Mutex
	all  map[string]*seed
	root string
}

// warmCaches are those of this process.
var warmCaches seeds

// warm is a build cache of the test's own with what most programs need. With
// the user's, gust would begin with a link to each of its entries, and with an
// empty one go would compile the standard library.
func warm(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "gocache")
	one, err := warmCaches.get("")
	if err == nil {
		one.once.Do(func() { one.err = one.make(nil, nil) })
		err = one.err
	}
	if err == nil {
		err = testcache.Link(filepath.Join(one.dir, "cache"), dir)
	}
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

type seed struct {
	once sync.Once
	dir  string
	err  error
}

// seedEnv are the variables that make go compile the standard library anew.
var seedEnv = []string{"GOOS", "GOARCH", "GOEXPERIMENT", "CGO_ENABLED"}

// cmd is the script command seedcache. It fills GOCACHE, and PLAINCACHE for
// the builds with go that gust is compared with. With the word small, with flags
// or with any of seedEnv set, there is only what every program needs: scripts
// that can do with that are several times as fast.
func (s *seeds) cmd(ts *testscript.TestScript, neg bool, args []string) {
	if neg {
		ts.Fatalf("usage: seedcache [small | build flags]")
	}
	env := []string{}
	for _, name := range seedEnv {
		if v := ts.Getenv(name); v != "" {
			env = append(env, name+"="+v)
		}
	}
	one, err := s.get(strings.Join(append(env, args...), " "))
	ts.Check(err)
	one.once.Do(func() { one.err = one.make(env, args) })
	ts.Check(one.err)
	ts.Check(testcache.Link(filepath.Join(one.dir, "cache"), ts.Getenv("GOCACHE")))
	ts.Check(testcache.Link(filepath.Join(one.dir, "cache"), ts.Getenv("PLAINCACHE")))
}

func (s *seeds) get(key string) (*seed, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.root == "" {
		s.root, s.all = os.Getenv("GUST_SEEDS"), map[string]*seed{}
	}
	if s.root == "" {
		dir, err := os.MkdirTemp("", "gust-seed")
		if err != nil {
			return nil, err
		}
		s.root = dir
	}
	if s.all[key] == nil {
		sum := sha256.Sum256([]byte(key))
		s.all[key] = &seed{dir: filepath.Join(s.root, hex.EncodeToString(sum[:8]))}
	}
	return s.all[key], nil
}

// make fills the seed unless an earlier run has.
func (s *seed) make(env, flags []string) error {
	done := filepath.Join(s.dir, "done")
	if _, err := os.Stat(done); err == nil {
		return nil
	}
	if err := s.fill(env, flags); err != nil {
		return err
	}
	return os.WriteFile(done, nil, 0o666)
}

// fill builds and tests a small program with a new cache.
func (s *seed) fill(env, flags []string) error {
	main, verbs := "package main\n\nfunc main() { println() }\n", []string{"build"}
	if len(flags) == 1 && flags[0] == "small" {
		flags = nil
	} else if len(env)+len(flags) == 0 {
		main, verbs = "package main\n\nimport \"fmt\"\n\nfunc main() { fmt.Println() }\n", []string{"build", "test -cover"}
	}
	work := filepath.Join(s.dir, "work")
	files := map[string]string{
		"go.mod":       "module seed\n\ngo 1.24\n",
		"main.go":      main,
		"main_test.go": "package main\n\nimport \"testing\"\n\nfunc TestSeed(t *testing.T) { main() }\n",
	}
	if err := os.MkdirAll(work, 0o777); err != nil {
		return err
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(work, name), []byte(text), 0o666); err != nil {
			return err
		}
	}
	for _, verb := range verbs {
		args := append(strings.Fields(verb), "-o", os.DevNull)
		args = append(args, flags...)
		cmd := exec.Command("go", append(args, ".")...)
		cmd.Dir = work
		cmd.Env = append(os.Environ(), "GOCACHE="+filepath.Join(s.dir, "cache"), "GOFLAGS=", "GOWORK=off", "GOENV=off")
		cmd.Env = append(cmd.Env, env...)
		if out, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("seed the build cache: go %s: %w\n%s", verb, err, out)
		}
	}
	return nil
}

func (s *seeds) remove() {
	if s.root != "" && s.root != os.Getenv("GUST_SEEDS") {
		_ = os.RemoveAll(s.root) // in the temporary directory anyway
	}
}
