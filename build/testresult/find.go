package testresult

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"os"
	"strings"
	"time"

	"github.com/gust-go/gust/build/gocache"
)

// A Cache is go's build cache with what else decides about test results.
type Cache struct {
	// Entries is the cache.
	Entries *gocache.Cache
	// Expired is when go clean -testcache was run last; older results do not count.
	Expired time.Time
	// Release is what go version calls it, as in go env GOVERSION.
	Release string
	// Getenv looks a variable up as cmd/go would in its own environment.
	Getenv func(name string) (value string, ok bool)
	// Now tells files that are too new to be trusted.
	Now time.Time
}

// A Package is one with tests.
type Package struct {
	ImportPath string
	// Dir is where its tests run, and Root the module or GOROOT in which files
	// count that they read.
	Dir, Root string
}

// A Run is a test binary with its arguments: the ID of the action that links
// it, flags that go passes to it and lets a result depend on, and -exec.
type Run struct {
	LinkID     string
	Args, Exec []string
}

// A Result is where go keeps what a test came to.
type Result struct {
	// Test leads to the log of what was read, Input stands for what that is.
	Test, Input gocache.ID
}

// ErrMiss means that go would run the test.
var ErrMiss = errors.New("no result")

// Find finds the result of a test that go would not run again, and the paths
// on which that depends.
func (c *Cache) Find(p Package, r Run) (res Result, read []string, err error) {
	h := c.hash()
	fmt.Fprintf(h, "test binary %s args %q execcmd %q", r.LinkID, r.Args, r.Exec)
	res.Test = sum(h)
	in, err := c.input(p, res.Test)
	if err != nil {
		return res, nil, err
	}
	res.Input = in.id
	return res, in.read, c.passed(res)
}

// Stands reports whether go would still find a result.
func (c *Cache) Stands(p Package, res Result) bool {
	in, err := c.input(p, res.Test)
	return err == nil && in.id == res.Input && c.passed(res) == nil
}

// passed looks for the output of a run.
func (c *Cache) passed(res Result) error {
	key := sha256.New() // cache.Subkey, which has no salt
	key.Write([]byte("subkey:"))
	key.Write(res.Test[:])
	fmt.Fprintf(key, "inputs:%x", res.Input)
	e, _, err := c.Entries.Get(sum(key))
	if err != nil || e.Time.Before(c.Expired) {
		return ErrMiss
	}
	return nil
}

// input reads the log of a test and hashes what it names.
func (c *Cache) input(p Package, test gocache.ID) (*input, error) {
	_, file, err := c.Entries.Get(test)
	if err != nil {
		return nil, ErrMiss
	}
	log, err := os.ReadFile(file)
	if err != nil {
		return nil, ErrMiss
	}
	log, ok := bytes.CutPrefix(log, []byte("# test log\n"))
	if !ok || len(log) > 0 && log[len(log)-1] != '\n' {
		return nil, ErrMiss
	}
	in := &input{cache: c, pkg: p, dir: p.Dir, h: c.hash()}
	return in, in.lines(string(log))
}

// hash is a cache.NewHash of cmd/go, whose name is only for debugging: salted with
// the release, experiments aside.
func (c *Cache) hash() hash.Hash {
	h := sha256.New()
	release, _, _ := strings.Cut(c.Release, " X:")
	release, _, _ = strings.Cut(release, "-X:")
	h.Write([]byte(release))
	return h
}

func sum(h hash.Hash) (id gocache.ID) {
	h.Sum(id[:0])
	return id
}
