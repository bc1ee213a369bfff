package testrun

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"gotest.tools/gotestsum/testjson"

	"github.com/gust-go/gust/build"
	"github.com/gust-go/gust/internal/event"
)

// drainDelay is how long the streams may stay open after go ended. Only a
// process that outlives go keeps them open.
const drainDelay = 5 * time.Second

// pipes are the streams of one go test. They are real pipes, not writers, so
// that go writes to them directly.
type pipes struct {
	outR, outW, errR, errW *os.File
}

func newPipes() (*pipes, error) {
	outR, outW, err := os.Pipe()
	if err != nil {
		return nil, fmt.Errorf("make a pipe: %w", err)
	}
	errR, errW, err := os.Pipe()
	if err != nil {
		_, _ = outR.Close(), outW.Close()
		return nil, fmt.Errorf("make a pipe: %w", err)
	}
	return &pipes{outR, outW, errR, errW}, nil
}

// ended closes our writing ends, so that the readers come to an end.
func (p *pipes) ended() {
	_, _ = p.outW.Close(), p.errW.Close()
	limit := time.Now().Add(drainDelay)
	// Where deadlines are not available, the readers end with the last writer.
	_, _ = p.outR.SetReadDeadline(limit), p.errR.SetReadDeadline(limit)
}

func (p *pipes) close() { _, _ = p.outR.Close(), p.errR.Close() }

// stream runs go test once and scans what it writes.
func (r *runner) stream(ctx context.Context, o build.Options, runID int, sink event.Sink) (build.Result, error) {
	p, err := newPipes()
	if err != nil {
		return build.Result{}, err
	}
	defer p.close()
	o.Stdout, o.Stderr = p.outW, p.errW
	r.result.Runs = runID + 1
	r.digest.run = runID
	scanned := make(chan error, 1)
	go func() { scanned <- r.scan(p.outR, p.errR, runID) }()
	res, err := r.Engine(ctx, o, sink)
	p.ended()
	scanErr := <-scanned
	if err == nil && scanErr != nil && !errors.Is(scanErr, os.ErrDeadlineExceeded) {
		err = fmt.Errorf("read the events of go test: %w", scanErr)
	}
	return res, err
}

// scan reads the streams of one go test to their ends.
func (r *runner) scan(stdout, stderr io.Reader, runID int) error {
	if r.Raw != nil {
		stdout = io.TeeReader(stdout, r.Raw)
	}
	in := newGuard(stdout, r.View.Foreign)
	exec, err := testjson.ScanTestOutput(testjson.ScanConfig{
		RunID:     runID,
		Stdout:    in,
		Stderr:    newLineGuard(stderr),
		Handler:   handler{r},
		Execution: r.exec,
		// The guard keeps all but broken JSON away.
		IgnoreNonJSONOutputLines: true,
	})
	if exec != nil {
		r.exec = exec
	}
	if err != nil {
		// go must not block on a pipe that nobody reads.
		_, _ = io.Copy(io.Discard, stdout)
		_, _ = io.Copy(io.Discard, stderr)
	}
	return err
}

// handler hands events on.
type handler struct{ r *runner }

// Event implements [testjson.EventHandler].
func (h handler) Event(e testjson.TestEvent, exec *testjson.Execution) error {
	r := h.r
	r.digest.add(e)
	if err := r.View.Event(e, exec); err != nil && r.result.HandlerErr == nil {
		r.result.HandlerErr = err
	}
	for _, other := range r.Handlers {
		if err := other.Event(e, exec); err != nil && r.result.HandlerErr == nil {
			r.result.HandlerErr = err
		}
	}
	if !r.Keep {
		r.digest.prune(e, exec)
	}
	return nil
}

// Err implements [testjson.EventHandler].
func (h handler) Err(text string) error {
	_ = h.r.View.Err(text)
	for _, other := range h.r.Handlers {
		_ = other.Err(text)
	}
	return nil
}
