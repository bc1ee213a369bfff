package remote

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"

	"github.com/gust-go/gust/build/gocache"
	"github.com/gust-go/gust/build/remote/reapi"
)

// web is any server that keeps what is PUT, in the layout that Bazel's simple
// HTTP caches have: /ac/KEY for entries, /cas/SHA256 for contents. Entries are
// action results as for the Remote Execution API, which such servers may check.
type web struct {
	base   *url.URL // without user
	auth   *auth
	client *http.Client
}

func newWeb(u *url.URL, o Options) (server, error) {
	if u.RawQuery != "" {
		return nil, errors.New("the address has a query, which is not passed on")
	}
	base := *u
	base.User = nil
	return &web{base: &base, auth: newAuth(u, o), client: newHTTPClient(o)}, nil
}

// newHTTPClient returns a client that keeps connections for many requests at once.
func newHTTPClient(o Options) *http.Client {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConnsPerHost = 64
	transport.TLSClientConfig = o.TLS.Clone() // nil if it is
	return &http.Client{
		Transport: transport,
		// Nobody else is to get the credentials, nor to answer for the server.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// do sends a request, whose answer has one of the statuses 200 to 299.
func (w *web) do(ctx context.Context, method, kind string, d digest, body io.Reader, size int64) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, method, w.base.JoinPath(kind, d.name()).String(), body)
	if err != nil {
		return nil, err
	}
	if req.ContentLength = size; size == 0 {
		req.Body = http.NoBody
	}
	if req.Header, err = w.auth.header(ctx); err != nil {
		return nil, err
	}
	return send(w.client, req)
}

// send makes errors of statuses.
func send(client *http.Client, req *http.Request) (*http.Response, error) {
	res, err := client.Do(req)
	if err != nil || res.StatusCode/100 == 2 {
		return res, err
	}
	drain(res)
	write := req.Method != http.MethodGet
	switch res.StatusCode {
	case http.StatusNotFound, http.StatusGone:
		if !write {
			return nil, gocache.ErrMiss
		}
	case http.StatusUnauthorized, http.StatusForbidden, http.StatusMethodNotAllowed:
		if write {
			return nil, &deniedError{res.Status}
		}
	}
	return nil, errors.New(res.Status)
}

func drain(res *http.Response) {
	_, _ = io.Copy(io.Discard, io.LimitReader(res.Body, 64<<10)) // so that the connection can be used again
	_ = res.Body.Close()
}

func (w *web) getEntry(ctx context.Context, action digest) (entry, content []byte, err error) {
	res, err := w.do(ctx, http.MethodGet, "ac", action, nil, 0)
	if err != nil {
		return nil, nil, err
	}
	data, err := readEntry(res.Body)
	if err != nil {
		return nil, nil, err
	}
	r, err := reapi.UnmarshalActionResult(data)
	if err != nil {
		return data, nil, nil // it is no entry, as will turn out
	}
	return r.Stdout, nil, nil
}

// readEntry reads and closes a body.
func readEntry(body io.ReadCloser) ([]byte, error) {
	defer body.Close()
	data, err := io.ReadAll(io.LimitReader(body, maxEntry))
	if err != nil {
		return nil, fmt.Errorf("read an entry: %w", err)
	}
	return data, nil
}

func (w *web) getContent(ctx context.Context, d digest) (io.ReadCloser, error) {
	res, err := w.do(ctx, http.MethodGet, "cas", d, nil, 0)
	if err != nil {
		return nil, err
	}
	return res.Body, nil
}

func (w *web) putContent(ctx context.Context, d digest, f *os.File) error {
	return w.put(ctx, "cas", d, f, d.size)
}

func (w *web) putEntry(ctx context.Context, action digest, entry []byte, d digest) error {
	entry = reapi.ActionResult{Output: remoteDigest(d), Stdout: entry}.Marshal()
	return w.put(ctx, "ac", action, bytes.NewReader(entry), int64(len(entry)))
}

func (w *web) put(ctx context.Context, kind string, d digest, body io.Reader, size int64) error {
	res, err := w.do(ctx, http.MethodPut, kind, d, body, size)
	if err == nil {
		drain(res)
	}
	return err
}
