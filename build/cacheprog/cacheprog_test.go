package cacheprog

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gust-go/gust/build/gocache"
)

// A client is the go command's side.
type client struct {
	t    *testing.T
	in   io.WriteCloser
	out  *json.Decoder
	next int64
	done chan error
}

func serve(t *testing.T, s *Server) *client {
	t.Helper()
	inR, inW := io.Pipe()
	outR, outW := io.Pipe()
	c := &client{t: t, in: inW, out: json.NewDecoder(outR), done: make(chan error, 1)}
	go func() {
		err := s.Serve(t.Context(), inR, outW)
		_ = outW.Close()
		c.done <- err
	}()
	hello := c.read()
	if hello.ID != 0 || strings.Join(hello.KnownCommands, " ") != "get put close" {
		t.Fatalf("it begins with %+v", hello)
	}
	return c
}

func local(t *testing.T) *Server {
	t.Helper()
	c, err := gocache.Open(t.TempDir(), time.Now)
	if err != nil {
		t.Fatal(err)
	}
	return &Server{Local: c, Now: time.Now, Drain: time.Minute}
}

func (c *client) read() (r response) {
	c.t.Helper()
	if err := c.out.Decode(&r); err != nil {
		c.t.Fatalf("read a response: %v", err)
	}
	return r
}

// send writes a request, in the way of cmd/go.
func (c *client) send(r request, body []byte) int64 {
	c.t.Helper()
	c.next++
	r.ID = c.next
	line, err := json.Marshal(r)
	if err != nil {
		c.t.Fatal(err)
	}
	text := string(line) + "\n"
	if r.BodySize > 0 {
		text += `"` + base64.StdEncoding.EncodeToString(body) + "\"\n"
	}
	if _, err := io.WriteString(c.in, text); err != nil {
		c.t.Fatal(err)
	}
	return r.ID
}

func (c *client) do(r request, body []byte) response {
	c.t.Helper()
	id := c.send(r, body)
	res := c.read()
	if res.ID != id {
		c.t.Fatalf("response %d for request %d", res.ID, id)
	}
	return res
}

func (c *client) close() {
	c.t.Helper()
	if res := c.do(request{Command: "close"}, nil); res.Err != "" {
		c.t.Errorf("close: %s", res.Err)
	}
	if err := <-c.done; err != nil {
		c.t.Errorf("it ends with %v", err)
	}
}

func id(text string) []byte {
	sum := sha256.Sum256([]byte(text))
	return sum[:]
}

func put(action string, body []byte) request {
	return request{Command: "put", ActionID: id(action), OutputID: id(string(body)), BodySize: int64(len(body))}
}

// TestConversation puts and gets bodies of all sizes, many at once.
func TestConversation(t *testing.T) {
	s := local(t)
	c := serve(t, s)
	bodies := map[string][]byte{}
	for i := range 200 {
		body := make([]byte, rand.IntN(1<<(i%18)+1))
		for j := range body {
			body[j] = byte(rand.Uint32())
		}
		action := fmt.Sprint("action ", i)
		bodies[action] = body
		if res := c.do(request{Command: "get", ActionID: id(action)}, nil); !res.Miss {
			t.Errorf("%s is there before: %+v", action, res)
		}
		res := c.do(put(action, body), body)
		if got, err := os.ReadFile(res.DiskPath); err != nil || !bytes.Equal(got, body) {
			t.Fatalf("put: %+v: %v", res, err)
		}
	}
	asked := map[int64]string{}
	var sending sync.WaitGroup
	sending.Add(1)
	go func() { // all at once; the answers come in any order
		defer sending.Done()
		var all strings.Builder
		for action := range bodies {
			c.next++
			asked[c.next] = action
			line, _ := json.Marshal(request{ID: c.next, Command: "get", ActionID: id(action)})
			all.Write(append(line, '\n'))
		}
		if _, err := io.WriteString(c.in, all.String()); err != nil {
			t.Error(err)
		}
	}()
	answers := make([]response, 0, len(bodies))
	for range bodies {
		answers = append(answers, c.read())
	}
	sending.Wait()
	for _, res := range answers {
		body := bodies[asked[res.ID]]
		got, err := os.ReadFile(res.DiskPath)
		if err != nil || !bytes.Equal(got, body) || !bytes.Equal(res.OutputID, id(string(body))) || res.Size != int64(len(body)) || res.Time == nil {
			t.Errorf("get %s: %+v: %v", asked[res.ID], res, err)
		}
	}
	c.close()
	left, _ := filepath.Glob(filepath.Join(filepath.Dir(filepath.Dir(answers[0].DiskPath)), "00", "gust-*"))
	if len(left) > 0 {
		t.Errorf("left: %q", left)
	}
}

// TestRefused: what is wrong with one request does not concern the next.
func TestRefused(t *testing.T) {
	c := serve(t, local(t))
	body := []byte("body")
	short := put("a", body)
	short.BodySize = 3
	long := put("a", body)
	long.BodySize = 5
	other := put("a", body)
	other.OutputID = id("another")
	odd := put("a", body)
	odd.ActionID = []byte("short")
	for name, r := range map[string]request{"short": short, "long": long, "another": other, "odd ID": odd,
		"unknown": {Command: "trim"}, "no ID": {Command: "get"}} {
		if res := c.do(r, body); res.Err == "" {
			t.Errorf("%s: %+v", name, res)
		}
		if res := c.do(request{Command: "get", ActionID: id("a")}, nil); !res.Miss {
			t.Errorf("%s has left something: %+v", name, res)
		}
	}
	empty := put("empty", nil)
	if res := c.do(empty, nil); res.Err != "" || res.DiskPath == "" {
		t.Errorf("empty: %+v", res)
	}
	c.close()
}

// TestEnds: go may be gone at any time, and what is no request ends it.
func TestEnds(t *testing.T) {
	line, _ := json.Marshal(put("a", []byte("body")))
	for name, test := range map[string]struct {
		text string
		ok   bool
	}{
		"at once": {"", true}, "cut request": {`{"ID":1,"Comm`, false}, "no JSON": {"GET / HTTP/1.1\n", false},
		"before the body": {string(line) + "\n", false}, "in the body": {string(line) + "\n\"Ym9", false},
		"no string": {string(line) + "\n5\n", false}, "no base64": {string(line) + "\n\"!!!!\"\n", false},
		"negative": {`{"ID":1,"Command":"put","BodySize":-1}` + "\n", true},
	} {
		s := local(t)
		err := s.Serve(t.Context(), strings.NewReader(test.text), io.Discard)
		if (err == nil) != test.ok {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// fake is a remote that answers as it is told to.
type fake struct {
	mu     sync.Mutex
	all    map[gocache.ID]gocache.Entry
	bodies map[gocache.ID][]byte
	broken []error
	block  chan struct{}
}

func (f *fake) Get(_ context.Context, action gocache.ID) (gocache.Entry, io.ReadCloser, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	e, ok := f.all[action]
	if !ok {
		return e, nil, gocache.ErrMiss
	}
	return e, io.NopCloser(bytes.NewReader(f.bodies[action])), nil
}

func (f *fake) Put(ctx context.Context, action gocache.ID, e gocache.Entry, path string) error {
	if f.block != nil {
		select {
		case <-f.block:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	data, err := os.ReadFile(path)
	f.mu.Lock()
	defer f.mu.Unlock()
	f.all[action], f.bodies[action] = e, data
	return err
}

func (f *fake) Broken(err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.broken = append(f.broken, err)
}

// TestRemote: what one machine puts the other gets, unless it is not what it
// should be.
func TestRemote(t *testing.T) {
	f := &fake{all: map[gocache.ID]gocache.Entry{}, bodies: map[gocache.ID][]byte{}}
	one := local(t)
	one.Remote = f
	c := serve(t, one)
	body := bytes.Repeat([]byte("0123456789"), 10_000)
	for i := range 50 {
		c.do(put(fmt.Sprint(i), body), body)
	}
	c.close()
	if n := one.Sender.Sent.Load(); n != 50 {
		t.Errorf("%d of 50 are uploaded at the end", n)
	}

	spoil := func(i int, change func([]byte) []byte) {
		key := gocache.ID(id(fmt.Sprint(i)))
		f.bodies[key] = change(bytes.Clone(f.bodies[key]))
	}
	spoil(0, func(b []byte) []byte { b[5] ^= 1; return b })
	spoil(1, func(b []byte) []byte { return b[:len(b)-1] })
	spoil(2, func(b []byte) []byte { return append(b, 'x') })
	spoil(3, func([]byte) []byte { return nil })
	two := local(t)
	two.Remote = f
	c = serve(t, two)
	for i := range 50 {
		res := c.do(request{Command: "get", ActionID: id(fmt.Sprint(i))}, nil)
		if res.Miss != (i < 4) {
			t.Errorf("%d: %+v", i, res)
		}
		if got, err := os.ReadFile(res.DiskPath); !res.Miss && (err != nil || !bytes.Equal(got, body)) {
			t.Errorf("%d: %v", i, err)
		}
	}
	c.close()
	if len(f.broken) != 4 || !errors.Is(f.broken[0], errWrong) || two.Stats.Wrong.Load() != 4 {
		t.Errorf("broken: %v", f.broken)
	}
}

// TestDrain: a remote that hangs delays the end for a while only.
func TestDrain(t *testing.T) {
	f := &fake{all: map[gocache.ID]gocache.Entry{}, bodies: map[gocache.ID][]byte{}, block: make(chan struct{})}
	s := local(t)
	s.Remote, s.Sender = f, newSender(t.Context(), f, 32)
	c := serve(t, s)
	for i := range 132 {
		c.do(put(fmt.Sprint(i), []byte("x")), []byte("x"))
	}
	if n := s.Sender.NotSent.Load(); n < 50 {
		t.Errorf("%d are not uploaded though the queue is full", n)
	}
	c.close()
	s.Sender.Close(10 * time.Millisecond)
	if n := s.Sender.NotSent.Load(); n != 132 {
		t.Errorf("%d of 132 are given up", n)
	}
	s.Sender.Send(gocache.ID{}, gocache.Entry{}, "")
}

// FuzzServe: nothing that go could send, or could not, makes it panic or hang.
func FuzzServe(f *testing.F) {
	line, _ := json.Marshal(put("a", []byte("body")))
	f.Add(string(line) + "\n\"Ym9keQ==\"\n{\"ID\":2,\"Command\":\"close\"}\n")
	f.Add("{\"ID\":1,\"Command\":\"get\"}\n")
	f.Fuzz(func(t *testing.T, text string) {
		s := local(t)
		_ = s.Serve(t.Context(), bufio.NewReader(strings.NewReader(text)), io.Discard)
	})
}
