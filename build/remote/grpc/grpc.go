// Package grpc calls methods of gRPC servers with the HTTP/2 of net/http, as
// https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md has it. Messages
// are bytes here.
//
// gust starts for every build and every tool, and google.golang.org/grpc with the
// protocol buffers of the Remote Execution API has 2 ms of package initialisation,
// which nothing can put off, and 7 MB. What a cache needs of it is this.
package grpc

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// maxMessage bounds a message of the server's. grpc-go's servers send 4 MiB at most
// unless told otherwise.
const maxMessage = 16 << 20

// A Conn is a server. Connections are made when they are needed.
type Conn struct {
	base   url.URL
	header func(context.Context) (http.Header, error)
	client *http.Client
}

// Dial returns a Conn to host:port; without a configuration of TLS it is in the
// clear. The headers go along with each call.
func Dial(host string, config *tls.Config, header func(context.Context) (http.Header, error)) *Conn {
	c := &Conn{base: url.URL{Scheme: "http", Host: host}, header: header}
	t := &http.Transport{
		Proxy: http.ProxyFromEnvironment, Protocols: new(http.Protocols), TLSClientConfig: config, DisableCompression: true,
		// A connection that died without a word is found out.
		HTTP2: &http.HTTP2Config{SendPingTimeout: 15 * time.Second, PingTimeout: 15 * time.Second},
	}
	if config != nil {
		c.base.Scheme = "https"
		t.Protocols.SetHTTP2(true)
	} else {
		t.Protocols.SetUnencryptedHTTP2(true)
	}
	c.client = &http.Client{Transport: t, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	return c
}

// Frame is a message as it is sent.
func Frame(message []byte) []byte {
	out := make([]byte, 5, 5+len(message))
	binary.BigEndian.PutUint32(out[1:], uint32(len(message)))
	return append(out, message...)
}

// Call calls a method, /package.Service/Method, with one message, and returns
// the one that answers.
func (c *Conn) Call(ctx context.Context, method string, message []byte) ([]byte, error) {
	return c.CallStream(ctx, method, bytes.NewReader(Frame(message)))
}

// CallStream sends the frames of a reader, which is read and perhaps closed until
// some time after CallStream is back, and returns the message that answers.
func (c *Conn) CallStream(ctx context.Context, method string, frames io.Reader) ([]byte, error) {
	s, err := c.Open(ctx, method, frames)
	if err != nil {
		return nil, err
	}
	defer s.Close()
	answer, err := s.Recv()
	if err != nil {
		if errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		return nil, err
	}
	switch _, err := s.Recv(); {
	case err == nil:
		return nil, errors.New("the server has answered more than once")
	case !errors.Is(err, io.EOF):
		return nil, err
	}
	return answer, nil
}

// Open begins a call that is answered with any number of messages.
func (c *Conn) Open(ctx context.Context, method string, frames io.Reader) (*Stream, error) {
	u := c.base
	u.Path = method
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, u.String(), frames)
	if err != nil {
		return nil, err
	}
	if c.header != nil {
		header, err := c.header(ctx)
		if err != nil {
			return nil, err
		}
		req.Header = header.Clone()
	}
	req.Header.Set("Content-Type", "application/grpc")
	req.Header.Set("Te", "trailers")
	req.Header.Set("User-Agent", "gust")
	if at, ok := ctx.Deadline(); ok {
		req.Header.Set("Grpc-Timeout", strconv.FormatInt(max(1, time.Until(at).Milliseconds()), 10)+"m")
	}
	res, err := c.client.Do(req)
	if err != nil {
		return nil, err
	}
	s := &Stream{res: res}
	switch {
	case res.StatusCode != http.StatusOK:
		err = &Status{Code: codeOf(res.StatusCode), Message: res.Status}
	case !strings.HasPrefix(res.Header.Get("Content-Type"), "application/grpc"):
		err = errors.New("the server does not speak gRPC")
	case res.Header.Get("Grpc-Status") != "": // without messages
		if err = status(res.Header); err == nil {
			return s, nil
		}
	default:
		return s, nil
	}
	s.Close()
	return nil, err
}

// A Stream is an answer.
type Stream struct{ res *http.Response }

// Close ends the call, whatever is still to come.
func (s *Stream) Close() { _ = s.res.Body.Close() }

// Recv returns the next message. After the last one the error is io.EOF, or the
// *Status that the call failed with.
func (s *Stream) Recv() ([]byte, error) {
	var head [5]byte
	if _, err := io.ReadFull(s.res.Body, head[:]); err != nil {
		if !errors.Is(err, io.EOF) {
			return nil, err
		}
		trailer := s.res.Trailer
		if trailer.Get("Grpc-Status") == "" {
			trailer = s.res.Header
		}
		if err := status(trailer); err != nil {
			return nil, err
		}
		return nil, io.EOF
	}
	n := binary.BigEndian.Uint32(head[1:])
	if head[0] != 0 || n > maxMessage {
		return nil, fmt.Errorf("the server sends what was not asked for: %x", head)
	}
	message := make([]byte, n)
	if _, err := io.ReadFull(s.res.Body, message); err != nil {
		return nil, fmt.Errorf("read a message: %w", err)
	}
	return message, nil
}

// Codes of https://grpc.github.io/grpc/core/md_doc_statuscodes.html.
const (
	NotFound         = 5
	PermissionDenied = 7
	Unimplemented    = 12
	Unavailable      = 14
	Unauthenticated  = 16
)

// A Status is why a call failed.
type Status struct {
	Code    int
	Message string
}

func (s *Status) Error() string {
	names := map[int]string{
		1: "canceled", 2: "unknown", 3: "invalid argument", 4: "deadline exceeded", NotFound: "not found", 6: "already exists",
		PermissionDenied: "permission denied", 8: "resource exhausted", 9: "failed precondition", 10: "aborted", 11: "out of range",
		Unimplemented: "not implemented", 13: "internal", Unavailable: "unavailable", 15: "data loss", Unauthenticated: "not authenticated",
	}
	name := names[s.Code]
	if name == "" {
		name = fmt.Sprint("gRPC status ", s.Code)
	}
	return name + ": " + s.Message
}

// Is reports whether an error is a status with a code.
func Is(err error, code int) bool {
	var s *Status
	return errors.As(err, &s) && s.Code == code
}

// status reads how a call ended, nil for well.
func status(header http.Header) error {
	text := header.Get("Grpc-Status")
	code, err := strconv.Atoi(text)
	if err != nil {
		return io.ErrUnexpectedEOF // cut off
	}
	if code == 0 {
		return nil
	}
	message := header.Get("Grpc-Message")
	if plain, err := url.PathUnescape(message); err == nil {
		message = plain
	}
	return &Status{code, message}
}

// codeOf is what a status of HTTP stands for
// (https://github.com/grpc/grpc/blob/master/doc/http-grpc-status-mapping.md).
func codeOf(http int) int {
	switch http {
	case 401:
		return Unauthenticated
	case 403:
		return PermissionDenied
	case 404:
		return Unimplemented
	case 429, 502, 503, 504:
		return Unavailable
	}
	return 2
}
