package testrun

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"gotest.tools/gotestsum/testjson"

	"github.com/gust-go/gust/internal/event"
	"github.com/gust-go/gust/internal/gocmd"
)

// Limits say how long a test may run. A test that waits for its turn (in
// t.Parallel) or for its subtests is not running.
type Limits struct {
	// Slow is after which time a test is reported as slow, and again each time
	// it has been running for twice as long; 0 reports none.
	Slow time.Duration
	// Timeout is after which time the tests of a package are stopped because
	// of one; 0 is never. go test has only a limit for all tests of a package
	// (golang/go#48157).
	Timeout time.Duration
	// Tick wakes the watch every d until stop is called; nil means a
	// time.Ticker.
	Tick func(d time.Duration) (c <-chan time.Time, stop func())
}

// killDelay is how long a test binary may take to print its goroutines.
const killDelay = 10 * time.Second

// watch looks after running tests until the returned function is called.
func (r *runner) watch(ctx context.Context) (stop func()) {
	tick := r.Limits.Tick
	if tick == nil {
		tick = func(d time.Duration) (<-chan time.Time, func()) {
			t := time.NewTicker(d)
			return t.C, t.Stop
		}
	}
	ticks, stopTicks := tick(r.interval())
	quit := make(chan struct{})
	var wg sync.WaitGroup
	wg.Add(1)
	go func() {
		defer wg.Done()
		defer stopTicks()
		for {
			select {
			case <-quit:
				return
			case <-r.Status:
				r.sink.Emit(r.digest.running())
			case <-ticks:
				r.checkLimits(ctx)
			}
		}
	}()
	return func() {
		close(quit)
		wg.Wait()
		for _, t := range r.timers {
			t.Stop()
		}
	}
}

// interval is how often to look at the tests: often enough to hit the limits
// within a tenth.
func (r *runner) interval() time.Duration {
	shortest := time.Minute
	for _, d := range []time.Duration{r.Limits.Slow, r.Limits.Timeout} {
		if d > 0 {
			shortest = min(shortest, d)
		}
	}
	return max(10*time.Millisecond, min(time.Second, shortest/10))
}

// checkLimits reports tests that are slow and stops those that are too slow.
func (r *runner) checkLimits(ctx context.Context) {
	for _, slow := range r.digest.slow(r.Limits) {
		r.sink.Emit(slow)
		if slow.Killed {
			if err := r.stopPackage(ctx, slow.Package); err != nil {
				r.sink.Emit(event.Warning{Text: fmt.Sprintf("stop the tests of %s: %v", slow.Package, err)})
			}
		}
	}
}

// slow returns the tests that have passed a limit since the last call.
func (d *digest) slow(l Limits) []event.TestSlow {
	d.mu.Lock()
	defer d.mu.Unlock()
	var all []event.TestSlow
	for _, p := range d.packages {
		for _, name := range sortedTests(p.tests) {
			t := p.tests[name]
			if t.paused || p.hasInner(name) {
				continue
			}
			ran := t.ran + d.now().Sub(t.began)
			e := event.TestSlow{Package: p.Package, Test: name, RunningNS: ran.Nanoseconds()}
			switch {
			case l.Timeout > 0 && ran >= l.Timeout && len(p.blamed) == 0:
				e.Killed = true
				p.blamed = append(p.blamed, name)
				t.out = append([]string{fmt.Sprintf("test ran longer than the %v of --test-timeout and was stopped\n", l.Timeout)}, t.out...)
			case l.Slow > 0 && ran >= l.Slow && ran >= 2*t.warned:
				t.warned = ran
			default:
				continue
			}
			all = append(all, e)
		}
	}
	return all
}

// running lists the tests that are running, the longest first.
func (d *digest) running() event.TestStatus {
	d.mu.Lock()
	defer d.mu.Unlock()
	var s event.TestStatus
	for _, p := range d.packages {
		for name, t := range p.tests {
			if !t.paused && !p.hasInner(name) {
				s.Running = append(s.Running, event.RunningTest{Package: p.Package, Test: name, RunningNS: (t.ran + d.now().Sub(t.began)).Nanoseconds()})
			}
		}
		if len(p.tests) == 0 {
			s.Running = append(s.Running, event.RunningTest{Package: p.Package})
		}
	}
	slices.SortFunc(s.Running, func(a, b event.RunningTest) int {
		return cmp.Or(cmp.Compare(b.RunningNS, a.RunningNS), cmp.Compare(a.Package, b.Package), cmp.Compare(a.Test, b.Test))
	})
	return s
}

// resume starts the clock of a test anew whose subtest has ended.
func (p *pkgState) resume(test string, now time.Time) {
	for test = testjson.TestName(test).Parent(); test != ""; test = testjson.TestName(test).Parent() {
		// A slash may be part of a name, so not every parent is a test.
		if t := p.tests[test]; t != nil {
			if !t.paused {
				t.began, t.ran = now, 0
			}
			return
		}
	}
}

// stopPackage makes the test binary of a package print its goroutines and
// exit, and kills it if it does not.
func (r *runner) stopPackage(ctx context.Context, pkg string) error {
	p, err := r.testProcess(ctx, pkg)
	if err != nil {
		return err
	}
	if err := gocmd.Quit(p.PID); err != nil {
		return err
	}
	timer := time.AfterFunc(killDelay, func() {
		// A test that has ended since has taken its children with it or not,
		// as without gust.
		if q, err := r.testProcess(ctx, pkg); err == nil && q.PID == p.PID {
			_ = gocmd.KillDescendants(p.PID)
			_ = gocmd.Kill(p.PID)
		}
	})
	r.timers = append(r.timers, timer)
	return nil
}

// testProcess finds the test binary that go test runs for a package: it works
// in the package's directory.
func (r *runner) testProcess(ctx context.Context, pkg string) (gocmd.Process, error) {
	all, err := gocmd.Descendants(os.Getpid())
	if err != nil {
		return gocmd.Process{}, err
	}
	var tests []gocmd.Process
	for _, p := range all {
		// Tests that run tests have the same below them.
		if p.IsTest() && !slices.ContainsFunc(tests, func(t gocmd.Process) bool { return t.PID == p.Parent }) {
			tests = append(tests, p)
		}
	}
	dir, err := r.packageDir(ctx, pkg)
	if err != nil {
		return gocmd.Process{}, err
	}
	for _, p := range tests {
		if p.Dir == dir {
			return p, nil
		}
	}
	return gocmd.Process{}, fmt.Errorf("found no process in %s", dir)
}

// packageDir asks go for the directory of a package, without symbolic links.
func (r *runner) packageDir(ctx context.Context, pkg string) (string, error) {
	args := append([]string{"list"}, gocmd.ListArgs("test", r.Build.Args)...)
	out, err := r.Build.Go.Output(ctx, append(args, "-e", "-f", "{{.Dir}}", pkg)...)
	if err != nil {
		return "", err
	}
	return filepath.EvalSymlinks(strings.TrimRight(string(out), "\r\n"))
}
