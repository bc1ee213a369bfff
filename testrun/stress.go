package testrun

import (
	"context"
	"errors"
	"time"

	"github.com/gust-go/gust/internal/event"
)

// Stress says how often to run all tests, each time in new processes. The
// zero value is once.
type Stress struct {
	// Runs is how often; 0 leaves it to For.
	Runs int
	// For is after which time to begin no further run; 0 is no limit.
	For time.Duration
}

func (s Stress) on() bool { return s.Runs > 0 || s.For > 0 }

// errStress is what a run without a stream of events gets for --stress.
var errStress = errors.New("--stress repeats tests, and goes with no flag that makes go test do something else")

// stress runs the tests until it is enough. It goes on after failures, to
// tell how often they happen, but not where the next run would do no better.
func (r *runner) stress(ctx context.Context, sink event.Sink) error {
	r.digest.stress = true
	var flags []string
	if r.flag("count") == "" {
		flags = []string{"-count=1"} // or else go would take the result from its cache
	}
	for run := 0; r.more(run) && ctx.Err() == nil; run++ {
		sink.Emit(event.TestRepeat{Run: run + 1, Of: r.Stress.Runs})
		if err := r.once(ctx, run, flags, sink); err != nil {
			return err
		}
		if r.digest.buildFailed || r.result.ExitCode > 1 || r.cancelled.Load() {
			return nil
		}
	}
	return ctx.Err()
}

// more reports whether to start a run after n others.
func (r *runner) more(n int) bool {
	if n == 0 {
		return true
	}
	return (r.Stress.Runs == 0 || n < r.Stress.Runs) && (r.Stress.For == 0 || r.Now().Sub(r.began) < r.Stress.For)
}
