// Package remote is the shared end of gust cacheprog: servers that teams already
// run, of several kinds. Each keeps contents by their SHA-256, and for each action
// an entry that says what it has made. A server is trusted with nothing: entries
// are signed, contents are named by their hash, and its user checks both.
package remote

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/gust-go/gust/build/cacheprog"
	"github.com/gust-go/gust/build/gocache"
)

// Options say which server, and how.
type Options struct {
	// URL is the address; user and password in it are for basic authentication.
	URL string
	// Token is for bearer authentication.
	Token string
	// Header goes along with each request of HTTP and gRPC.
	Header http.Header
	// Helper asks a program for credentials; nil if there is none.
	Helper func(ctx context.Context, uri string) (Credentials, error)
	// S3 is for buckets.
	S3 S3
	// TLS has certificates; nil for those of the machine.
	TLS *tls.Config
	// Key says whose entries are believed.
	Key Key
	// Read and Write say what is wanted.
	Read, Write bool
	// Timeout bounds the wait for an answer, and each pause within one.
	Timeout time.Duration
	// Now tells the time; nil for the machine's.
	Now func() time.Time
	// Warn tells the user, once for each kind of trouble.
	Warn func(text string)

	secrets *secrets
}

// A digest names a content.
type digest struct {
	hash gocache.ID // SHA-256
	size int64
}

func (d digest) name() string { return fmt.Sprintf("%x", d.hash) }

// A server is one of a kind. It does what it is asked, once; waiting, counting
// and warning are the Client's.
type server interface {
	// getEntry returns the entry of an action and, if it costs nothing more, its
	// content; nil if that has to be asked for. The error is gocache.ErrMiss if
	// there is none.
	getEntry(ctx context.Context, action digest) (entry, content []byte, err error)
	// getContent returns a content, or gocache.ErrMiss.
	getContent(ctx context.Context, d digest) (io.ReadCloser, error)
	// putContent stores a content, which is in a file.
	putContent(ctx context.Context, d digest, f *os.File) error
	// putEntry stores an entry about a content that is there.
	putEntry(ctx context.Context, action digest, entry []byte, d digest) error
}

// A deniedError says that the server takes nothing from here.
type deniedError struct{ text string }

func (e *deniedError) Error() string { return e.text }

// maxEntry bounds an entry: one of gust's has some two hundred bytes.
const maxEntry = 4 << 10

// Client talks to a server. It is safe for concurrent use.
type Client struct {
	o      Options
	server server
	name   string

	mu       sync.Mutex
	failures int // in a row
	troubles int // of all time
	requests cacheprog.Requests
	off      bool
	readOnly bool
	warned   map[string]bool
}

// After maxFailures in a row the server is left alone for a while: a build must
// not wait for each of a thousand packages.
const (
	maxFailures = 3
	leaveAlone  = 30 * time.Second
)

// newServer returns a server of the kind that the scheme of its address names.
func newServer(u *url.URL, o Options) (server, error) {
	switch u.Scheme {
	case "http", "https":
		return newWeb(u, o)
	case "reapi", "grpcs", "grpc":
		return newExecution(u, o)
	case "s3":
		return newBucket(u, o)
	case "redis", "rediss":
		return newMemory(u, o)
	}
	return nil, fmt.Errorf("%q is no kind of server; there are https, http, reapi, grpcs, grpc, s3, rediss and redis", u.Scheme)
}

// New returns a client. Nothing is asked yet. Errors do not repeat the address,
// which can have a password.
func New(o Options) (*Client, error) {
	u, err := url.Parse(o.URL)
	if err != nil || u.Host == "" || u.Fragment != "" {
		return nil, errors.New("the address must look like https://host/path")
	}
	if o.Write && !o.Key.CanSign() {
		o.Write = false
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	o.secrets = newSecrets(u, o)
	s, err := newServer(u, o)
	if err != nil {
		return nil, err
	}
	return &Client{o: o, server: s, name: u.Redacted(), warned: map[string]bool{}}, nil
}

// Name is the address without a password.
func (c *Client) Name() string { return c.name }

func (c *Client) warn(kind, text string) {
	c.mu.Lock()
	again := c.warned[kind]
	c.warned[kind] = true
	c.mu.Unlock()
	if !again {
		c.o.Warn(c.o.secrets.hide(text)) // the address, too
	}
}

// Broken implements cacheprog.Remote.
func (c *Client) Broken(err error) {
	c.warn("broken", fmt.Sprintf("the remote cache %s has what is not usable, which is made anew: %v", c.name, c.clean(err)))
}

// open reports whether the server may be asked.
func (c *Client) open(write bool) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return !c.off && !(write && c.readOnly)
}

// Alone reports whether the server has failed so often that it is left alone: then
// it is not known what it has.
func (c *Client) Alone() bool { return !c.open(false) }

// begin returns the number of failures there were when a request began.
func (c *Client) begin() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.troubles
}

// result counts what became of a request, and returns it. What its sender has
// given up says nothing about the server.
func (c *Client) result(ctx context.Context, began int, err error) error {
	var denied *deniedError
	switch {
	case err == nil || errors.Is(err, gocache.ErrMiss):
		c.mu.Lock()
		c.failures = 0
		c.mu.Unlock()
	case errors.As(err, &denied):
		c.mu.Lock()
		c.readOnly = true
		c.mu.Unlock()
		c.warn("write", fmt.Sprintf("the remote cache %s takes nothing from here: %v", c.name, c.clean(err)))
	case errors.Is(context.Cause(ctx), context.Canceled): // by who has asked
	default:
		if cause := context.Cause(ctx); cause != nil {
			err = cause
		}
		c.failed(began, err)
		c.mu.Lock()
		c.requests.Failed++
		c.mu.Unlock()
	}
	return err
}

// failed counts a failure, and many at once as one: they can be of one connection.
// A server that fails again and again is left alone, and after a while has one more
// chance.
func (c *Client) failed(began int, err error) {
	c.mu.Lock()
	if began == c.troubles {
		c.failures++
		c.troubles++
	}
	off := c.failures >= maxFailures && !c.off
	if off {
		c.off = true
		time.AfterFunc(leaveAlone, func() {
			c.mu.Lock()
			defer c.mu.Unlock()
			c.off, c.failures = false, maxFailures-1
		})
	}
	c.mu.Unlock()
	if off {
		c.warn("off", fmt.Sprintf("the remote cache %s is left alone: %v", c.name, c.clean(err)))
	}
}

// clean is an error without the address, which Name says without the password, and
// without what is secret, no longer than a line: it can be the server's words. What
// is secret goes first, or a line could end within it.
func (c *Client) clean(err error) string {
	var u *url.Error
	if errors.As(err, &u) {
		err = u.Err
	}
	text, _, _ := strings.Cut(c.o.secrets.hide(err.Error()), "\n")
	return text[:min(len(text), 200)]
}

// actionOf is the name of an entry: other users of the server have entries, too.
func actionOf(action gocache.ID) digest {
	text := fmt.Appendf(nil, "gust go action v1\n%x", action)
	return digest{sha256.Sum256(text), int64(len(text))}
}

// Get implements cacheprog.Remote.
func (c *Client) Get(ctx context.Context, action gocache.ID) (gocache.Entry, io.ReadCloser, error) {
	if !c.o.Read || !c.open(false) {
		return gocache.Entry{}, nil, gocache.ErrMiss
	}
	data, content, err := c.getEntry(ctx, actionOf(action))
	if err != nil {
		return gocache.Entry{}, nil, err
	}
	e, err := c.o.Key.decode(action, data)
	if err != nil {
		c.Broken(err)
		return gocache.Entry{}, nil, err
	}
	d := digest{e.Output, e.Size}
	if content == nil && e.Size == 0 {
		content = []byte{} // servers need not keep it
	}
	if content != nil {
		return e, io.NopCloser(bytes.NewReader(content)), nil
	}
	body, err := c.getContent(ctx, d)
	return e, body, err
}

// Content implements cacheprog.Contents.
func (c *Client) Content(ctx context.Context, e gocache.Entry) (io.ReadCloser, error) {
	switch {
	case !c.o.Read || !c.open(false):
		return nil, gocache.ErrMiss
	case e.Size == 0: // servers need not keep it
		return io.NopCloser(bytes.NewReader(nil)), nil
	}
	return c.getContent(ctx, digest{e.Output, e.Size})
}

func (c *Client) getEntry(ctx context.Context, action digest) (entry, content []byte, err error) {
	ctx, cancel := context.WithTimeoutCause(ctx, c.o.Timeout, errSlow)
	defer cancel()
	began, at := c.begin(), c.o.Now()
	entry, content, err = c.server.getEntry(ctx, action)
	if err == nil || errors.Is(err, gocache.ErrMiss) {
		c.answered(c.o.Now().Sub(at))
	}
	return entry, content, c.result(ctx, began, err)
}

// answered counts an answer that took some time.
func (c *Client) answered(took time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.requests.Lookups++
	c.requests.Wait += took
	c.requests.Slowest = max(c.requests.Slowest, took)
}

// Requests counts what was asked so far.
func (c *Client) Requests() cacheprog.Requests {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.requests
}

// getContent has its time begin anew with whatever comes: how long all of it
// takes depends on its size.
func (c *Client) getContent(ctx context.Context, d digest) (io.ReadCloser, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	timer := time.AfterFunc(c.o.Timeout, func() { cancel(errSlow) })
	began := c.begin()
	body, err := c.server.getContent(ctx, d)
	if c.result(ctx, began, err) != nil {
		timer.Stop()
		cancel(nil)
		return nil, err
	}
	return &paced{body: body, pause: c.o.Timeout, timer: timer, cancel: cancel,
		result: func(err error) { _ = c.result(ctx, began, err) }}, nil
}

// Put implements cacheprog.Remote. Contents come first: no entry is to name
// what is not there.
func (c *Client) Put(ctx context.Context, action gocache.ID, e gocache.Entry, path string) error {
	if !c.o.Write || !c.open(true) {
		return gocache.ErrMiss
	}
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	d := digest{e.Output, e.Size}
	// A megabyte a second is little, and less is not worth the wait.
	ctx, cancel := context.WithTimeoutCause(ctx, 2*c.o.Timeout+time.Duration(d.size>>20)*time.Second, errSlow)
	defer cancel()
	if err := c.result(ctx, c.begin(), c.server.putContent(ctx, d, f)); err != nil {
		return err
	}
	return c.result(ctx, c.begin(), c.server.putEntry(ctx, actionOf(action), c.o.Key.encode(action, e), d))
}
