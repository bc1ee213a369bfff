package cacheprog

import (
	"bufio"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
)

// A writeError is one of this machine's disk, not of the protocol.
type writeError struct{ err error }

func (e *writeError) Error() string { return e.err.Error() }
func (e *writeError) Unwrap() error { return e.err }

// readBody copies a JSON string of base64 as it comes. When w fails it reads
// on to the end: the next request is behind it.
func readBody(w io.Writer, r *bufio.Reader) (n int64, err error) {
	for { // white space
		b, err := r.ReadByte()
		if err != nil {
			return 0, io.ErrUnexpectedEOF
		}
		if b == '"' {
			break
		}
		if b != '\n' && b != ' ' && b != '\r' && b != '\t' {
			return 0, fmt.Errorf("read a body: it begins with %q", b)
		}
	}
	q := &quoted{r: r}
	var failed error
	buf := make([]byte, 48<<10)
	d := base64.NewDecoder(base64.StdEncoding, q)
	for {
		k, err := d.Read(buf)
		if k > 0 && failed == nil {
			_, failed = w.Write(buf[:k])
		}
		n += int64(k)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return n, fmt.Errorf("read a body: %w", err)
		}
	}
	if !q.ended {
		return n, io.ErrUnexpectedEOF
	}
	if failed != nil {
		return n, &writeError{failed}
	}
	return n, nil
}

// quoted reads up to a quotation mark, and past it.
type quoted struct {
	r     *bufio.Reader
	ended bool
}

func (q *quoted) Read(p []byte) (int, error) {
	if q.ended {
		return 0, io.EOF
	}
	// No more than what is there: the reader behind must not wait.
	if _, err := q.r.Peek(1); err != nil {
		return 0, io.ErrUnexpectedEOF
	}
	have, _ := q.r.Peek(min(len(p), q.r.Buffered()))
	n := len(have)
	for i, b := range have {
		if b == '"' {
			n, q.ended = i, true
			break
		}
	}
	copy(p, have[:n])
	skip := n
	if q.ended {
		skip++
	}
	_, _ = q.r.Discard(skip) // it is in the buffer
	if n == 0 {
		return 0, io.EOF
	}
	return n, nil
}
