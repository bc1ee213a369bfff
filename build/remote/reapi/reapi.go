// Package reapi is a client of the caches of the Remote Execution API, version 2:
// bazel-remote, BuildBuddy, Buildbarn, NativeLink and others. It speaks of action
// results and contents; what they are for it does not know.
package reapi

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"

	"github.com/klauspost/compress/zstd"

	"github.com/gust-go/gust/build/remote/grpc"
)

const (
	execution = "/build.bazel.remote.execution.v2."
	stream    = "/google.bytestream.ByteStream/"
	// chunk is how much of a content goes into one message.
	chunk = 256 << 10
	// smallest is the size from which contents are compressed.
	smallest = 1 << 10
	// worthAsking is the size from which to ask whether a content is there.
	worthAsking = 64 << 10
	// window bounds the memory that a compressed content takes to read.
	window = 8 << 20
)

// A Client talks to a server.
type Client struct {
	conn     *grpc.Conn
	instance string

	mu    sync.Mutex
	known *capabilities
}

// New returns a client of an instance; "" is a server's only one.
func New(conn *grpc.Conn, instance string) *Client {
	return &Client{conn: conn, instance: instance}
}

// ErrNoUpdates means that the server takes no action results from clients.
var ErrNoUpdates = errors.New("the server takes no action results")

// capable asks the server what it can do, unless it has said so. Servers that do
// not know the question can do the least.
func (c *Client) capable(ctx context.Context) (capabilities, error) {
	c.mu.Lock()
	known := c.known
	c.mu.Unlock()
	if known != nil {
		return *known, nil
	}
	can := capabilities{sha256: true, update: true}
	answer, err := c.conn.Call(ctx, execution+"Capabilities/GetCapabilities", text(nil, 1, c.instance))
	switch {
	case err == nil:
		if can, err = unmarshalCapabilities(answer); err != nil {
			return can, err
		}
		if !can.sha256 {
			return can, errors.New("the server does not know SHA-256")
		}
	case !grpc.Is(err, grpc.Unimplemented):
		return can, err
	}
	c.mu.Lock()
	c.known = &can
	c.mu.Unlock()
	return can, nil
}

// A Description is what a server can.
type Description struct{ Zstd, Update bool }

// Describe asks it.
func (c *Client) Describe(ctx context.Context) (Description, error) {
	can, err := c.capable(ctx)
	return Description{Zstd: can.zstd, Update: can.update}, err
}

// ActionResult returns the result of an action; the contents may come along. The
// error has the code grpc.NotFound if there is none.
func (c *Client) ActionResult(ctx context.Context, action Digest) (ActionResult, error) {
	req := message(text(nil, 1, c.instance), 2, action.marshal())
	req = number(req, 3, 1)        // inline_stdout
	req = text(req, 5, outputPath) // inline_output_files
	answer, err := c.conn.Call(ctx, execution+"ActionCache/GetActionResult", req)
	if err != nil {
		return ActionResult{}, err
	}
	return UnmarshalActionResult(answer)
}

// UpdateActionResult stores a result.
func (c *Client) UpdateActionResult(ctx context.Context, action Digest, r ActionResult) error {
	can, err := c.capable(ctx)
	if err != nil {
		return err
	}
	if !can.update {
		return ErrNoUpdates
	}
	req := message(text(nil, 1, c.instance), 2, action.marshal())
	_, err = c.conn.Call(ctx, execution+"ActionCache/UpdateActionResult", message(req, 3, r.Marshal()))
	return err
}

// missing reports whether the server wants a content.
func (c *Client) missing(ctx context.Context, d Digest) (bool, error) {
	req := message(text(nil, 1, c.instance), 2, d.marshal())
	answer, err := c.conn.Call(ctx, execution+"ContentAddressableStorage/FindMissingBlobs", req)
	if err != nil {
		return false, err
	}
	missing := false
	err = fields(answer, func(field int, _ uint64, _ []byte) error {
		missing = missing || field == 2
		return nil
	})
	return missing, err
}

// resource is the name of a content for ByteStream.
func (c *Client) resource(upload string, d Digest, compressed bool) string {
	kind := "blobs"
	if compressed {
		kind = "compressed-blobs/zstd"
	}
	var parts []string
	for _, part := range []string{c.instance, upload, kind, d.Hash, fmt.Sprint(d.Size)} {
		if part != "" {
			parts = append(parts, part)
		}
	}
	return strings.Join(parts, "/")
}

// Read returns a content. The error, at once or of the first read, has the code
// grpc.NotFound if it is not there.
func (c *Client) Read(ctx context.Context, d Digest) (io.ReadCloser, error) {
	can, err := c.capable(ctx)
	if err != nil {
		return nil, err
	}
	compressed := can.zstd && d.Size >= smallest
	req := text(nil, 1, c.resource("", d, compressed))
	s, err := c.conn.Open(ctx, stream+"Read", bytes.NewReader(grpc.Frame(req)))
	if err != nil {
		return nil, err
	}
	r := &reader{stream: s}
	if r.next() != nil && r.err != io.EOF { // whether it is there
		s.Close()
		return nil, r.err
	}
	if !compressed {
		return r, nil
	}
	dec, err := zstd.NewReader(r, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxWindow(window))
	if err != nil {
		s.Close()
		return nil, fmt.Errorf("read a compressed content: %w", err)
	}
	return &inflated{Decoder: dec, reader: r}, nil
}

// A reader reads the answers of Read.
type reader struct {
	stream *grpc.Stream
	data   []byte
	err    error
}

// next waits for a message.
func (r *reader) next() error {
	var answer []byte
	if answer, r.err = r.stream.Recv(); r.err == nil {
		r.err = fields(answer, func(field int, _ uint64, data []byte) error {
			if field == 10 {
				r.data = data
			}
			return nil
		})
	}
	return r.err
}

// Read implements io.Reader.
func (r *reader) Read(p []byte) (int, error) {
	for len(r.data) == 0 {
		if r.err != nil || r.next() != nil {
			return 0, r.err
		}
	}
	n := copy(p, r.data)
	r.data = r.data[n:]
	return n, nil
}

// Close implements io.Closer.
func (r *reader) Close() error {
	r.stream.Close()
	return nil
}

// inflated is a content that comes compressed.
type inflated struct {
	*zstd.Decoder
	reader *reader
}

// Close implements io.Closer.
func (i *inflated) Close() error {
	i.Decoder.Close()
	return i.reader.Close()
}

// Write stores a content. It reads to the end, or until the server has it.
func (c *Client) Write(ctx context.Context, d Digest, content io.Reader) error {
	if d.Size == 0 {
		return nil // every server has it
	}
	can, err := c.capable(ctx)
	if err != nil {
		return err
	}
	if d.Size >= worthAsking {
		if missing, err := c.missing(ctx, d); err != nil || !missing {
			return err
		}
	}
	compressed := can.zstd && d.Size >= smallest
	w := &frames{resource: c.resource("uploads/"+uuid(), d, compressed), content: content}
	if compressed {
		w.encoder, err = zstd.NewWriter(&w.deflated, zstd.WithEncoderConcurrency(1), zstd.WithEncoderLevel(zstd.SpeedFastest),
			zstd.WithLowerEncoderMem(true), zstd.WithWindowSize(1<<20))
		if err != nil {
			return fmt.Errorf("compress a content: %w", err)
		}
	}
	answer, err := c.conn.CallStream(ctx, stream+"Write", w)
	if err != nil {
		return err
	}
	committed := int64(0)
	err = fields(answer, func(field int, n uint64, _ []byte) error {
		if field == 1 {
			committed = int64(n)
		}
		return nil
	})
	// Of a compressed content it may be either size, or -1.
	if err == nil && !compressed && committed != d.Size {
		err = fmt.Errorf("the server has kept %d of %d bytes", committed, d.Size)
	}
	return err
}

// uuid is a random name for an upload.
func uuid() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // does not fail
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}
