package testrun

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"golang.org/x/sync/errgroup"
	"gotest.tools/gotestsum/testjson"

	"github.com/gust-go/gust/build"
	"github.com/gust-go/gust/internal/event"
	"github.com/gust-go/gust/testrun/wire"
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
	if runID == 0 && !r.Stress.on() {
		o.Recording = new(build.Recording)
	}
	r.result.Runs = runID + 1
	r.digest.run = runID
	scanned := make(chan error, 1)
	go func() { scanned <- r.scan(recorded(p.outR, o.Recording), p.errR, runID) }()
	res, err := r.Engine(ctx, o, sink)
	p.ended()
	scanErr := <-scanned
	if err == nil && scanErr != nil && !errors.Is(scanErr, os.ErrDeadlineExceeded) {
		err = fmt.Errorf("read the events of go test: %w", scanErr)
	}
	if err == nil && res.Keep != nil {
		r.result.keep = append(r.result.keep, res.Keep)
	}
	return res, err
}

// recorded makes what is read be recorded, unless rec is nil.
func recorded(in io.Reader, rec *build.Recording) io.Reader {
	if rec == nil {
		return in
	}
	return io.TeeReader(in, rec)
}

// scan reads the streams of one go test to their ends.
func (r *runner) scan(stdout, stderr io.Reader, runID int) error {
	if r.Raw != nil {
		stdout = io.TeeReader(stdout, r.Raw)
	}
	if !r.Execution && r.Rerun.Attempts == 0 {
		return r.read(stdout, stderr)
	}
	return r.scanBoth(stdout, stderr, runID)
}

// read makes the digest of the streams, and nothing else.
func (r *runner) read(stdout, stderr io.Reader) error {
	var group errgroup.Group
	group.Go(func() error {
		return drained(stderr, eachLine(stderr, func(line string) { _ = handler{r: r}.Err(line) }))
	})
	group.Go(func() error {
		return drained(stdout, r.digestOf(newGuard(stdout, 0, r.View.Foreign), discard{}))
	})
	return group.Wait()
}

// drained reads the rest of a stream after an error: go must not block on a
// pipe that nobody reads.
func drained(in io.Reader, err error) error {
	if err != nil {
		_, _ = io.Copy(io.Discard, in)
	}
	return err
}

// eachLine calls f with each line of in.
func eachLine(in io.Reader, f func(string)) error {
	lines := bufio.NewScanner(newLineGuard(in))
	for lines.Scan() {
		f(lines.Text())
	}
	return lines.Err()
}

// A lineSink receives the lines that are events, and is told when no more
// will come for now.
type lineSink interface {
	line(line []byte)
	flush()
}

type discard struct{}

func (discard) line([]byte) {}
func (discard) flush()      {}

// digestOf tells the digest what a stream says and passes the lines on.
func (r *runner) digestOf(in *guard, to lineSink) error {
	var decoder wire.Decoder
	var e wire.Event
	for {
		lines, err := in.next()
		for line := range bytes.Lines(lines) {
			if decoder.Decode(line, &e) {
				r.digest.add(&e)
			} else if (to == discard{}) {
				_ = handler{r: r}.Err(string(bytes.TrimRight(line, "\r\n")))
			}
			to.line(line)
		}
		if err == io.EOF {
			to.flush()
			return nil
		}
		if err != nil || in.idle() {
			to.flush()
		}
		if err != nil {
			return err
		}
	}
}

// scanBoth has testjson read the streams as well. It takes several times as
// long for it as the digest does, so that is made beside it.
func (r *runner) scanBoth(stdout, stderr io.Reader, runID int) error {
	feed := newFeed()
	digested := make(chan error, 1)
	go func() {
		err := r.digestOf(newGuard(stdout, maxLine, r.View.Foreign), feed)
		feed.end(err)
		digested <- err
	}()
	exec, err := testjson.ScanTestOutput(testjson.ScanConfig{
		RunID:     runID,
		Stdout:    feed,
		Stderr:    newLineGuard(stderr),
		Handler:   handler{r, &pruner{}},
		Execution: r.exec,
		// The guard keeps all but broken JSON away.
		IgnoreNonJSONOutputLines: true,
	})
	if exec != nil {
		r.exec = exec
	}
	feed.stop()
	_ = drained(stderr, err)
	return cmp.Or(<-digested, err)
}

// handler hands events on that testjson has read.
type handler struct {
	r      *runner
	pruner *pruner
}

// Event implements [testjson.EventHandler].
func (h handler) Event(e testjson.TestEvent, exec *testjson.Execution) error {
	r := h.r
	if err := r.View.Event(e, exec); err != nil && r.result.HandlerErr == nil {
		r.result.HandlerErr = err
	}
	for _, other := range r.Handlers {
		if err := other.Event(e, exec); err != nil && r.result.HandlerErr == nil {
			r.result.HandlerErr = err
		}
	}
	if !r.Keep {
		h.pruner.event(e, exec)
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
