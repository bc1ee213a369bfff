package layout

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// A process of a [Helper] says readyLine when it can lay out, reads a message,
// and answers with one. The head of a request is an engine and a format, that
// of an answer one of these.
const (
	readyLine     = "ready\n"
	okStatus      = "ok"
	refusedStatus = "refused"
	errorStatus   = "error"
)

// maxMessage is more than any graph that can be laid out takes.
const maxMessage = 1 << 30

// ErrGone is the error of [Serve] when nobody waits for its answer any more.
var ErrGone = errors.New("whoever asked for a layout is gone")

// Serve lays out one graph for a [Helper] on the other end of in and out. That
// other end stays open until the helper has its answer, or wants none because
// it was killed. Then Serve leaves Graphviz running, which only the end of the
// process ends.
func Serve(ctx context.Context, cache string, in io.Reader, out io.Writer) error {
	g, err := Open(ctx, Options{Cache: cache, Unchecked: true})
	if err != nil {
		return err
	}
	defer g.Close()
	if _, err := io.WriteString(out, readyLine); err != nil {
		return fmt.Errorf("answer gust: %w", err)
	}
	r := bufio.NewReader(in)
	head, dot, err := readMessage(r)
	if errors.Is(err, io.EOF) {
		return nil // there is nothing to draw
	}
	if err != nil {
		return fmt.Errorf("read a graph from gust: %w", err)
	}
	answer := make(chan error, 1)
	go func() {
		engine, format, _ := strings.Cut(head, " ")
		data, err := g.Run(ctx, string(dot), format, engine)
		answer <- respond(out, data, err)
	}()
	gone := make(chan bool)
	go func() {
		_, _ = io.Copy(io.Discard, r)
		close(gone)
	}()
	select {
	case err := <-answer:
		return err
	case <-gone:
		return ErrGone
	}
}

// respond sends what came of a layout.
func respond(out io.Writer, data []byte, err error) error {
	status := okStatus
	switch {
	case errors.Is(err, ErrRefused):
		status, data = refusedStatus, []byte(strings.TrimPrefix(err.Error(), ErrRefused.Error()+": "))
	case err != nil:
		status, data = errorStatus, []byte(err.Error())
	}
	if err := writeMessage(out, status, data); err != nil {
		return fmt.Errorf("answer gust: %w", err)
	}
	return nil
}

// writeMessage writes a line with a head and the length of what follows.
func writeMessage(w io.Writer, head string, data []byte) error {
	if _, err := fmt.Fprintf(w, "%s %d\n", head, len(data)); err != nil {
		return err
	}
	_, err := w.Write(data)
	return err
}

func readMessage(r *bufio.Reader) (head string, data []byte, err error) {
	line, err := r.ReadString('\n')
	if err != nil {
		return "", nil, err
	}
	line = strings.TrimSuffix(line, "\n")
	end := strings.LastIndexByte(line, ' ')
	if end < 0 {
		return "", nil, fmt.Errorf("no message starts with %q", line)
	}
	size, err := strconv.Atoi(line[end+1:])
	if err != nil || size < 0 || size > maxMessage {
		return "", nil, fmt.Errorf("no message starts with %q", line)
	}
	data = make([]byte, size)
	if _, err := io.ReadFull(r, data); err != nil {
		return "", nil, fmt.Errorf("a message ends early: %w", err)
	}
	return line[:end], data, nil
}
