package remote

import (
	"context"
	"errors"
	"io"
	"time"
)

// errSlow means that an answer did not come, or stopped in the middle.
var errSlow = errors.New("it takes too long to answer")

// paced is the body of an answer that must not stop for longer than a while.
type paced struct {
	body   io.ReadCloser
	pause  time.Duration
	timer  *time.Timer // cancels
	cancel context.CancelCauseFunc
	result func(error)
	failed bool
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
