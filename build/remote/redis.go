package remote

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"strconv"
	"strings"
	"sync"

	"github.com/gust-go/gust/build/gocache"
)

// memory is a Redis, or what speaks its protocol
// (https://redis.io/docs/latest/develop/reference/protocol-spec/). How long it keeps
// what is to be decided there.
type memory struct {
	o        Options
	host     string
	tls      *tls.Config // nil in the clear
	greeting [][]string  // commands at the start of a connection

	mu   sync.Mutex
	idle []*redisConn
}

// newMemory returns a client of redis://user:password@host:port/database, or of
// rediss:// with TLS.
func newMemory(u *url.URL, o Options) (server, error) {
	m := &memory{o: o, host: u.Host}
	if u.RawQuery != "" {
		return nil, errors.New("the address has a query, which is not passed on")
	}
	if u.Port() == "" {
		m.host = net.JoinHostPort(u.Hostname(), "6379")
	}
	if u.Scheme == "rediss" {
		if m.tls = o.TLS.Clone(); m.tls == nil {
			m.tls = &tls.Config{MinVersion: tls.VersionTLS12}
		}
		m.tls.ServerName = u.Hostname()
	}
	password := o.Token
	if secret, ok := u.User.Password(); ok {
		password = secret
	}
	if user := u.User.Username(); user != "" {
		m.greeting = append(m.greeting, []string{"AUTH", user, password})
	} else if password != "" {
		m.greeting = append(m.greeting, []string{"AUTH", password})
	}
	if database := strings.Trim(u.Path, "/"); database != "" {
		if _, err := strconv.ParseUint(database, 10, 16); err != nil {
			return nil, errors.New("what follows the host must be the number of a database")
		}
		m.greeting = append(m.greeting, []string{"SELECT", database})
	}
	return m, nil
}

// A redisConn is a connection, on which one command is under way at most.
type redisConn struct {
	net.Conn
	r    *bufio.Reader
	stop func() bool // ends the watch over the context
}

// take returns a connection for one command, which the context ends.
func (m *memory) take(ctx context.Context) (*redisConn, error) {
	m.mu.Lock()
	var c *redisConn
	if n := len(m.idle); n > 0 {
		c, m.idle = m.idle[n-1], m.idle[:n-1]
	}
	m.mu.Unlock()
	if c != nil {
		c.stop = context.AfterFunc(ctx, func() { _ = c.Close() })
		return c, nil
	}
	conn, err := m.dial(ctx)
	if err != nil {
		return nil, err
	}
	c = &redisConn{Conn: conn, r: bufio.NewReaderSize(conn, 32<<10)}
	c.stop = context.AfterFunc(ctx, func() { _ = c.Close() })
	for _, words := range m.greeting {
		if err := c.send(words, nil, 0); err != nil {
			return nil, c.broken(ctx, err)
		}
		if _, err := c.answer(); err != nil {
			return nil, c.broken(ctx, err)
		}
	}
	return c, nil
}

func (m *memory) dial(ctx context.Context) (net.Conn, error) {
	if m.tls != nil {
		return (&tls.Dialer{Config: m.tls}).DialContext(ctx, "tcp", m.host)
	}
	return (&net.Dialer{}).DialContext(ctx, "tcp", m.host)
}

// back gives a connection back on which nothing is under way.
func (m *memory) back(c *redisConn) {
	if !c.stop() {
		return // closed
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.idle = append(m.idle, c)
}

// broken ends a connection of which nobody knows what will come. Errors of the
// server's are told from those of the connection.
func (c *redisConn) broken(ctx context.Context, err error) error {
	c.stop()
	_ = c.Close()
	var said redisError
	if ctx.Err() != nil && !errors.As(err, &said) {
		return ctx.Err()
	}
	return err
}

// A redisError is what the server answers.
type redisError string

func (e redisError) Error() string { return string(e) }

// denied reports whether it is about who asks.
func (e redisError) denied() bool {
	code, _, _ := strings.Cut(string(e), " ")
	return code == "NOAUTH" || code == "NOPERM" || code == "WRONGPASS" || code == "READONLY"
}

// send writes a command, whose last word can come from a reader.
func (c *redisConn) send(words []string, last io.Reader, size int64) error {
	n := len(words)
	if last != nil {
		n++
	}
	var head bytes.Buffer
	fmt.Fprintf(&head, "*%d\r\n", n)
	for _, word := range words {
		fmt.Fprintf(&head, "$%d\r\n%s\r\n", len(word), word)
	}
	if last == nil {
		_, err := c.Write(head.Bytes())
		return err
	}
	fmt.Fprintf(&head, "$%d\r\n", size)
	if _, err := c.Write(head.Bytes()); err != nil {
		return err
	}
	if _, err := io.CopyN(c.Conn, last, size); err != nil {
		return err
	}
	_, err := io.WriteString(c, "\r\n")
	return err
}

// answer reads the head of an answer: the size of what follows, 0 for a word,
// or gocache.ErrMiss.
func (c *redisConn) answer() (int64, error) {
	line, err := c.r.ReadSlice('\n')
	if err != nil {
		return 0, err
	}
	text := strings.TrimRight(string(line), "\r\n")
	switch {
	case strings.HasPrefix(text, "+"):
		return 0, nil
	case strings.HasPrefix(text, "-"):
		return 0, redisError(text[1:])
	case text == "$-1" || text == "_":
		return 0, gocache.ErrMiss
	case strings.HasPrefix(text, "$"):
		if n, err := strconv.ParseInt(text[1:], 10, 64); err == nil && n >= 0 {
			return n, nil
		}
	}
	return 0, errors.New("the server does not speak the protocol of Redis")
}

// value is the answer to GET, while it is being read.
type value struct {
	ctx  context.Context // of the one request that it is the body of
	m    *memory
	c    *redisConn
	left int64
	err  error
}

// Read implements io.Reader.
func (v *value) Read(p []byte) (int, error) {
	if v.err != nil {
		return 0, v.err
	}
	if v.left == 0 {
		var end [2]byte
		if _, v.err = io.ReadFull(v.c.r, end[:]); v.err != nil || string(end[:]) != "\r\n" {
			v.err = v.c.broken(v.ctx, io.ErrUnexpectedEOF)
			return 0, v.err
		}
		v.m.back(v.c)
		v.err = io.EOF
		return 0, v.err
	}
	n, err := v.c.r.Read(p[:min(int64(len(p)), v.left)])
	if v.left -= int64(n); err != nil {
		if errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		v.err = v.c.broken(v.ctx, err)
	}
	return n, v.err
}

// Close implements io.Closer.
func (v *value) Close() error {
	if v.err == nil {
		v.err = v.c.broken(v.ctx, net.ErrClosed)
	}
	return nil
}

func (m *memory) get(ctx context.Context, key string) (io.ReadCloser, error) {
	c, err := m.take(ctx)
	if err != nil {
		return nil, err
	}
	if err := c.send([]string{"GET", key}, nil, 0); err != nil {
		return nil, c.broken(ctx, err)
	}
	n, err := c.answer()
	if errors.Is(err, gocache.ErrMiss) {
		m.back(c)
		return nil, err
	}
	if err != nil {
		return nil, c.broken(ctx, err)
	}
	return &value{ctx: ctx, m: m, c: c, left: n}, nil
}

func (m *memory) set(ctx context.Context, key string, body io.Reader, size int64) error {
	c, err := m.take(ctx)
	if err == nil {
		if err = c.send([]string{"SET", key}, body, size); err == nil {
			_, err = c.answer()
		}
		if err == nil {
			m.back(c)
			return nil
		}
		err = c.broken(ctx, err)
	}
	var said redisError
	if errors.As(err, &said) && said.denied() {
		return &deniedError{said.Error()}
	}
	return err
}

func (m *memory) getEntry(ctx context.Context, action digest) (entry, content []byte, err error) {
	body, err := m.get(ctx, "gust:ac:"+action.name())
	if err != nil {
		return nil, nil, err
	}
	entry, err = readEntry(body)
	return entry, nil, err
}

func (m *memory) getContent(ctx context.Context, d digest) (io.ReadCloser, error) {
	return m.get(ctx, "gust:cas:"+d.name())
}

func (m *memory) putContent(ctx context.Context, d digest, f *os.File) error {
	return m.set(ctx, "gust:cas:"+d.name(), f, d.size)
}

func (m *memory) putEntry(ctx context.Context, action digest, entry []byte, _ digest) error {
	return m.set(ctx, "gust:ac:"+action.name(), bytes.NewReader(entry), int64(len(entry)))
}
