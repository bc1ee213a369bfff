package build

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/gust-go/gust/build/astcache"
	"github.com/gust-go/gust/build/gocache"
	"github.com/gust-go/gust/build/overlay"
	"github.com/gust-go/gust/build/testresult"
	"github.com/gust-go/gust/internal/gocmd"
)

// replayed are the flags of go test that leave it to files and environment what
// comes out, besides those of a build. What they say is in go's key of a result,
// see testArgs; -json and -exec are gust's, or in that key as well.
var replayed = []string{"json", "exec", "run", "skip", "short", "v", "timeout", "failfast", "cpu", "parallel", "fullpath", "vet"}

// notReplayed are flags of a build that do more with go test.
var notReplayed = []string{"o", "cover", "covermode", "coverpkg", "buildvcs"}

// replay is a go test of which the results may still stand. If a run after one
// that had nothing to compile finds all results in go's cache, it is kept: a
// snapshot of what was built, of each test the result that go found, and the
// events. As long as the snapshot is current and go would find the same results,
// a run is those events again.
//
//	nothing to compile ─▶ mark ─▶ next run ─▶ events, action graph ─▶ record
//	                                                                    │
//	         events ◀─ go would find the same results ◀─ current ◀──────┘
type replay struct {
	*target
	gocache string              // the overlay
	mark    string              // says that the run before had nothing to compile
	graph   string              // where go writes its actions; empty without a mark
	links   map[string][]string // IDs by import path
}

// newReplay returns what there is to replay or to keep, nil if that is nothing.
func (r *runner) newReplay(began time.Time) *replay {
	if !astcache.Supported || r.Verb != "test" || r.Recording == nil || r.Env == nil || r.NoReuse || r.Probe ||
		r.Explain || r.Timings != nil || r.getenv("GUST_VERIFY") == "1" {
		return nil
	}
	// Without packages go runs the tests each time.
	if len(gocmd.Packages(r.Verb, r.Args)) == 0 || !replayable(r.Verb, r.Args) {
		return nil
	}
	t := &target{runner: r}
	root, err := r.cacheDir()
	if err == nil {
		t.dir, err = r.workDir()
	}
	if err != nil {
		return nil
	}
	key := astcache.Key([]string{r.Go.Path, t.dir, string(r.lines()), r.Verb}, r.Args, r.heeded())
	t.file = filepath.Join(root, "current", key)
	t.before = astcache.Look(began)
	return &replay{target: t, mark: astcache.MarkFile(t.file), gocache: r.overlayDir(root, *r.Env)}
}

// replayable reports whether the flags of a go test are understood.
func replayable(verb string, args []string) bool {
	flags, ok := gocmd.Flags(verb, args)
	if !ok {
		return false
	}
	var build []string
	for _, f := range flags {
		name := strings.TrimPrefix(f.Name, "test.")
		switch {
		case slices.Contains(notReplayed, name):
			return false
		case slices.Contains(replayed, name):
		default:
			build = append(build, "-"+f.Name+"="+f.Value)
		}
	}
	return judgedFlags(verb, build)
}

// again writes the events of the run that was kept, if go would come to the
// same.
func (p *replay) again(ctx context.Context) bool {
	if p == nil {
		return false
	}
	snap, err := astcache.Load(p.file)
	if err != nil {
		return false
	}
	p.verdict = astcache.Check(snap, astcache.World{
		Lookup: func(name string) string { return gocmd.LookPath(p.Go.Env, name) },
	})
	if !p.verdict.Current || ctx.Err() != nil {
		p.total.Stale = p.verdict.Why
		p.forget() // go has something to do
		return false
	}
	data, err := snap.LoadPlan(p.file)
	if err != nil {
		return false
	}
	rec, err := decodeRecord(data)
	if err != nil || !p.stands(ctx, rec) {
		return false
	}
	_ = p.verdict.Save(p.file) // if it cannot be saved, all is compared again
	// Whoever does not read all of it does not read what go would write either.
	_ = rec.write(p.Stdout, time.Now())
	return true
}

// stands reports whether go would find every result again.
func (p *replay) stands(ctx context.Context, rec *record) bool {
	cache, err := p.results(ctx, rec.Vars)
	if err != nil {
		return false
	}
	cache.Release = rec.Release
	for _, t := range rec.Tests {
		if !cache.Stands(t.Package, t.Result) {
			return false
		}
	}
	return true
}

// results is go's cache of test results: the overlay, after what go has done to
// the user's cache.
func (p *replay) results(ctx context.Context, vars map[string]string) (*testresult.Cache, error) {
	dir := p.gocache
	if _, err := overlay.Sync(ctx, p.Env.GOCACHE, dir); err != nil {
		return nil, err
	}
	entries, err := gocache.Open(dir, time.Now)
	if err != nil {
		return nil, err
	}
	return &testresult.Cache{
		Entries: entries, Expired: overlay.TestExpire(dir), Now: time.Now(),
		Getenv: func(name string) (string, bool) {
			if v := vars[name]; v != "" {
				return v, true
			}
			return p.lookupEnv(name)
		},
	}, nil
}

// forget makes the next run a first one.
func (p *replay) forget() {
	_ = os.Remove(p.mark)
	_ = os.Remove(p.file)
}

// begin makes go write its actions and keeps the events, if the last run had
// nothing to compile.
func (p *replay) begin() {
	if p == nil {
		return
	}
	if _, err := os.Stat(p.mark); err != nil {
		return
	}
	p.graph = filepath.Join(p.session.dir, "actions.json")
	p.Stderr = p.printed.through(p.Stderr)
	p.Recording.start()
}

// flags are go's besides the user's.
func (p *replay) flags() []string {
	if p == nil || p.graph == "" {
		return nil
	}
	return []string{"-debug-actiongraph=" + p.graph}
}

// end looks at a run while its files are there, and returns what keeps it once
// its events have been read; nil if there is nothing to keep.
func (p *replay) end(code int) func(context.Context) {
	switch {
	case p == nil:
		return nil
	case code != 0 || p.worked():
		p.forget()
		return nil
	case p.graph == "":
		if os.MkdirAll(filepath.Dir(p.mark), 0o777) == nil {
			_ = os.WriteFile(p.mark, nil, 0o666)
		}
		return nil
	case p.printed.any.Load():
		return nil
	}
	links, err := readLinks(p.graph)
	if err != nil {
		return nil
	}
	p.links = links
	ended := time.Now()
	return func(ctx context.Context) { _ = p.keep(ctx, ended) } // without it go runs the next time as well
}

// worked reports whether something was compiled. Links say nothing: where an edit
// has left the bytes of a test binary alone, go links it each time to find that out.
func (p *replay) worked() bool {
	return p.total.Compiled+p.total.Reused+p.total.Relinked+p.total.Failed > 0
}
