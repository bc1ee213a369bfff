// Package share puts a remote cache behind one build of gust's.
//
// go, which builds with gust's cache (package overlay), asks it through
// GOCACHEPROG; the wrappers of its compilers ask for what gust's store lacks. Both
// reach the gust process above them through a socket (package link), so that one
// client talks to the server, warns once, and counts.
//
// Wrappers of linkers ask for programs, which go straight to where the linker would
// have written them, checked like all else.
//
// # What is where
//
// A name on the server is a hash of gust's own over what it stands for, so that
// entries that gust's builds have made are under other names than those of plain
// go with gust cacheprog: a plain go build never gets to see an object that gust
// has reused, nor an exact build one of a relaxed one. In the other direction it
// is as with the caches on one machine: what plain go has made is as good for
// gust as for go, and is asked for second.
package share

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"

	"github.com/gust-go/gust/build/cacheprog"
	"github.com/gust-go/gust/build/gocache"
	"github.com/gust-go/gust/build/store"
)

// A Remote is a cache that machines share, whose contents can be had by their hash,
// too.
type Remote interface {
	cacheprog.Remote
	cacheprog.Contents
}

// scoped is a remote in which gust's builds have names of their own.
type scoped struct {
	Remote
	scope string // of results that may be mixed
}

// name is what something of a kind is called on the server.
func (r *scoped) name(kind string, key []byte) gocache.ID {
	return sha256.Sum256(fmt.Appendf(nil, "gust build v1\n%s\n%s\n%x", r.scope, kind, key))
}

// Get implements cacheprog.Remote.
func (r *scoped) Get(ctx context.Context, action gocache.ID) (gocache.Entry, io.ReadCloser, error) {
	e, body, err := r.Remote.Get(ctx, r.name("action", action[:]))
	if errors.Is(err, gocache.ErrMiss) {
		return r.Remote.Get(ctx, action)
	}
	return e, body, err
}

// Put implements cacheprog.Remote.
func (r *scoped) Put(ctx context.Context, action gocache.ID, e gocache.Entry, path string) error {
	return r.Remote.Put(ctx, r.name("action", action[:]), e, path)
}

// record is the name of an entry of gust's store.
func (r *scoped) record(kind store.Kind, key string) gocache.ID {
	return r.name("store "+string(kind), []byte(key))
}
