package share

import (
	"bufio"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gust-go/gust/build/cacheprog"
	"github.com/gust-go/gust/build/gocache"
	"github.com/gust-go/gust/build/store"
)

// Options say what to share.
type Options struct {
	// Remote is the server.
	Remote Remote
	// Scope keeps results apart that must not be mixed.
	Scope string
	// Local is the build cache that go uses.
	Local *gocache.Cache
	// Store is gust's.
	Store *store.Store
	// Dir is a directory of this build's own, for the socket.
	Dir string
	// Write has what is made sent to the server.
	Write bool
	// Build names what is built, as far as it is known beforehand: builds with the
	// same name will ask for much the same. Empty means that nobody can tell.
	Build string
	// First says that this machine probably lacks most of what the build needs.
	First bool
	// Now tells the time.
	Now func() time.Time
}

// A Share is a remote cache during one build.
type Share struct {
	o        Options
	remote   *scoped
	ctx      context.Context
	cancel   context.CancelFunc
	listener *net.UnixListener
	dir      string            // of the socket, if it is not o.Dir
	actions  *cacheprog.Sender // nil unless it is written to, as records
	records  *cacheprog.Sender
	stats    cacheprog.Stats // of store and go commands that are done
	found    atomic.Int64    // records
	programs struct{ found, missing atomic.Int64 }
	ahead    *ahead

	mu      sync.Mutex
	missing map[gocache.ID]bool // records that the remote has not
	servers []*cacheprog.Server
	serving sync.WaitGroup
}

// maxSocket is what all systems take for the name of a socket.
const maxSocket = 100

// Start listens.
func Start(ctx context.Context, o Options) (*Share, error) {
	s := &Share{o: o, remote: &scoped{o.Remote, o.Scope}, missing: map[gocache.ID]bool{}}
	socket := filepath.Join(o.Dir, "share")
	if len(socket) > maxSocket {
		var err error
		if s.dir, err = os.MkdirTemp("", "gust"); err != nil {
			return nil, fmt.Errorf("listen to go: %w", err)
		}
		socket = filepath.Join(s.dir, "share")
	}
	l, err := listen(socket)
	if err != nil {
		s.tidy()
		return nil, fmt.Errorf("listen to go: %w", err)
	}
	s.listener = l
	s.ctx, s.cancel = context.WithCancel(ctx)
	if o.Write {
		s.actions = cacheprog.NewSender(s.ctx, s.remote)
		s.records = cacheprog.NewSender(s.ctx, o.Remote)
	}
	s.ahead = newAhead(s)
	s.serving.Add(1)
	go s.accept()
	return s, nil
}

// Socket is where it listens.
func (s *Share) Socket() string { return s.listener.Addr().String() }

func (s *Share) tidy() {
	if s.dir != "" {
		_ = os.RemoveAll(s.dir)
	}
}

func (s *Share) accept() {
	defer s.serving.Done()
	for {
		c, err := s.listener.AcceptUnix()
		if err != nil {
			return // closed
		}
		s.serving.Add(1)
		go func() {
			defer s.serving.Done()
			defer c.Close()
			stop := context.AfterFunc(s.ctx, func() { _ = c.Close() })
			defer stop()
			s.connection(c)
		}()
	}
}

// connection answers one process.
func (s *Share) connection(c *net.UnixConn) {
	line, files, err := receive(c)
	defer func() {
		for _, f := range files {
			_ = f.Close()
		}
	}()
	switch verb, rest, _ := strings.Cut(strings.TrimSuffix(line, "\n"), " "); {
	case err != nil:
	case verb == "serve" && len(files) == 2:
		s.serve(c, files[0], files[1])
	case verb == "program" && len(files) == 1:
		s.program(c, rest, files[0])
	case verb == "want":
		kind, keys, _ := strings.Cut(rest, " ")
		s.want(store.Kind(kind), strings.Fields(keys))
		_, _ = io.WriteString(c, "done\n")
	}
}

// serve answers a go command on the pipes that its child has handed over. A
// go command that dies closes them, and so ends this.
func (s *Share) serve(c *net.UnixConn, in, out *os.File) {
	server := &cacheprog.Server{Local: s.o.Local, Remote: s.remote, Now: s.o.Now, Sender: s.actions, ReadOnly: !s.o.Write,
		Ahead: s.ahead.now.Load, Note: s.ahead.note}
	s.mu.Lock()
	s.servers = append(s.servers, server)
	s.mu.Unlock()
	if _, err := c.Write([]byte("+")); err != nil {
		return
	}
	stop := context.AfterFunc(s.ctx, func() { _ = in.Close() })
	defer stop()
	_ = server.Serve(s.ctx, in, out) // go says what it does not understand
	_ = out.Close()
}

// maxWant bounds how many records are fetched at once.
const maxWant = 16

// want fetches records that the store lacks.
func (s *Share) want(kind store.Kind, keys []string) {
	switch kind {
	case store.Compile, store.Interface, store.Object, store.Vet:
	default:
		return
	}
	slots := make(chan struct{}, maxWant)
	var wg sync.WaitGroup
	for _, key := range keys {
		if s.o.Store.Has(kind, key) {
			continue
		}
		slots <- struct{}{}
		wg.Add(1)
		go func() {
			defer wg.Done()
			defer func() { <-slots }()
			s.fetch(kind, key)
		}()
	}
	wg.Wait()
}

// fetch brings one record over. What is wrong with it is said by the remote's
// client, and the wrapper does without.
func (s *Share) fetch(kind store.Kind, key string) {
	id := s.remote.record(kind, key)
	s.mu.Lock()
	missing := s.missing[id]
	s.mu.Unlock()
	if missing {
		return
	}
	err := s.o.Store.Import(kind, key, func(w io.Writer) error {
		_, err := s.stats.Fetch(s.ctx, s.o.Remote, id, w)
		return err
	})
	if err == nil {
		s.found.Add(1)
		return
	}
	if errors.Is(err, store.ErrDamaged) {
		s.stats.Wrong.Add(1)
		s.o.Remote.Broken(err)
	}
	s.mu.Lock()
	s.missing[id] = true
	s.mu.Unlock()
}

// Send has a record of the store sent.
func (s *Share) Send(kind store.Kind, key string) {
	if s.records == nil {
		return
	}
	path, err := s.o.Store.Path(kind, key)
	if err == nil && kind != store.Object { // which is named by its content
		path, err = s.keep(path)
	}
	if err == nil { // or the store has lost it already
		s.sendFile(s.remote.record(kind, key), path)
	}
}

// sendFile has a file sent that stays as it is.
func (s *Share) sendFile(id gocache.ID, path string) {
	f, err := os.Open(path)
	if err != nil {
		return
	}
	defer f.Close()
	h := sha256.New()
	if n, err := io.Copy(h, f); err == nil {
		s.records.Send(id, gocache.Entry{Output: gocache.ID(h.Sum(nil)), Size: n}, path)
	}
}

// keep copies a file that may be replaced before it is sent.
func (s *Share) keep(path string) (string, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return "", err
	}
	f, err := os.CreateTemp(s.o.Dir, "send-*")
	if err != nil {
		return "", err
	}
	_, err = f.Write(data)
	return f.Name(), errors.Join(err, f.Close())
}

// Stats say what became of a build's questions.
type Stats struct {
	// Found and Missing count what go asked the remote for.
	Found, Missing int64
	// Programs counts those that were fetched instead of linked. They are among
	// what was found, and those that were not are among what was missing.
	Programs int64
	// Records counts what of gust's store was fetched.
	Records int64
	// Received and Sent are in bytes; SentEntries and NotSent count.
	Received, Sent       int64
	SentEntries, NotSent int64
	// Wrong counts what was not what it should have been.
	Wrong int64
}

// Close waits for what is to be sent, for some time, and says what happened. What a
// build that has failed has asked for is not all that others need.
func (s *Share) Close(atMost time.Duration, good bool) Stats {
	s.ahead.close()
	deadline := s.o.Now().Add(atMost)
	n := Stats{}
	for _, sender := range []*cacheprog.Sender{s.actions, s.records} {
		if sender == nil {
			continue
		}
		sender.Close(max(0, deadline.Sub(s.o.Now())))
		n.Sent += sender.SentBytes.Load()
		n.SentEntries += sender.Sent.Load()
		n.NotSent += sender.NotSent.Load()
	}
	if good && s.o.Write {
		ctx, cancel := context.WithTimeout(s.ctx, max(0, deadline.Sub(s.o.Now())))
		_ = s.ahead.save(ctx) // others take longer
		cancel()
	}
	_ = s.listener.Close()
	s.cancel()
	s.serving.Wait()
	s.tidy()
	n.Programs = s.programs.found.Load()
	n.Found, n.Missing = n.Programs, s.programs.missing.Load()
	n.Records, n.Received, n.Wrong = s.found.Load(), s.stats.RemoteBytes.Load(), s.stats.Wrong.Load()
	for _, server := range s.servers {
		n.Found += server.Stats.RemoteHits.Load()
		n.Missing += server.Stats.Misses.Load()
		n.Received += server.Stats.RemoteBytes.Load()
		n.Wrong += server.Stats.Wrong.Load()
	}
	return n
}

// readLine reads what a connection begins with.
func readLine(first []byte, c io.Reader) (string, error) {
	const maxLine = 1 << 20
	line, err := bufio.NewReader(io.MultiReader(strings.NewReader(string(first)), io.LimitReader(c, maxLine))).ReadString('\n')
	return line, err
}
