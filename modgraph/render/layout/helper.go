package layout

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strings"
	"sync"
)

// A Helper runs Graphviz in processes of its own, which end at once when a
// context does: their code has none of the checks for it that [Graphviz.Run]
// needs and that take three quarters of its time. And while code without them
// runs, Go's collector cannot stop it, so it must not run where anything else
// goes on. Each process lays out one graph, in the words of [Serve].
type Helper struct {
	argv, env []string

	mu   sync.Mutex
	next *helperProcess // started, and waiting for a graph
}

// NewHelper returns a helper whose processes are started by a command line,
// which must end in [Serve].
func NewHelper(argv, env []string) *Helper { return &Helper{argv: argv, env: env} }

type helperProcess struct {
	cmd    *exec.Cmd
	cancel context.CancelFunc
	in     io.WriteCloser
	out    *bufio.Reader
	stderr strings.Builder
	ready  chan error // what came of its start, once
}

// Start starts the process that the next Run uses, unless there is one. It
// gets ready, which may mean that it compiles Graphviz, beside the caller. A helper that is nil starts nothing.
func (h *Helper) Start(ctx context.Context) error {
	if h == nil {
		return nil
	}
	p, err := h.take(ctx)
	if err != nil {
		return err
	}
	h.keep(p)
	return nil
}

// keep has p wait for a graph. Of two that wait one is too many.
func (h *Helper) keep(p *helperProcess) {
	h.mu.Lock()
	h.next, p = p, h.next
	h.mu.Unlock()
	if p != nil {
		_ = p.end(nil)
	}
}

// take returns the process that waits, or a new one.
func (h *Helper) take(ctx context.Context) (*helperProcess, error) {
	h.mu.Lock()
	p := h.next
	h.next = nil
	h.mu.Unlock()
	if p != nil {
		return p, nil
	}
	// It may outlive the wait for it; Run and Close end it.
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	p = &helperProcess{cmd: exec.CommandContext(ctx, h.argv[0], h.argv[1:]...), cancel: cancel, ready: make(chan error, 1)}
	p.cmd.Env, p.cmd.Stderr = h.env, &p.stderr
	if err := p.start(); err != nil {
		cancel()
		return nil, fmt.Errorf("start a process for Graphviz: %w", err)
	}
	return p, nil
}

func (p *helperProcess) start() (err error) {
	if p.in, err = p.cmd.StdinPipe(); err != nil {
		return err
	}
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		return err
	}
	p.out = bufio.NewReader(out)
	if err := p.cmd.Start(); err != nil {
		return err
	}
	go func() {
		line, err := p.out.ReadString('\n')
		if err == nil && line != readyLine {
			err = fmt.Errorf("it said %q", line)
		}
		p.ready <- err
	}()
	return nil
}

// Ready waits until the process that the next Run uses can lay out.
func (h *Helper) Ready(ctx context.Context) error {
	p, err := h.take(ctx)
	if err != nil {
		return err
	}
	if err := p.await(ctx); err != nil {
		return p.end(err)
	}
	h.keep(p)
	return nil
}

func (p *helperProcess) await(ctx context.Context) error {
	select {
	case err := <-p.ready:
		p.ready <- err // for whoever asks again
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Run is what [Graphviz.Run] is.
func (h *Helper) Run(ctx context.Context, dot, format, engine string) ([]byte, error) {
	p, err := h.take(ctx)
	if err != nil {
		return nil, err
	}
	// Killing it ends the writing and reading below.
	defer context.AfterFunc(ctx, p.cancel)()
	var out []byte
	if err = p.await(ctx); err == nil {
		out, err = p.ask(dot, format, engine)
	}
	err = p.end(err)
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	return out, err
}

func (p *helperProcess) ask(dot, format, engine string) ([]byte, error) {
	if err := writeMessage(p.in, engine+" "+format, []byte(dot)); err != nil {
		return nil, err
	}
	status, data, err := readMessage(p.out)
	switch {
	case err != nil:
		return nil, err
	case status == refusedStatus:
		return nil, fmt.Errorf("%w: %s", ErrRefused, data)
	case status != okStatus:
		return nil, errors.New(string(data))
	}
	return data, nil
}

// end kills the process, which has nothing to put in order, and says with
// its words what went wrong.
func (p *helperProcess) end(err error) error {
	p.cancel()
	_ = p.in.Close()
	_ = p.cmd.Wait()
	if err == nil || errors.Is(err, ErrRefused) || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	if said := strings.TrimSpace(p.stderr.String()); said != "" {
		err = errors.New(said)
	}
	return fmt.Errorf("run Graphviz in a process: %w", err)
}

// Close ends the process that waits for a graph, if there is one. A helper
// that is nil has none.
func (h *Helper) Close() {
	if h == nil {
		return
	}
	h.mu.Lock()
	p := h.next
	h.next = nil
	h.mu.Unlock()
	if p != nil {
		_ = p.end(nil)
	}
}
