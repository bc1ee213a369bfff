package remote

import (
	"context"
	"errors"
	"io"
	"time"
)

// errStalled means that an answer stopped in the middle.
var errStalled = errors.New("the answer stopped in the middle")

// paced is the body of an answer that must not stop for longer than a while:
// how long all of it takes depends on its size.
type paced struct {
	body   io.ReadCloser
	pause  time.Duration
	cancel context.CancelCauseFunc
	timer  *time.Timer
	result func(error)
	failed bool
}

func newPaced(body io.ReadCloser, pause time.Duration, cancel context.CancelCauseFunc, result func(error)) *paced {
	return &paced{body: body, pause: pause, cancel: cancel, result: result,
		timer: time.AfterFunc(pause, func() { cancel(errStalled) })}
}

// Read implements io.Reader.
func (p *paced) Read(b []byte) (int, error) {
	n, err := p.body.Read(b)
	p.timer.Reset(p.pause)
	if err != nil && !errors.Is(err, io.EOF) && !p.failed {
		p.failed = true
		p.result(err)
	}
	return n, err
}

// Close implements io.Closer.
func (p *paced) Close() error {
	p.timer.Stop()
	err := p.body.Close()
	p.cancel(nil)
	return err
}
