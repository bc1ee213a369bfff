package testrun

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/gust-go/gust/internal/event"
	"github.com/gust-go/gust/internal/gocmd"
)

// probe asks go why results of tests are not in its cache, before the tests
// run and put them there. GODEBUG=gocachetest=1 makes go say it, but go also
// takes the value of GODEBUG for an input of every test: a run with it finds
// nothing and its results are found by nobody. So this is a run that ends in
// front of the linker, and what it says about the inputs holds but for GODEBUG.
// Trouble only leaves the reasons unsaid.
func (r *runner) probe(ctx context.Context) {
	o := r.Build
	o.Probe = true
	var said bytes.Buffer
	o.Stdout, o.Stderr = io.Discard, &said
	args, err := gocmd.TestPart(o.Args, []string{"json", "coverprofile"}, []string{"-json=false"}, gocmd.Packages("test", o.Args))
	if err != nil {
		return
	}
	g := *o.Go
	if g.Env == nil {
		g.Env = os.Environ()
	}
	g.Env = append(slices.Clip(g.Env), "GODEBUG="+debugCacheTest(g.Env))
	o.Args, o.Go = args, &g
	if _, err := r.Engine(ctx, o, compiles{r.sink}); err != nil {
		return
	}
	r.digest.uncached = parseCacheTest(&said).why
}

// compiles passes on what was compiled, and that was not for nothing: the run
// that follows will find it.
type compiles struct{ event.Sink }

// Emit implements event.Sink.
func (c compiles) Emit(e event.Event) {
	if p, ok := e.(event.BuildPackage); ok && p.Outcome != event.Failed {
		c.Sink.Emit(e)
	}
}

// debugCacheTest adds a setting to the GODEBUG of an environment.
func debugCacheTest(env []string) string {
	const setting = "gocachetest=1"
	for _, kv := range slices.Backward(env) {
		if v, ok := strings.CutPrefix(kv, "GODEBUG="); ok && v != "" {
			return v + "," + setting
		}
	}
	return setting
}

// cacheTest is what go said about its cache of test results.
type cacheTest struct {
	all      string            // holds for every package
	packages map[string]string // the first reason of each
}

func (c cacheTest) why(pkg string) string {
	if why, ok := c.packages[pkg]; ok {
		return why
	}
	return c.all
}

// parseCacheTest reads the lines that begin with "testcache: ". They are as in
// tryCacheWithID of cmd/go/internal/test, the same in go 1.24 to 1.27; what is
// not known is passed on as it is.
func parseCacheTest(in io.Reader) cacheTest {
	c := cacheTest{packages: make(map[string]string)}
	lines := bufio.NewReader(in)
	for {
		line, err := lines.ReadString('\n')
		if text, ok := strings.CutPrefix(strings.TrimRight(line, "\r\n"), "testcache: "); ok {
			c.add(text)
		}
		if err != nil {
			return c
		}
	}
}

func (c *cacheTest) add(text string) {
	if what, ok := strings.CutPrefix(text, "caching disabled "); ok {
		c.disabled(what)
		return
	}
	pkg, what, ok := strings.Cut(text, ": ")
	if !ok {
		return
	}
	file, isFile := strings.CutPrefix(what, "input file ")
	switch _, said := c.packages[pkg]; {
	case said:
	case strings.HasPrefix(what, "input list not found"):
		c.packages[pkg] = "no passed run of this test binary with these arguments is on record"
	case isFile:
		name, why, _ := strings.Cut(file, ": ")
		c.packages[pkg] = fmt.Sprintf("%s: %s", name, strings.Replace(why, "file used as input is too new", "was written less than 2s before the tests read it", 1))
	case strings.HasPrefix(what, "test ID ") && strings.Contains(what, " => input ID "):
		c.packages[pkg] = "a file or variable that the tests read has changed, or the result has expired"
	case strings.HasPrefix(what, "test ID "), strings.HasPrefix(what, "save test ID "):
	default:
		c.packages[pkg] = what
	}
}

// disabled notes why nothing is cached at all.
func (c *cacheTest) disabled(what string) {
	switch {
	case what == "in local directory mode":
		c.all = "go caches results only of packages that are named: gust test ."
	case strings.HasPrefix(what, "for test argument: "):
		c.all = "go does not cache with " + strings.Replace(strings.TrimPrefix(what, "for test argument: "), "-test.", "-", 1)
	default:
		if _, pkg, ok := strings.Cut(what, ": "); ok {
			c.packages[pkg] = "go does not cache results of packages outside of a module"
			return
		}
		c.all = what
	}
}
