package cacheprog

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gust-go/gust/build/gocache"
)

// A Sender sends to a remote in the background.
type Sender struct {
	// Sent and SentBytes count what has arrived, NotSent what has not.
	Sent, SentBytes, NotSent atomic.Int64

	remote  Remote
	cancel  context.CancelFunc
	queue   chan upload
	mu      sync.RWMutex // of closed, and of the channel's end
	closed  bool
	arrived sync.Map // of actions that are known to be there
	sending sync.WaitGroup
}

type upload struct {
	action gocache.ID
	entry  gocache.Entry
	path   string
}

const (
	// maxUploads bounds what waits for being sent; the rest is not sent.
	maxUploads = 4096
	// senders is how many are on their way at once.
	senders = 8
)

// NewSender begins to send.
func NewSender(ctx context.Context, r Remote) *Sender { return newSender(ctx, r, maxUploads) }

func newSender(ctx context.Context, r Remote, bound int) *Sender {
	ctx, cancel := context.WithCancel(ctx)
	s := &Sender{remote: r, cancel: cancel, queue: make(chan upload, bound)}
	for range senders {
		s.sending.Add(1)
		go func() {
			defer s.sending.Done()
			for u := range s.queue {
				s.send(ctx, u)
			}
		}()
	}
	return s
}

func (s *Sender) send(ctx context.Context, u upload) {
	if ctx.Err() != nil || s.remote.Put(ctx, u.action, u.entry, u.path) != nil {
		s.NotSent.Add(1)
		return
	}
	s.arrived.Store(u.action, nil)
	s.Sent.Add(1)
	s.SentBytes.Add(u.entry.Size)
}

// Arrived reports whether an action's output has been stored by the remote.
func (s *Sender) Arrived(action gocache.ID) bool {
	_, ok := s.arrived.Load(action)
	return ok
}

// Send has a file sent, which must stay. It does not wait.
func (s *Sender) Send(action gocache.ID, e gocache.Entry, path string) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.closed {
		s.NotSent.Add(1)
		return
	}
	select {
	case s.queue <- upload{action, e, path}:
	default:
		s.NotSent.Add(1)
	}
}

// Close waits for what is still to be sent, for some time, and gives the rest
// up.
func (s *Sender) Close(atMost time.Duration) {
	s.mu.Lock()
	if !s.closed {
		s.closed = true
		close(s.queue)
	}
	s.mu.Unlock()
	done := make(chan struct{})
	go func() {
		s.sending.Wait()
		close(done)
	}()
	timer := time.NewTimer(atMost)
	defer timer.Stop()
	select {
	case <-done:
	case <-timer.C:
	}
	s.cancel()
	<-done // each request ends with its context
}
