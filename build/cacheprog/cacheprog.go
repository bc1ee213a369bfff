// Package cacheprog is a program for GOCACHEPROG: it answers a go command's
// requests from go's own build cache on this machine, and from a cache that
// machines share behind it. What the remote has is checked before go gets to
// see it; whatever is wrong with the remote, go has its cache.
//
// The protocol is that of cmd/go/internal/cacheprog.
package cacheprog

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gust-go/gust/build/gocache"
)

// A Remote is a cache that machines share. It is safe for concurrent use.
type Remote interface {
	// Get returns what an action has made. The caller reads the body to its end
	// and checks it. The error is gocache.ErrMiss if there is nothing.
	Get(ctx context.Context, action gocache.ID) (gocache.Entry, io.ReadCloser, error)
	// Put stores what an action has made, which is in a file.
	Put(ctx context.Context, action gocache.ID, e gocache.Entry, path string) error
	// Broken notes that what it gave was not what it said.
	Broken(err error)
}

// Requests counts what was asked of a remote's server.
type Requests struct {
	// Lookups are questions for entries that it has answered, which took Wait
	// together and Slowest at most.
	Lookups       int64
	Wait, Slowest time.Duration
	// Failed counts requests of all kinds that came to nothing.
	Failed int64
}

// GCPercent is how much garbage to leave: go waits for each answer, and little of
// the heap lives. Collecting took a tenth of the time; the heap stays below 40 MB.
const GCPercent = 800

// A Source is where something comes from.
type Source int

// The sources of what go gets to see.
const (
	Here       Source = iota // this machine
	FromRemote               // another one
	Made                     // go itself
)

// A Server answers one go command.
type Server struct {
	// Local is the cache on this machine.
	Local *gocache.Cache
	// Remote is behind it; nil for none.
	Remote Remote
	// Now tells the time.
	Now func() time.Time
	// Drain is how long the end waits for what is still to be sent to the
	// remote.
	Drain time.Duration
	// Sender sends to the remote, and outlives the server; nil makes one that
	// does not, unless there is nothing to be sent.
	Sender   *Sender
	ReadOnly bool
	// Greeted says that go has been told what there is to ask for.
	Greeted bool
	// Ahead returns what is brought over before go asks for it, nil for nothing; it
	// may be nil itself.
	Ahead func() *Ahead
	// Note is told what go gets and makes, by several goroutines; nil for nobody.
	Note func(action gocache.ID, e gocache.Entry, from Source)

	// Stats counts what was done.
	Stats Stats

	out     *json.Encoder
	flush   *bufio.Writer
	line    []byte
	mu      sync.Mutex // of out, flush and line
	working sync.WaitGroup
}

// Stats are counts.
type Stats struct {
	Hits, RemoteHits, Misses, Puts, Wrong atomic.Int64
	RemoteBytes                           atomic.Int64
}

type request struct {
	ID       int64
	Command  string
	ActionID []byte
	OutputID []byte
	ObjectID []byte // OutputID's name in drafts of the protocol
	BodySize int64
}

type response struct {
	ID            int64      `json:",omitempty"`
	Err           string     `json:",omitempty"`
	KnownCommands []string   `json:",omitempty"`
	Miss          bool       `json:",omitempty"`
	OutputID      []byte     `json:",omitempty"`
	Size          int64      `json:",omitempty"`
	Time          *time.Time `json:",omitempty"`
	DiskPath      string     `json:",omitempty"`
}

// Serve answers requests until close, or until the go command is gone. The
// error is of the protocol.
func (s *Server) Serve(ctx context.Context, in io.Reader, out io.Writer) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	s.flush = bufio.NewWriter(out)
	s.out = json.NewEncoder(s.flush)
	own := s.Sender == nil && s.Remote != nil && !s.ReadOnly
	if own {
		s.Sender = NewSender(ctx, s.Remote)
	}
	end := func(wait time.Duration) {
		s.working.Wait()
		if own {
			s.Sender.Close(wait)
		}
	}
	if !s.Greeted {
		s.respond(response{KnownCommands: []string{"get", "put", "close"}})
	}
	r := bufio.NewReaderSize(in, 64<<10)
	for {
		req, err := next(r)
		if err != nil {
			cancel() // nobody waits for what is under way
			end(0)
			if errors.Is(err, io.EOF) {
				return nil
			}
			return err
		}
		switch req.Command {
		case "close":
			end(s.Drain)
			_ = s.Local.Trim() // another go command will
			s.respond(response{ID: req.ID})
			return nil
		case "get":
			s.get(ctx, req)
		case "put":
			if err := s.put(req, r); err != nil {
				cancel()
				end(0)
				return err
			}
		default:
			s.respond(response{ID: req.ID, Err: fmt.Sprintf("unknown command %q", req.Command)})
		}
	}
}

func (s *Server) respond(r response) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.line = appendFound(s.line[:0], r); len(s.line) > 0 {
		_, _ = s.flush.Write(s.line)
	} else {
		_ = s.out.Encode(r) // a go command that is gone is seen when reading
	}
	_ = s.flush.Flush()
}

// next reads a request, or what is between two: go writes empty lines.
func next(r *bufio.Reader) (request, error) {
	for {
		line, err := readLine(r)
		if len(line) == 0 || err != nil && !errors.Is(err, io.EOF) {
			return request{}, err
		}
		if len(line) == 1 {
			continue
		}
		if req, ok := parseGet(line); ok {
			return req, nil
		}
		var req request
		if jsonErr := json.Unmarshal(line, &req); jsonErr != nil {
			if err != nil {
				return req, io.ErrUnexpectedEOF // cut off by the end of go
			}
			return req, fmt.Errorf("read a request: %w", jsonErr)
		}
		if req.OutputID == nil {
			req.OutputID = req.ObjectID
		}
		return req, nil
	}
}

func toID(b []byte) (id gocache.ID, err error) {
	if len(b) != len(id) {
		return id, fmt.Errorf("an ID has %d bytes, not %d", len(id), len(b))
	}
	return gocache.ID(b), nil
}

// get answers from this machine at once, else from the remote, for which the
// next request does not wait.
func (s *Server) get(ctx context.Context, req request) {
	action, err := toID(req.ActionID)
	if err != nil {
		s.respond(response{ID: req.ID, Err: err.Error()})
		return
	}
	var ahead *Ahead
	if s.Ahead != nil {
		ahead = s.Ahead()
	}
	w := ahead.find(action)
	switch {
	case w != nil && w.ready() && s.answerAhead(ctx, req.ID, action, ahead, w):
		return
	case w == nil && s.answerHere(req.ID, action):
		return
	case s.Remote == nil:
		s.Stats.Misses.Add(1)
		s.respond(response{ID: req.ID, Miss: true})
		return
	}
	s.working.Go(func() {
		if w == nil {
			ahead.missed()
		} else if s.answerAhead(ctx, req.ID, action, ahead, w) || s.answerHere(req.ID, action) {
			return
		}
		if e, path, err := s.fetch(ctx, action); err == nil {
			s.answer(req.ID, action, e, path, FromRemote)
			return
		}
		s.Stats.Misses.Add(1)
		s.respond(response{ID: req.ID, Miss: true})
	})
}

// answerHere answers from this machine, if it can.
func (s *Server) answerHere(id int64, action gocache.ID) bool {
	e, path, err := s.Local.Get(action)
	if err == nil {
		s.answer(id, action, e, path, Here)
	}
	return err == nil
}

// answerAhead answers with what comes or has come over ahead, if it does.
func (s *Server) answerAhead(ctx context.Context, id int64, action gocache.ID, a *Ahead, w *wanted) bool {
	e, path, err := a.get(ctx, w)
	if err != nil {
		return false
	}
	from := FromRemote
	if w.here {
		from = Here
	}
	s.answer(id, action, e, path, from)
	return true
}

// answer tells go what an action has made, and takes note of it.
func (s *Server) answer(id int64, action gocache.ID, e gocache.Entry, path string, from Source) {
	if from == Here {
		s.Stats.Hits.Add(1)
	} else {
		s.Stats.RemoteHits.Add(1)
	}
	s.note(action, e, from)
	s.respond(found(id, e, path))
}

func (s *Server) note(action gocache.ID, e gocache.Entry, from Source) {
	if s.Note != nil {
		s.Note(action, e, from)
	}
}

func found(id int64, e gocache.Entry, path string) response {
	return response{ID: id, OutputID: e.Output[:], Size: e.Size, Time: &e.Time, DiskPath: path}
}

// errWrong means that a body is not what its entry says.
var errWrong = errors.New("the content does not match its digest")

// fetch brings an entry over from the remote.
func (s *Server) fetch(ctx context.Context, action gocache.ID) (e gocache.Entry, path string, err error) {
	temp, err := s.Local.Temp()
	if err != nil {
		return e, "", err
	}
	e, err = s.Stats.Fetch(ctx, s.Remote, action, temp)
	if closeErr := temp.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		_ = os.Remove(temp.Name())
		return e, "", err
	}
	e.Time = s.Now()
	path, err = s.Local.Put(action, e, temp.Name())
	return e, path, err
}

// Fetch writes what an action has made to w, and returns an error unless that
// is all of it and nothing else.
func (s *Stats) Fetch(ctx context.Context, r Remote, action gocache.ID, w io.Writer) (gocache.Entry, error) {
	e, body, err := r.Get(ctx, action)
	if err != nil {
		return e, err
	}
	defer body.Close()
	return e, s.receive(r, e, body, w, make([]byte, min(e.Size+1, piece)))
}

// put stores what go has made. The error is of the protocol; what goes wrong
// with this one output is in the response.
func (s *Server) put(req request, r *bufio.Reader) error {
	action, err := toID(req.ActionID)
	out, err2 := toID(req.OutputID)
	if err = errors.Join(err, err2); req.BodySize < 0 {
		err = errors.Join(err, fmt.Errorf("a body of %d bytes", req.BodySize))
	}
	temp, tempErr := s.Local.Temp()
	w := io.Writer(io.Discard)
	if tempErr == nil {
		w = temp
	}
	h := sha256.New()
	n := int64(0)
	if req.BodySize > 0 {
		if n, err2 = readBody(io.MultiWriter(h, w), r); err2 != nil {
			if tempErr == nil {
				_ = temp.Close()
				_ = os.Remove(temp.Name())
			}
			var local *writeError
			if !errors.As(err2, &local) {
				return err2
			}
			s.respond(response{ID: req.ID, Err: local.Error()}) // a full disk
			return nil
		}
	}
	err = errors.Join(err, tempErr)
	if tempErr == nil {
		err = errors.Join(err, temp.Close())
	}
	if err == nil && n != req.BodySize {
		err = fmt.Errorf("the body has %d bytes, not %d", n, req.BodySize)
	}
	if err == nil && gocache.ID(h.Sum(nil)) != out {
		err = errWrong
	}
	if err != nil {
		if tempErr == nil {
			_ = os.Remove(temp.Name())
		}
		s.respond(response{ID: req.ID, Err: err.Error()})
		return nil
	}
	s.store(req.ID, action, gocache.Entry{Output: out, Size: n, Time: s.Now()}, temp.Name())
	return nil
}

// store puts a checked body into the cache, and in the queue for the remote.
func (s *Server) store(id int64, action gocache.ID, e gocache.Entry, temp string) {
	path, err := s.Local.Put(action, e, temp)
	if err != nil {
		s.respond(response{ID: id, Err: err.Error()})
		return
	}
	s.Stats.Puts.Add(1)
	s.note(action, e, Made)
	if s.Sender != nil {
		s.Sender.Send(action, e, path)
	}
	s.respond(response{ID: id, DiskPath: path})
}
