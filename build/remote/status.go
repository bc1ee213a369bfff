package remote

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/gust-go/gust/build/gocache"
	"github.com/gust-go/gust/build/remote/reapi"
)

// A Status is what a server says of itself. Numbers are -1 where it does not say.
type Status struct {
	// Kind is what it calls itself; empty if it does not.
	Kind string
	// UsedBytes and LimitBytes are its size, Entries what it has.
	UsedBytes, LimitBytes, Entries int64
	// Hits, Misses and Evicted count what has happened since it was started.
	Hits, Misses, Evicted int64
	// Took is how long the question for an entry took that there is not.
	Took time.Duration
}

// maxStatus bounds what is read of a server's word.
const maxStatus = 256 << 10

// A teller is a server that says something of itself.
type teller interface {
	tell(ctx context.Context, s *Status) error
}

// Status asks for an entry that there is not, and the server about itself. An error
// is of the former.
func (c *Client) Status(ctx context.Context) (Status, error) {
	s := Status{UsedBytes: -1, LimitBytes: -1, Entries: -1, Hits: -1, Misses: -1, Evicted: -1}
	at := c.o.Now()
	name := fmt.Appendf(nil, "gust status v1\n%d", at.UnixNano())
	if _, _, err := c.getEntry(ctx, digest{hashOf(name), int64(len(name))}); err != nil && !errors.Is(err, gocache.ErrMiss) {
		return s, errors.New(c.clean(err))
	}
	s.Took = c.o.Now().Sub(at)
	if t, ok := c.server.(teller); ok {
		ctx, cancel := context.WithTimeoutCause(ctx, c.o.Timeout, errSlow)
		defer cancel()
		_ = t.tell(ctx, &s) // it need not
	}
	return s, nil
}

// tell asks bazel-remote, which has a page at the root of its HTTP port.
func (w *web) tell(ctx context.Context, s *Status) error {
	for _, page := range []*url.URL{w.base.JoinPath("status"), w.base.ResolveReference(&url.URL{Path: "/status"})} {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, page.String(), nil)
		if err != nil {
			return err
		}
		if req.Header, err = w.auth.header(ctx); err != nil {
			return err
		}
		res, err := send(w.client, req)
		if err != nil {
			continue
		}
		var said struct{ CurrSize, MaxSize, NumFiles *int64 }
		err = json.NewDecoder(io.LimitReader(res.Body, maxStatus)).Decode(&said)
		_ = res.Body.Close()
		if err == nil && said.CurrSize != nil && said.MaxSize != nil && said.NumFiles != nil {
			s.Kind, s.UsedBytes, s.LimitBytes, s.Entries = "bazel-remote", *said.CurrSize, *said.MaxSize, *said.NumFiles
			return nil
		}
	}
	return errNothingSaid
}

var errNothingSaid = errors.New("it says nothing of itself")

// tell says which version of the API it is, and what it can.
func (x *execution) tell(ctx context.Context, s *Status) error {
	can, err := x.client.Describe(ctx)
	if err == nil {
		s.Kind = describe(can)
	}
	return err
}

func describe(can reapi.Description) string {
	text := "Remote Execution API"
	if can.Zstd {
		text += ", contents compressed with zstd"
	}
	if !can.Update {
		text += ", takes no action results"
	}
	return text
}

// tell asks Redis, which answers with lines of name:value.
func (m *memory) tell(ctx context.Context, s *Status) error {
	c, err := m.take(ctx)
	if err != nil {
		return err
	}
	if err := c.send([]string{"INFO"}, nil, 0); err != nil {
		return c.broken(ctx, err)
	}
	n, err := c.answer()
	if err != nil || n > maxStatus {
		return c.broken(ctx, errors.Join(err, errNothingSaid))
	}
	v := &value{ctx: ctx, m: m, c: c, left: n}
	defer v.Close()
	keys := int64(0)
	in := bufio.NewScanner(v)
	for in.Scan() {
		name, text, ok := strings.Cut(strings.TrimSpace(in.Text()), ":")
		number, err := strconv.ParseInt(text, 10, 64)
		switch {
		case !ok:
		case name == "redis_version" || name == "valkey_version":
			kind, _, _ := strings.Cut(name, "_")
			s.Kind = kind + " " + text
		case strings.HasPrefix(name, "db") && strings.HasPrefix(text, "keys="):
			text, _, _ = strings.Cut(text[len("keys="):], ",")
			number, _ = strconv.ParseInt(text, 10, 64)
			keys += number
			s.Entries = keys
		case err != nil || number < 0:
		case name == "used_memory":
			s.UsedBytes = number
		case name == "maxmemory" && number > 0: // 0 is none
			s.LimitBytes = number
		case name == "keyspace_hits":
			s.Hits = number
		case name == "keyspace_misses":
			s.Misses = number
		case name == "evicted_keys":
			s.Evicted = number
		}
	}
	return in.Err()
}
