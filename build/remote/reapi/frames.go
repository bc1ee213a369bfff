package reapi

import (
	"bytes"
	"errors"
	"io"

	"github.com/klauspost/compress/zstd"

	"github.com/gust-go/gust/build/remote/grpc"
)

// frames are the messages of a Write, made as they are read.
type frames struct {
	resource string // in the first one
	content  io.Reader
	encoder  *zstd.Encoder // into deflated; nil if it is not compressed
	deflated bytes.Buffer

	buf    []byte
	frame  []byte
	offset int64
	ended  bool
}

// Read implements io.Reader.
func (w *frames) Read(p []byte) (int, error) {
	for len(w.frame) == 0 {
		if w.ended {
			return 0, io.EOF
		}
		if err := w.next(); err != nil {
			return 0, err
		}
	}
	n := copy(p, w.frame)
	w.frame = w.frame[n:]
	return n, nil
}

// next makes a frame.
func (w *frames) next() error {
	data, err := w.more()
	if err != nil {
		return err
	}
	req := number(text(nil, 1, w.resource), 2, w.offset)
	if w.ended {
		req = number(req, 3, 1) // finish_write
	}
	w.frame = grpc.Frame(message(req, 10, data))
	w.resource = ""
	w.offset += int64(len(data))
	return nil
}

// more returns what goes into the next message, and notes the end.
func (w *frames) more() ([]byte, error) {
	if w.buf == nil {
		w.buf = make([]byte, chunk)
	}
	w.deflated.Reset()
	for {
		n, err := io.ReadFull(w.content, w.buf)
		w.ended = errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
		if err != nil && !w.ended {
			return nil, err
		}
		if w.encoder == nil {
			return w.buf[:n], nil
		}
		_, err = w.encoder.Write(w.buf[:n])
		if err == nil && w.ended {
			err = w.encoder.Close()
		}
		if err != nil || w.ended || w.deflated.Len() > 0 {
			return w.deflated.Bytes(), err
		}
	}
}
