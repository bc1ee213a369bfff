// Package remote is the shared end of gust cacheprog: an HTTP server that keeps
// what is PUT, in the layout that Bazel's simple HTTP caches have: /ac/KEY for
// entries, /cas/SHA256 for contents. The server is trusted with nothing:
// entries are signed, contents are named by their hash, and its user checks both.
package remote

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/gust-go/gust/build/gocache"
)

// Options say which server, and how.
type Options struct {
	// URL is where /ac and /cas are; user and password in it are for basic
	// authentication.
	URL string
	// Token is for bearer authentication.
	Token string
	// Key says whose entries are believed.
	Key Key
	// Read and Write say what is wanted.
	Read, Write bool
	// Timeout bounds the wait for an answer, and each pause within one.
	Timeout time.Duration
	// Warn tells the user, once for each kind of trouble.
	Warn func(text string)
}

// HTTP is a client. It is safe for concurrent use.
type HTTP struct {
	o      Options
	base   *url.URL
	client *http.Client

	mu       sync.Mutex
	failures int // in a row
	off      bool
	readOnly bool
	warned   map[string]bool
}

// maxFailures in a row, and the server is left alone: a build must not wait for
// each of a thousand packages.
const maxFailures = 3

// NewHTTP returns a client. Nothing is asked yet.
func NewHTTP(o Options) (*HTTP, error) {
	u, err := url.Parse(o.URL)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" || u.RawQuery != "" || u.Fragment != "" {
		return nil, errors.New("the address must look like https://host/path") // and is not repeated: it can have a password
	}
	if o.Write && !o.Key.CanSign() {
		o.Write = false
	}
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConnsPerHost = 64
	transport.ResponseHeaderTimeout = o.Timeout
	transport.DialContext = (&net.Dialer{Timeout: o.Timeout}).DialContext
	transport.TLSHandshakeTimeout = o.Timeout
	return &HTTP{
		o: o, base: u, warned: map[string]bool{},
		// Nobody else is to get the credentials, nor to answer for the server.
		client: &http.Client{Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }},
	}, nil
}

// Name is the address without a password.
func (h *HTTP) Name() string { return h.base.Redacted() }

func (h *HTTP) warn(kind, text string) {
	h.mu.Lock()
	again := h.warned[kind]
	h.warned[kind] = true
	h.mu.Unlock()
	if !again {
		h.o.Warn(text)
	}
}

// Broken implements cacheprog.Remote.
func (h *HTTP) Broken(err error) {
	h.warn("broken", fmt.Sprintf("the remote cache %s has what is not usable, which is made anew: %v", h.Name(), err))
}

// open reports whether the server may be asked.
func (h *HTTP) open(write bool) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return !h.off && !(write && h.readOnly)
}

// result counts what became of a request. A server that fails again and again
// is left alone.
func (h *HTTP) result(err error) {
	h.mu.Lock()
	if err == nil {
		h.failures = 0
	} else if h.failures++; h.failures >= maxFailures {
		h.off = true
	}
	off := h.off
	h.mu.Unlock()
	if off {
		h.warn("off", fmt.Sprintf("the remote cache %s is not used any more: %v", h.Name(), clean(err)))
	}
}

// clean is an error without the address, which Name says without the password.
func clean(err error) error {
	var u *url.Error
	if errors.As(err, &u) {
		return u.Err
	}
	return err
}

func (h *HTTP) request(ctx context.Context, method, kind, key string, body io.Reader) (*http.Request, error) {
	u := *h.base
	u.User = nil
	req, err := http.NewRequestWithContext(ctx, method, u.JoinPath(kind, key).String(), body)
	if err != nil {
		return nil, err
	}
	if h.base.User != nil {
		password, _ := h.base.User.Password()
		req.SetBasicAuth(h.base.User.Username(), password)
	}
	if h.o.Token != "" {
		req.Header.Set("Authorization", "Bearer "+h.o.Token)
	}
	return req, nil
}

// actionKey is the name of an entry: other users of the server have entries, too.
func actionKey(action gocache.ID) string {
	return fmt.Sprintf("%x", sha256.Sum256(fmt.Appendf(nil, "gust go action v1\n%x", action)))
}

// Get implements cacheprog.Remote.
func (h *HTTP) Get(ctx context.Context, action gocache.ID) (gocache.Entry, io.ReadCloser, error) {
	if !h.o.Read || !h.open(false) {
		return gocache.Entry{}, nil, gocache.ErrMiss
	}
	body, err := h.get(ctx, "ac", actionKey(action))
	if err != nil {
		return gocache.Entry{}, nil, err
	}
	data, err := io.ReadAll(io.LimitReader(body, 1<<10))
	_ = body.Close()
	if err != nil {
		h.result(err)
		return gocache.Entry{}, nil, err
	}
	e, err := h.o.Key.decode(action, data)
	if err != nil {
		h.Broken(err)
		return gocache.Entry{}, nil, err
	}
	body, err = h.get(ctx, "cas", fmt.Sprintf("%x", e.Output))
	return e, body, err
}

// get asks for one thing.
func (h *HTTP) get(ctx context.Context, kind, key string) (io.ReadCloser, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	req, err := h.request(ctx, http.MethodGet, kind, key, nil)
	if err != nil {
		cancel(nil)
		return nil, err
	}
	res, err := h.client.Do(req)
	switch {
	case err != nil:
	case res.StatusCode == http.StatusOK:
		h.result(nil)
		return newPaced(res.Body, h.o.Timeout, cancel, h.result), nil
	case res.StatusCode == http.StatusNotFound || res.StatusCode == http.StatusGone:
		drain(res)
		cancel(nil)
		h.result(nil)
		return nil, gocache.ErrMiss
	default:
		drain(res)
		err = errors.New(res.Status)
	}
	cancel(nil)
	if ctx.Err() == nil || !errors.Is(err, context.Canceled) {
		h.result(err)
	}
	return nil, err
}

func drain(res *http.Response) {
	_, _ = io.Copy(io.Discard, io.LimitReader(res.Body, 64<<10)) // so that the connection can be used again
	_ = res.Body.Close()
}

// Put implements cacheprog.Remote. Contents come first: no entry is to name
// what is not there.
func (h *HTTP) Put(ctx context.Context, action gocache.ID, e gocache.Entry, path string) error {
	if !h.o.Write || !h.open(true) {
		return gocache.ErrMiss
	}
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	if err := h.put(ctx, "cas", fmt.Sprintf("%x", e.Output), f, e.Size); err != nil {
		return err
	}
	entry := string(h.o.Key.encode(action, e))
	return h.put(ctx, "ac", actionKey(action), strings.NewReader(entry), int64(len(entry)))
}

func (h *HTTP) put(ctx context.Context, kind, key string, body io.Reader, size int64) error {
	// A megabyte a second is little, and less is not worth the wait.
	ctx, cancel := context.WithTimeout(ctx, 2*h.o.Timeout+time.Duration(size>>20)*time.Second)
	defer cancel()
	req, err := h.request(ctx, http.MethodPut, kind, key, body)
	if err != nil {
		return err
	}
	if req.ContentLength = size; size == 0 {
		req.Body = http.NoBody
	}
	res, err := h.client.Do(req)
	if err != nil {
		if !errors.Is(err, context.Canceled) {
			h.result(err)
		}
		return err
	}
	drain(res)
	switch {
	case res.StatusCode/100 == 2:
		h.result(nil)
		return nil
	case res.StatusCode == http.StatusUnauthorized, res.StatusCode == http.StatusForbidden, res.StatusCode == http.StatusMethodNotAllowed:
		h.mu.Lock()
		h.readOnly = true
		h.mu.Unlock()
		h.warn("write", fmt.Sprintf("the remote cache %s takes nothing from here: %s", h.Name(), res.Status))
		return errors.New(res.Status)
	}
	err = errors.New(res.Status)
	h.result(err)
	return err
}
