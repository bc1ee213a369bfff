package testrun

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"

	"gotest.tools/gotestsum/testjson"

	"github.com/gust-go/gust/internal/event"
	"github.com/gust-go/gust/internal/gocmd"
	"github.com/gust-go/gust/testrun/wire"
)

// Diagnose says whether to find out what failed tests fail for. The zero value is
// not to.
type Diagnose struct {
	// Runs is how often to try each way of running them.
	Runs int
}

// errDiagnose is what a run without a stream of events gets for --diagnose.
var errDiagnose = errors.New("--diagnose runs failed tests in other ways, and goes with no flag that makes go test do something else")

// maxDiagnosed is how many tests are looked at: each costs some runs.
const maxDiagnosed = 10

// A way is one of running tests again. All but the first differ from how they ran
// in one thing.
type way struct {
	name, flag string
	// args are for the n-th run; drop are flags that they replace.
	args func(n int) []string
	drop []string
	// env are variables in addition.
	env []string
	// single is true if each test runs by itself.
	single bool
}

// Names of ways.
const (
	asBefore = "as before"
	alone    = "alone"
	shuffled = "shuffled"
	oneCPU   = "one CPU"
	hostNet  = "host network"
	onTmpfs  = "tmpfs"
	noBox    = "no sandbox"
)

// diagnosis runs failed tests in other ways to see what makes a difference. It
// changes nothing about the result of the run.
func (r *runner) diagnosis(ctx context.Context) error {
	if r.Diagnose.Runs == 0 || r.digest.buildFailed || r.cancelled.Load() {
		return nil
	}
	todo := r.everFailed()
	if len(todo) == 0 {
		return nil
	}
	r.sink.Emit(event.TestDiagnosing{Tests: min(len(todo), maxDiagnosed), Of: len(todo), Runs: r.Diagnose.Runs})
	forget := r.session.Mark()
	defer forget()
	ways, done, err := r.ways()
	if err != nil {
		return err
	}
	defer done()
	todo = todo[:min(len(todo), maxDiagnosed)]
	for len(todo) > 0 {
		pkg := todo[0].pkg
		n := slices.IndexFunc(todo, func(k testKey) bool { return k.pkg != pkg })
		if n < 0 {
			n = len(todo)
		}
		if err := r.diagnosePackage(ctx, ways, pkg, todo[:n]); err != nil || ctx.Err() != nil || r.cancelled.Load() {
			return err
		}
		todo = todo[n:]
	}
	return nil
}

// everFailed are the tests that failed in any run, by package, without subtests.
func (r *runner) everFailed() []testKey {
	found := map[testKey]bool{}
	for key, c := range r.digest.outcomes {
		if c.failed > 0 {
			key.test, _, _ = strings.Cut(key.test, "/")
			found[key] = true
		}
	}
	return slices.SortedFunc(maps.Keys(found), func(a, b testKey) int {
		return strings.Compare(a.pkg+" "+a.test, b.pkg+" "+b.test)
	})
}

// ways are those that there are here.
func (r *runner) ways() (all []way, done func(), err error) {
	done = func() {}
	all = []way{
		{name: asBefore},
		{name: alone, single: true},
		{name: shuffled, flag: "-shuffle", drop: []string{"shuffle"}, args: func(n int) []string { return []string{"-shuffle=" + strconv.Itoa(n)} }},
		{name: oneCPU, flag: "-cpu=1", drop: []string{"cpu"}, args: func(int) []string { return []string{"-cpu=1"} }},
	}
	if r.session == nil {
		dir, remove, ok := memoryDir()
		if ok {
			done = remove
			all = append(all, way{name: onTmpfs, env: []string{"TMPDIR=" + dir}})
		}
		return all, done, nil
	}
	for _, w := range []struct {
		name string
		vary func() (string, error)
	}{{hostNet, r.session.HostVariable}, {onTmpfs, r.session.MemoryVariable}, {noBox, r.session.OffVariable}} {
		if w.name != onTmpfs && (r.Sandbox.Strict() || r.Sandbox.Require != "") {
			continue // nobody has allowed that
		}
		value, err := w.vary()
		if err != nil {
			return nil, done, err
		}
		vars := []string{value}
		if w.name == onTmpfs {
			vars = append(vars, "TMPDIR=/tmp") // another one may be in a directory that stays on disk
		}
		all = append(all, way{name: w.name, env: vars})
	}
	return all, done, nil
}

// diagnosePackage looks at some tests of a package.
func (r *runner) diagnosePackage(ctx context.Context, ways []way, pkg string, tests []testKey) error {
	tries := make(map[string][]event.TestTry) // by test
	var order []string
	for _, w := range ways {
		some := [][]testKey{tests}
		if w.single {
			some = slices.Collect(slices.Chunk(tests, 1))
		}
		for _, part := range some {
			passed := make(map[string]int)
			failing := ""
			for n := range r.Diagnose.Runs {
				out, err := r.try(ctx, w, n+1, pkg, part)
				if err != nil || ctx.Err() != nil || r.cancelled.Load() {
					return err
				}
				if w.name == asBefore && order == nil {
					order = out.order
				}
				for _, key := range part {
					if out.passed[key.test] {
						passed[key.test]++
					} else if w.args != nil {
						failing = w.args(n + 1)[0]
					}
				}
			}
			for _, key := range part {
				tries[key.test] = append(tries[key.test], event.TestTry{
					Way: w.name, Flag: failing, Runs: r.Diagnose.Runs, Passed: passed[key.test],
				})
			}
		}
	}
	for _, key := range tests {
		d := verdict(tries[key.test])
		d.Package, d.Test, d.Tries = key.pkg, key.test, tries[key.test]
		if d.Cause == event.CauseOthers {
			var err error
			if d.After, err = r.culprit(ctx, key, order); err != nil {
				return err
			}
		}
		r.sink.Emit(d)
	}
	return nil
}

// tried is what came of one run.
type tried struct {
	passed map[string]bool
	// order are the tests as they began.
	order []string
}

// try runs tests of a package once, and shows nothing of it.
func (r *runner) try(ctx context.Context, w way, n int, pkg string, tests []testKey) (tried, error) {
	o := r.Build
	g := *o.Go
	if g.Env == nil {
		g.Env = os.Environ()
	}
	g.Env = append(slices.Clip(g.Env), w.env...)
	o.Go = &g
	flags := []string{"-json", "-count=1", "-vet=off"}
	if w.args != nil {
		flags = append(flags, w.args(n)...)
	}
	drop := append(slices.Clone(outputFlags), w.drop...)
	if run := r.runOf(pkg); w.single {
		drop, flags = append(drop, "run"), append(flags, runAny(tests))
	} else if run != "" {
		drop, flags = append(drop, "run"), append(flags, "-test.run="+run)
	}
	var err error
	if o.Args, err = gocmd.TestPart(o.Args, drop, flags, []string{pkg}); err != nil {
		return tried{}, err
	}
	var out bytes.Buffer
	o.Stdout, o.Stderr, o.Explain, o.Timings = &out, io.Discard, false, nil
	if _, err = r.Engine(ctx, o, silent{}); err != nil {
		return tried{}, err
	}
	return readTried(&out), nil
}

// outputFlags are flags that would overwrite what the run has written, or that
// the ways to run need for themselves.
var outputFlags = []string{
	"json", "v", "count", "vet", "coverprofile", "cpuprofile", "memprofile", "blockprofile", "mutexprofile", "trace", "outputdir", "o", "failfast",
}

// runOf is the pattern that selects tests of a package in this run, "" for that of
// the command line.
func (r *runner) runOf(pkg string) string {
	for _, p := range r.Parts {
		if slices.Contains(p.Packages, pkg) {
			return p.Run
		}
	}
	return ""
}

// runAny selects some top-level tests.
func runAny(tests []testKey) string {
	var names []string
	for _, key := range tests {
		names = append(names, strings.TrimPrefix(runFlag(testjson.TestName(key.test)), "-test.run="))
	}
	return "-test.run=" + strings.Join(names, "|")
}

// readTried reads the events of a run.
func readTried(in io.Reader) tried {
	t := tried{passed: make(map[string]bool)}
	var decoder wire.Decoder
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, 1<<26)
	for lines.Scan() {
		var e wire.Event
		if !decoder.Decode(lines.Bytes(), &e) || e.Test == "" || strings.Contains(e.Test, "/") {
			continue
		}
		switch e.Action {
		case wire.Run:
			t.order = append(t.order, e.Test)
		case wire.Pass, wire.Skip:
			t.passed[e.Test] = true
		case wire.Fail:
			t.passed[e.Test] = false
		}
	}
	return t
}

// culprit looks for one test that makes another fail which passes alone: half of
// those before it are left out as long as it fails.
func (r *runner) culprit(ctx context.Context, key testKey, order []string) (string, error) {
	end := slices.Index(order, key.test)
	if end < 1 {
		return "", nil
	}
	suspects := order[:end]
	for {
		half := (len(suspects) + 1) / 2
		found := false
		for _, part := range [][]string{suspects[:half], suspects[half:]} {
			if len(part) == 0 {
				continue
			}
			fails, err := r.failsAfter(ctx, key, part)
			if err != nil || ctx.Err() != nil || r.cancelled.Load() {
				return "", err
			}
			if fails {
				suspects, found = part, true
				break
			}
		}
		switch {
		case !found:
			return "", nil // it takes several of them
		case len(suspects) == 1:
			return suspects[0], nil
		}
	}
}

func (r *runner) failsAfter(ctx context.Context, key testKey, others []string) (bool, error) {
	var tests []testKey
	for _, name := range others {
		tests = append(tests, testKey{key.pkg, name})
	}
	out, err := r.try(ctx, way{single: true}, 1, key.pkg, append(tests, key))
	return !out.passed[key.test], err
}

// silent drops all events.
type silent struct{}

func (silent) Emit(event.Event) {}
