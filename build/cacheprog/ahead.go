package cacheprog

import (
	"context"
	"crypto/sha256"
	"errors"
	"io"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gust-go/gust/build/gocache"
)

// Contents are what a remote keeps by its hash. They are safe for concurrent use.
type Contents interface {
	// Content returns what an entry names, which the caller reads to its end and
	// checks. The error is gocache.ErrMiss if it is not there.
	Content(ctx context.Context, e gocache.Entry) (io.ReadCloser, error)
	// Broken notes that what it gave was not what it said.
	Broken(err error)
}

// A Known is what an action has made, according to somebody who is believed.
type Known struct {
	Action gocache.ID
	Output gocache.ID
	Size   int64
	// Body is the content, if it came along; it is checked like any other.
	Body []byte
}

// aheadAtOnce is how many contents are under way: enough for a server that takes its
// time to answer each.
const aheadAtOnce = 32

// An Ahead brings over what go is going to ask for. go asks for one action after the
// other along the graph of packages, at most as many at once as it runs, and waits for
// each, while a list of an earlier build says all of them beforehand. What is on that
// list and not asked for costs time and nothing else: an action's name has in it
// what the action depends on.
type Ahead struct {
	local  *gocache.Cache
	remote Contents
	now    func() time.Time
	stats  *Stats

	byAction map[gocache.ID]*wanted
	order    []*wanted
	next     atomic.Int64
	stop     context.CancelFunc
	working  sync.WaitGroup

	buffers sync.Pool

	useful, useless atomic.Int64 // questions of go's
}

// wanted is a content, and the actions that have made it.
type wanted struct {
	entry   gocache.Entry
	actions []gocache.ID
	body    []byte
	claimed atomic.Bool
	done    chan struct{}
	here    bool // it was before anybody asked for it
	path    string
	err     error
}

// NewAhead returns an Ahead that has yet to be started. Bytes and what is wrong are counted in stats.
func NewAhead(list []Known, local *gocache.Cache, remote Contents, now func() time.Time, stats *Stats) *Ahead {
	a := &Ahead{local: local, remote: remote, now: now, stats: stats, byAction: make(map[gocache.ID]*wanted, len(list)), stop: func() {}}
	a.buffers.New = func() any { return new([piece]byte) }
	byOutput := make(map[gocache.ID]*wanted, len(list))
	for _, k := range list {
		w := byOutput[k.Output]
		if w == nil {
			w = &wanted{entry: gocache.Entry{Output: k.Output, Size: k.Size}, body: k.Body, done: make(chan struct{})}
			byOutput[k.Output] = w
			a.order = append(a.order, w)
		}
		if a.byAction[k.Action] == nil && w.entry.Size == k.Size {
			a.byAction[k.Action] = w
			w.actions = append(w.actions, k.Action)
		}
	}
	return a
}

// Start begins to fetch in the background.
func (a *Ahead) Start(ctx context.Context) {
	ctx, a.stop = context.WithCancel(ctx)
	for range min(aheadAtOnce, len(a.order)) {
		a.working.Go(func() {
			for ctx.Err() == nil {
				n := a.next.Add(1) - 1
				if n >= int64(len(a.order)) {
					return
				}
				a.claim(ctx, a.order[n])
			}
		})
	}
}

// Close gives up what is under way, for which nobody waits any more.
func (a *Ahead) Close() {
	a.stop()
	a.working.Wait()
}

// claim fetches a content unless somebody else does or has done.
func (a *Ahead) claim(ctx context.Context, w *wanted) {
	if w.claimed.Swap(true) {
		return
	}
	w.err = a.bring(ctx, w)
	close(w.done)
}

// find returns what is known of an action, nil if nothing is.
func (a *Ahead) find(action gocache.ID) *wanted {
	if a == nil {
		return nil
	}
	w := a.byAction[action]
	if w != nil {
		a.useful.Add(1)
	}
	return w
}

// maxUseless is how many questions for what is not on the list are no reason to doubt
// that it is of a build like this one.
const maxUseless = 64

// missed notes a question for what is neither on the list nor on this machine. A list
// that most questions are not on is of another build, and no longer followed.
func (a *Ahead) missed() {
	if a == nil {
		return
	}
	if n := a.useless.Add(1); n > maxUseless && n > a.useful.Load() {
		a.stop()
	}
}

// get waits for a content; what is not under way yet is fetched at once.
func (a *Ahead) get(ctx context.Context, w *wanted) (gocache.Entry, string, error) {
	a.claim(ctx, w)
	select {
	case <-w.done:
		return w.entry, w.path, w.err
	case <-ctx.Done():
		return gocache.Entry{}, "", ctx.Err()
	}
}

// ready reports whether get does not wait.
func (w *wanted) ready() bool {
	select {
	case <-w.done:
		return true
	default:
		return false
	}
}

var errOther = errors.New("the action has made something else here")

// bring puts a content into the cache on this machine, for all of its actions.
func (a *Ahead) bring(ctx context.Context, w *wanted) error {
	missing := w.actions[:0:0]
	for _, action := range w.actions {
		e, path, err := a.local.Get(action)
		switch {
		case err != nil:
			missing = append(missing, action)
		case e.Output != w.entry.Output:
			return errOther // which is newer, or as good
		default:
			w.path, w.entry.Time = path, e.Time
		}
	}
	if w.here = len(missing) == 0; w.here {
		return nil
	}
	if w.entry.Time.IsZero() {
		w.entry.Time = a.now()
	}
	if w.path == "" {
		if err := a.fetch(ctx, w, missing[0]); err != nil {
			return err
		}
		missing = missing[1:]
	}
	for _, action := range missing {
		if err := a.local.Name(action, w.entry); err != nil {
			return err
		}
	}
	return nil
}

// fetch puts a content into the cache on this machine if it is the right one.
func (a *Ahead) fetch(ctx context.Context, w *wanted, action gocache.ID) (err error) {
	if w.body != nil {
		if err = a.stats.check(a.remote, w.entry, int64(len(w.body)), sha256.Sum256(w.body)); err == nil {
			w.path, err = a.local.PutBytes(action, w.entry, w.body)
		}
		return err
	}
	body, err := a.remote.Content(ctx, w.entry)
	if err != nil {
		return err
	}
	defer body.Close()
	buf := a.buffers.Get().(*[piece]byte)
	defer a.buffers.Put(buf)
	if w.entry.Size < piece {
		n, err := fill(body, buf[:w.entry.Size+1])
		if err == nil {
			err = a.stats.check(a.remote, w.entry, int64(n), sha256.Sum256(buf[:n]))
		}
		if err == nil {
			w.path, err = a.local.PutBytes(action, w.entry, buf[:n])
		}
		return err
	}
	f, err := a.local.Temp()
	if err != nil {
		return err
	}
	err = a.stats.receive(a.remote, w.entry, body, f, buf[:])
	if closeErr := f.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		_ = os.Remove(f.Name())
		return err
	}
	w.path, err = a.local.Put(action, w.entry, f.Name())
	return err
}

// piece is how much of a content is written at once. As a network gives less at a time,
// the kernel would be asked to write several times as often. Contents that are smaller
// are written when they are known to be right.
const piece = 1 << 20

// fill reads until the buffer is full or there is no more. A body that is cut off has an
// error of its own.
func fill(r io.Reader, buf []byte) (n int, err error) {
	for n < len(buf) {
		k, err := r.Read(buf[n:])
		n += k
		if errors.Is(err, io.EOF) {
			return n, nil
		}
		if err != nil {
			return n, err
		}
	}
	return n, nil
}

// receive copies a content by way of a buffer, and returns an error unless it is all of
// it and nothing else.
func (s *Stats) receive(r interface{ Broken(error) }, e gocache.Entry, body io.Reader, w io.Writer, buf []byte) error {
	h := sha256.New()
	body = io.LimitReader(body, e.Size+1)
	for n := int64(0); ; {
		k, err := fill(body, buf)
		if err != nil {
			return err
		}
		h.Write(buf[:k])
		if _, err := w.Write(buf[:k]); err != nil {
			return err
		}
		if n += int64(k); k < len(buf) {
			return s.check(r, e, n, gocache.ID(h.Sum(nil)))
		}
	}
}

// check compares what has come with what should have, and counts it.
func (s *Stats) check(r interface{ Broken(error) }, e gocache.Entry, n int64, hash gocache.ID) error {
	if n != e.Size || hash != e.Output {
		s.Wrong.Add(1)
		r.Broken(errWrong)
		return errWrong
	}
	s.RemoteBytes.Add(n)
	return nil
}
