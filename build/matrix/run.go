package matrix

import (
	"bytes"
	"context"
	"path/filepath"
	"sync"
	"time"

	"github.com/gust-go/gust/internal/event"
)

// Options say what to build and how.
type Options struct {
	Targets []Target
	// Root is where the output folder may be without having been checked, Output
	// the folder relative to it.
	Root, Output string
	// Jobs is how many targets are built at once; less than one is one.
	Jobs int
	// Build builds a target into a folder; output is for what go has to say.
	Build func(ctx context.Context, t Target, dir string, output *bytes.Buffer, sink event.Sink) (code int, err error)
	// Heard hears what builds report while they go on, Done of what became of
	// each target; Done is never called by two at a time.
	Heard func(Target, event.Event)
	Done  func(Result)
	// Now tells the time.
	Now func() time.Time
}

// A Result is what became of a target.
type Result struct {
	Target
	// Code is go's exit code; Err is why there is none.
	Code int
	Err  error
	// Output is what go said.
	Output []byte
	// Dir is the target's folder, Files the names of the programs in it that
	// this build made or found up to date.
	Dir   string
	Files []string
	// Summary counts what was compiled.
	Summary event.BuildSummary
	Wall    time.Duration
}

// Failed reports whether there is no program.
func (r Result) Failed() bool { return r.Err != nil || r.Code != 0 }

// Jobs is how many targets to build at once on a number of processors. A go
// build keeps several busy while it compiles, but only one while it loads
// packages and links, and there a second build fills the gap.
func Jobs(processors int) int { return max(1, (processors+1)/2) }

// Run builds all targets, whatever fails, and returns their results in order.
// An error means that ctx ended.
func Run(ctx context.Context, o Options) ([]Result, error) {
	results := make([]Result, len(o.Targets))
	next := make(chan int)
	var wg sync.WaitGroup
	var mu sync.Mutex
	for range min(max(o.Jobs, 1), len(o.Targets)) {
		wg.Go(func() {
			for i := range next {
				results[i] = o.build(ctx, o.Targets[i])
				mu.Lock()
				o.Done(results[i])
				mu.Unlock()
			}
		})
	}
	for i := range o.Targets {
		if ctx.Err() != nil {
			break
		}
		next <- i
	}
	close(next)
	wg.Wait()
	return results, ctx.Err()
}

// build builds one target.
func (o Options) build(ctx context.Context, t Target) Result {
	began := o.Now()
	out := folder{o.Root, filepath.Join(o.Output, t.Folder())}
	r := Result{Target: t, Dir: out.path()}
	if r.Err = out.check(); r.Err != nil {
		return r
	}
	before := out.times()
	var said bytes.Buffer
	heard := listener{pass: func(e event.Event) { o.Heard(t, e) }}
	r.Code, r.Err = o.Build(ctx, t, r.Dir, &said, &heard)
	r.Output, r.Summary = said.Bytes(), heard.summary
	if !r.Failed() {
		r.Files = out.written(before)
	}
	r.Wall = o.Now().Sub(began)
	return r
}

// A listener keeps the summary of a build.
type listener struct {
	pass    func(event.Event)
	mu      sync.Mutex
	summary event.BuildSummary
}

// Emit implements [event.Sink].
func (l *listener) Emit(e event.Event) {
	if sum, ok := e.(event.BuildSummary); ok {
		l.mu.Lock()
		l.summary = sum
		l.mu.Unlock()
	}
	l.pass(e)
}
