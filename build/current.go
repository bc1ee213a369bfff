package build

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/gust-go/gust/build/astcache"
	"github.com/gust-go/gust/build/direct"
	"github.com/gust-go/gust/internal/gocmd"
)

// A target is one command line in one place and environment, of which package
// astcache keeps a snapshot. A nil target is one that gust does not judge.
type target struct {
	*runner
	dir      string // where go works
	file     string // of the snapshot
	before   astcache.Before
	verdict  *astcache.Verdict
	refs     <-chan string // of the repository, before the build; see askRefs
	refsSeen string
	printed  printed
	alone    *astcache.Alone
	snap     *astcache.Snapshot // that the verdict is about
	plan     *direct.Plan       // of that build; nil if there is none
	nextPlan *direct.Plan       // of this build, if go had no part in it
	listed   <-chan listing     // made ahead; nil if it was not
	unlist   context.CancelFunc // gives that list up
}

// judged are the flags that leave it to files and environment what a build
// makes. All others, such as -n, -v or -toolexec, make it do something each time.
var judged = []string{
	"C", "o", "p", "race", "msan", "asan", "cover", "covermode", "coverpkg",
	"asmflags", "buildmode", "buildvcs", "compiler", "gcflags", "installsuffix",
	"ldflags", "mod", "modcacherw", "modfile", "overlay", "pgo", "tags", "trimpath",
}

// judgedFlags reports whether all flags of a command line are understood.
func judgedFlags(verb string, args []string) bool {
	flags, ok := gocmd.Flags(verb, args)
	return ok && !slices.ContainsFunc(flags, func(f gocmd.Flag) bool {
		switch f.Name {
		case "buildmode":
			return f.Value != "exe" && f.Value != "pie" && f.Value != "default"
		case "compiler":
			return f.Value != "gc"
		}
		return !slices.Contains(judged, f.Name)
	})
}

// target returns what there is to judge, nil if that is nothing.
func (r *runner) target(began time.Time) *target {
	if !astcache.Supported || r.Verb != "build" && r.Verb != "install" || r.NoReuse || r.getenv("GUST_VERIFY") == "1" {
		return nil
	}
	if r.Timings != nil || !judgedFlags(r.Verb, r.Args) {
		return nil // there are no steps to report on without go
	}
	t := &target{runner: r}
	var err error
	if t.dir, err = r.workDir(); err != nil {
		return nil
	}
	root, err := r.cacheDir()
	if err != nil {
		return nil
	}
	lines := cmp.Or(r.Lines, LinesExact)
	key := astcache.Key([]string{r.Go.Path, t.dir, string(lines), r.Verb}, r.Args, r.heeded())
	t.file = filepath.Join(root, "current", key)
	t.before = astcache.Look(began, t.dir, t.outDir())
	return t
}

// workDir is the directory in which go works, named as the user names it.
func (r *runner) workDir() (string, error) {
	dir := r.Go.Dir
	if !filepath.IsAbs(dir) {
		wd, err := os.Getwd()
		if err != nil {
			return "", err
		}
		dir = filepath.Join(wd, dir)
	}
	to, ok := gocmd.FindFlag(r.Verb, r.Args, "C")
	if !ok {
		return dir, nil
	}
	named := filepath.Clean(beside(dir, to))
	// Behind a symbolic link .. is not where the name says.
	here, err1 := os.Stat(named)
	there, err2 := os.Stat(beside(dir, to))
	if err := errors.Join(err1, err2); err != nil {
		return "", err
	}
	if !os.SameFile(here, there) {
		return "", fmt.Errorf("%q is not what its name says", to)
	}
	return named, nil
}

// join resolves path relative to dir as the kernel does, for which .. behind a
// symbolic link leads out of where the link leads.
func join(dir, path string) string {
	path = beside(dir, path)
	if !strings.Contains(path, "..") {
		return filepath.Clean(path)
	}
	if real, err := filepath.EvalSymlinks(path); err == nil {
		return real
	}
	parent, name := filepath.Split(path)
	if real, err := filepath.EvalSymlinks(parent); err == nil {
		return filepath.Join(real, name)
	}
	return filepath.Clean(path)
}

// beside is join without looking.
func beside(dir, path string) string {
	if filepath.IsAbs(path) {
		return path
	}
	return dir + string(filepath.Separator) + path
}

// outDir is a directory that the build may write into besides its own.
func (t *target) outDir() string {
	out, ok := gocmd.FindFlag(t.Verb, t.Args, "o")
	if !ok {
		return t.dir
	}
	out = join(t.dir, out)
	if info, err := os.Stat(out); err == nil && info.IsDir() {
		return out
	}
	return filepath.Dir(out)
}

// heeded is the part of the environment that go, the tools it runs and
// git look at, by names (cmd/go help environment) and families of names.
func (r *runner) heeded() []string {
	env := r.Go.Env
	if env == nil {
		env = os.Environ()
	}
	last := make(map[string]string)
	for _, kv := range env {
		if name, _, ok := strings.Cut(kv, "="); ok && heeded(name) {
			last[name] = kv
		}
	}
	list := make([]string, 0, len(last))
	for _, kv := range last {
		list = append(list, kv)
	}
	slices.Sort(list)
	return list
}

func heeded(name string) bool {
	switch name {
	case "PATH", "HOME", "XDG_CONFIG_HOME", "CC", "CXX", "FC", "AR", "TMPDIR":
		return true
	case "GUST_DEPTH", "GUST_CPUPROFILE", "GUST_MEMPROFILE", "GUST_TRACE": // of no concern to what is built
		return false
	case "GUST_SANDBOX": // what of it concerns tests is in -exec
		return false
	}
	for _, family := range []string{"GO", "CGO_", "GCCGO", "GIT_", "PKG_CONFIG", "GUST_"} {
		if strings.HasPrefix(name, family) {
			return true
		}
	}
	return false
}

// current reports whether the last build stands. If so, it has given the
// outputs a new time, as go does.
func (t *target) current(ctx context.Context) bool {
	if t == nil {
		return false
	}
	snap, err := astcache.Load(t.file)
	if err != nil {
		t.refs = t.askRefs(ctx)
		return false
	}
	t.verdict = astcache.Check(snap, astcache.World{
		Lookup: func(name string) string { return gocmd.LookPath(t.Go.Env, name) },
		Stamp:  func(repo string) (string, error) { return t.stamp(ctx, repo) },
	})
	t.total.Stale = t.verdict.Why
	if !t.verdict.Current || ctx.Err() != nil {
		t.snap = snap
		t.loadPlan(snap)
		t.refs = t.askRefs(ctx)
		return false
	}
	t.verdict.Touch(time.Now())
	// If it cannot be saved, the next build is go's.
	_ = t.verdict.Save(t.file)
	return true
}

// begin gets ready to remember a build. It notes whether go prints anything: a
// build that has something to say says it each time.
func (t *target) begin() {
	if t == nil || t.alone != nil {
		return
	}
	t.Stdout, t.Stderr = t.printed.through(t.Stdout), t.printed.through(t.Stderr)
	// A name for what is written that builds with other flags share.
	out, ok := gocmd.FindFlag(t.Verb, t.Args, "o")
	if !ok {
		out = t.Verb + " " + strings.Join(gocmd.Packages(t.Verb, t.Args), " ")
	}
	t.alone = astcache.Begin(astcache.TurnFile(filepath.Dir(t.file), join(t.dir, out)))
}

// end lets others remember theirs.
func (t *target) end() {
	if t != nil {
		t.endListing()
		t.alone.End()
	}
}

// printed tells whether anything was written.
type printed struct{ any atomic.Bool }

func (p *printed) through(w io.Writer) io.Writer {
	if w == nil {
		w = io.Discard
	}
	return &printing{w, p}
}

type printing struct {
	io.Writer
	printed *printed
}

func (p *printing) Write(b []byte) (int, error) {
	if len(b) > 0 {
		p.printed.any.Store(true)
	}
	return p.Writer.Write(b)
}

// remember keeps a snapshot of the build that has just gone well. Where it
// cannot, go runs the next time as well, so errors are nobody's concern.
func (t *target) remember(ctx context.Context) {
	if t == nil || t.printed.any.Load() || ctx.Err() != nil {
		return
	}
	ended := time.Now()
	var snap *astcache.Snapshot
	var err error
	if t.verdict != nil && !t.verdict.Relist {
		snap, err = t.verdict.Renew(ended)
		if err == nil {
			err = t.restamp(ctx, snap)
		}
	} else {
		snap, err = t.describe(ctx, ended)
		astcache.Trim(filepath.Dir(t.file), time.Now())
	}
	if err == nil && t.alone.Was() {
		t.planned(snap)
		_ = snap.Save(t.file)
	}
}

// flagOn reads a boolean flag of go, def if it is not given.
func (t *target) flagOn(name string, def bool) bool {
	on, err := strconv.ParseBool(t.goFlag(name))
	if err != nil {
		return def
	}
	return on
}
