package testrun

import (
	"context"
	"os"
	"os/signal"

	"github.com/gust-go/gust/internal/event"
	"github.com/gust-go/gust/internal/gocmd"
)

// interrupts watches for ^C until the returned function is called. The first
// is go's, which starts nothing more and waits for the tests that run; the
// second kills everything. stop reports whether there was one, and then kills
// what is left: tests leave processes behind when they are interrupted. So do
// they when ctx ends.
func (r *runner) interrupts(ctx context.Context) (stop func() bool) {
	if gocmd.Adopt() != nil {
		return func() bool { return false } // go's way is all there is
	}
	signals := make(chan os.Signal, 4)
	signal.Notify(signals, os.Interrupt)
	quit, done := make(chan struct{}), make(chan int)
	go func() {
		n := 0
		for {
			select {
			case <-quit:
				done <- n
				return
			case <-signals:
				n++
				r.interrupted(n)
			}
		}
	}()
	return func() bool {
		signal.Stop(signals)
		close(quit)
		n := <-done
		if n > 0 || ctx.Err() != nil {
			_ = gocmd.KillDescendants(os.Getpid())
		}
		return n > 0
	}
}

func (r *runner) interrupted(n int) {
	r.cancelled.Store(true)
	if n == 1 {
		r.sink.Emit(r.digest.running())
		r.sink.Emit(event.Warning{Text: "interrupted: waiting for the tests that run", Hint: "^C again kills them"})
		return
	}
	_ = gocmd.KillDescendants(os.Getpid())
}
