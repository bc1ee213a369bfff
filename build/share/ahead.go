package share

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"sync"
	"sync/atomic"

	"github.com/gust-go/gust/build/cacheprog"
	"github.com/gust-go/gust/build/gocache"
)

// manifestKind is what manifests are called among the names of a scope.
const manifestKind = "manifest"

// enoughFound is how many of go's questions a server must have answered to show that
// it has more of what this machine lacks.
const enoughFound = 8

// ahead is what a build knows of the one that has filled the server.
type ahead struct {
	s     *Share
	ctx   context.Context // of fetching the manifest
	stop  context.CancelFunc
	once  sync.Once
	begun atomic.Bool
	ready chan struct{} // closed when the manifest is there, or will not be
	known []cacheprog.Known
	sure  bool // that known is what the server has
	now   atomic.Pointer[cacheprog.Ahead]
	found atomic.Int64 // from the server

	mu   sync.Mutex
	used []note // by this build, in order
	seen map[gocache.ID]bool
}

type note struct {
	cacheprog.Known
	from cacheprog.Source
}

func newAhead(s *Share) *ahead {
	a := &ahead{s: s, ready: make(chan struct{}), seen: map[gocache.ID]bool{}}
	a.ctx, a.stop = context.WithCancel(s.ctx)
	if s.o.Build != "" && s.o.First {
		a.begin()
	}
	return a
}

// name is what the manifest is called on the server.
func (a *ahead) name() gocache.ID { return a.s.remote.name(manifestKind, []byte(a.s.o.Build)) }

// begin fetches the manifest and what is on it, in the background.
func (a *ahead) begin() {
	a.once.Do(func() {
		a.begun.Store(true)
		a.s.serving.Go(func() {
			defer close(a.ready)
			list, err := a.fetch(a.ctx)
			a.known, a.sure = list, err == nil || errors.Is(err, gocache.ErrMiss) || errors.Is(err, errManifest)
			if len(list) == 0 {
				return
			}
			next := cacheprog.NewAhead(list, a.s.o.Local, a.s.remote, a.s.o.Now, &a.s.stats)
			next.Start(a.s.ctx)
			a.now.Store(next)
		})
	})
}

// fetch reads the manifest. What is wrong with it is said; then go asks as ever.
func (a *ahead) fetch(ctx context.Context) ([]cacheprog.Known, error) {
	b := &bounded{left: maxManifest}
	var stats cacheprog.Stats
	_, err := stats.Fetch(ctx, a.s.o.Remote, a.name(), b)
	a.s.stats.Wrong.Add(stats.Wrong.Load())
	if err != nil {
		return nil, err
	}
	a.s.stats.RemoteBytes.Add(stats.RemoteBytes.Load())
	list, err := decodeManifest(b.Bytes())
	if err != nil {
		a.s.stats.Wrong.Add(1)
		a.s.o.Remote.Broken(err)
	}
	return list, err
}

// note takes note of what go gets or has made.
func (a *ahead) note(action gocache.ID, e gocache.Entry, from cacheprog.Source) {
	if a.s.o.Build == "" {
		return
	}
	if from == cacheprog.FromRemote && a.found.Add(1) == enoughFound {
		a.begin()
	}
	if !a.s.o.Write {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if !a.seen[action] {
		a.seen[action] = true
		a.used = append(a.used, note{cacheprog.Known{Action: action, Output: e.Output, Size: e.Size}, from})
	}
}

// close gives up what is under way: go is done.
func (a *ahead) close() {
	a.stop()
	if !a.begun.Load() {
		return
	}
	<-a.ready
	if next := a.now.Load(); next != nil {
		next.Close()
	}
}

// next is the manifest of this build: what it has used and the server has.
func (a *ahead) next() []cacheprog.Known {
	before := make(map[gocache.ID]gocache.ID, len(a.known))
	for _, k := range a.known {
		before[k.Action] = k.Output
	}
	var list []cacheprog.Known
	room := maxSmall
	for _, n := range a.used {
		switch out, ok := before[n.Action]; {
		case ok && out == n.Output, n.from == cacheprog.FromRemote:
		case n.from == cacheprog.Made && a.s.actions.Arrived(n.Action):
		default:
			continue // nobody knows whether it is there
		}
		if n.Size <= small && int(n.Size) <= room {
			n.Body = a.content(n.Known)
			room -= len(n.Body)
		}
		list = append(list, n.Known)
	}
	return list
}

// content reads what is small, nil if it is not there.
func (a *ahead) content(k cacheprog.Known) []byte {
	e, path, err := a.s.o.Local.Get(k.Action)
	if err != nil || e.Output != k.Output {
		return nil
	}
	b, err := os.ReadFile(path)
	if err != nil || sha256.Sum256(b) != k.Output {
		return nil
	}
	return b
}

// save writes the manifest of a build that went well, if it is another one than
// there was. Builds that ask for little leave it as it is: somebody who edits would
// send it each time.
func (a *ahead) save(ctx context.Context) error {
	if !a.begun.Load() || !a.sure {
		return nil
	}
	list := a.next()
	if len(list) == 0 || same(a.known, list) {
		return nil
	}
	body := encodeManifest(list)
	f, err := os.CreateTemp(a.s.o.Dir, "manifest-*")
	if err != nil {
		return fmt.Errorf("write down what the build needs: %w", err)
	}
	defer os.Remove(f.Name())
	_, err = bytes.NewReader(body).WriteTo(f)
	if err = errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("write down what the build needs: %w", err)
	}
	e := gocache.Entry{Output: sha256.Sum256(body), Size: int64(len(body))}
	return a.s.o.Remote.Put(ctx, a.name(), e, f.Name())
}
