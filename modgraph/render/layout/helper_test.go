package layout

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"testing"
	"time"
)

func newTestHelper(t *testing.T, argv ...string) *Helper {
	t.Helper()
	if len(argv) == 0 {
		argv = []string{os.Args[0]}
	}
	h := NewHelper(argv, append(os.Environ(), helperVariable+"="+sharedCache(t)))
	t.Cleanup(h.Close)
	return h
}

// TestHelper holds what comes of another process to what comes of this one.
func TestHelper(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	want, err := run(ctx, grid(30), "plain", sharedCache(t))
	if err != nil {
		t.Fatal(err)
	}
	h := newTestHelper(t)
	if err := h.Start(ctx); err != nil {
		t.Fatal(err)
	}
	if err := h.Ready(ctx); err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for range 3 { // one has its process, the others start theirs
		wg.Go(func() {
			if got, err := h.Run(ctx, grid(30), "plain", "dot"); err != nil || !bytes.Equal(got, want) {
				t.Errorf("%d bytes, %v; want %d", len(got), err, len(want))
			}
		})
	}
	wg.Wait()
	for _, dot := range []string{"", "digraph {", "not a graph"} {
		if _, err := h.Run(ctx, dot, "plain", "dot"); !errors.Is(err, ErrRefused) {
			t.Errorf("%q gave %v", dot, err)
		}
	}
	if _, err := h.Run(ctx, "digraph{a}", "plain", "nosuch"); !errors.Is(err, ErrRefused) {
		t.Errorf("an unknown engine gave %v", err)
	}
}

// TestHelperCancelled ends a layout that would take minutes. Run returns when
// the process is gone.
func TestHelperCancelled(t *testing.T) {
	t.Parallel()
	h := newTestHelper(t)
	if err := h.Ready(context.Background()); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 300*time.Millisecond)
	defer cancel()
	if _, err := h.Run(ctx, dense(), "plain", "dot"); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("error is %v, want the deadline's", err)
	}
	if _, err := h.Run(ctx, "digraph{a}", "plain", "dot"); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("behind the end the error is %v", err)
	}
	if _, err := h.Run(context.Background(), "digraph{a->b}", "plain", "dot"); err != nil {
		t.Error(err)
	}
}

// TestHelperOrphaned sees that a process does not go on when there is nobody
// left to answer, as after SIGKILL.
func TestHelperOrphaned(t *testing.T) {
	t.Parallel()
	in, hold := io.Pipe()
	end := make(chan error)
	answers, out := io.Pipe()
	go func() { end <- Serve(context.Background(), sharedCache(t), in, out) }()
	if line, err := io.ReadAll(io.LimitReader(answers, int64(len(readyLine)))); string(line) != readyLine {
		t.Fatalf("%q, %v", line, err)
	}
	if err := writeMessage(hold, "dot plain", []byte("digraph{a}")); err != nil {
		t.Fatal(err)
	}
	hold.Close() // before the answer has been read
	if err := <-end; !errors.Is(err, ErrGone) {
		t.Error(err)
	}
	answers.Close()
}

// TestHelperUnusable has commands that are no Graphviz.
func TestHelperUnusable(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	for name, argv := range map[string][]string{
		"no such file": {os.Args[0] + "-nosuch"},
		"silent":       {"go", "env", "-nosuch"},
		"chatty":       {"go", "env", "GOOS"},
	} {
		h := newTestHelper(t, argv...)
		if err := h.Ready(ctx); err == nil {
			t.Errorf("%s: ready", name)
		}
		if _, err := h.Run(ctx, "digraph{a}", "plain", "dot"); err == nil || errors.Is(err, ErrRefused) {
			t.Errorf("%s: %v", name, err)
		}
	}
	var none *Helper
	if err := none.Start(ctx); err != nil {
		t.Error(err)
	}
	none.Close()
}

func TestMessages(t *testing.T) {
	for _, text := range []string{"", "ok", "ok\n", "ok x\n", "ok -1\n", "ok 5\nabc", fmt.Sprintf("ok %d\n", maxMessage+1)} {
		if _, _, err := readMessage(bufio.NewReader(strings.NewReader(text))); err == nil {
			t.Errorf("%q is a message", text)
		}
	}
	var b strings.Builder
	if err := writeMessage(&b, "a b", []byte("c\nd")); err != nil {
		t.Fatal(err)
	}
	if head, data, err := readMessage(bufio.NewReader(strings.NewReader(b.String()))); err != nil || head != "a b" || string(data) != "c\nd" {
		t.Errorf("%q %q %v", head, data, err)
	}
}
