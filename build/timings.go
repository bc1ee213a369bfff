package build

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"time"

	"github.com/gust-go/gust/build/store"
	"github.com/gust-go/gust/build/timings"
	"github.com/gust-go/gust/build/toolexec"
	"github.com/gust-go/gust/internal/event"
	"github.com/gust-go/gust/internal/gocmd"
)

// timed gathers what a report on the steps of a build needs. A nil timed
// gathers nothing.
type timed struct {
	began    time.Time
	dir      string // holds graph, unless that is the user's
	graph    string // where go writes its actions
	own      bool   // go is to be told so
	tools    []timings.Tool
	packages []event.BuildPackage
}

// startTimings prepares for a report, if one is wanted. The returned function
// makes it, after go has run.
func (r *runner) startTimings(began time.Time) (stop func(ran bool)) {
	if r.Timings == nil {
		return func(bool) {}
	}
	t := &timed{began: began}
	if theirs := r.goFlag("debug-actiongraph"); theirs != "" {
		// go writes one graph only, and that is the user's.
		t.graph = r.inGoDir(theirs)
	} else {
		dir, err := os.MkdirTemp("", "gust-timings-*")
		if err != nil {
			r.noTimings(err)
			return func(bool) {}
		}
		t.dir, t.graph, t.own = dir, filepath.Join(dir, "actions.json"), true
	}
	r.timed = t
	return func(ran bool) {
		if ran {
			if err := r.reportTimings(); err != nil {
				r.noTimings(err)
			}
		}
		if t.own {
			_ = os.RemoveAll(t.dir)
		}
	}
}

func (r *runner) noTimings(err error) {
	r.sink.Emit(event.Warning{Text: "no timings: " + err.Error()})
}

// flags are those that make go write its actions.
func (t *timed) flags() []string {
	if t == nil || !t.own {
		return nil
	}
	return []string{"-debug-actiongraph=" + t.graph}
}

// tool notes the start of one.
func (t *timed) tool(s *toolexec.Start) {
	if t != nil {
		t.tools = append(t.tools, timings.Tool{Name: s.Name, ImportPath: s.ImportPath, Dir: s.Dir, At: s.At})
	}
}

// outcome notes how a compile ended.
func (t *timed) outcome(p event.BuildPackage) {
	if t != nil {
		t.packages = append(t.packages, p)
	}
}

// reportTimings emits the report's events and writes its file.
func (r *runner) reportTimings() error {
	actions, err := r.timed.actions()
	if err != nil {
		return err
	}
	report := timings.New(timings.Input{
		Title:    strings.Join(append([]string{"gust", r.Verb}, gocmd.Packages(r.Verb, r.Args)...), " "),
		Host:     r.env.GOVERSION + " " + r.env.GOOS + "/" + r.env.GOARCH,
		Began:    r.timed.began,
		Wall:     time.Duration(r.total.WallNS),
		ExitCode: r.total.ExitCode,
		Parallel: r.parallel(),
		Actions:  actions,
		Tools:    r.timed.tools,
		Packages: r.timed.packages,
	})
	file, err := r.writeTimings(report)
	if err == nil {
		report.Total.File = file
	}
	for _, s := range report.Steps {
		r.sink.Emit(s)
	}
	r.sink.Emit(report.Total)
	return err
}

// actions reads what go has written.
func (t *timed) actions() ([]timings.Action, error) {
	info, err := os.Stat(t.graph)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, errors.New("go stopped before it built anything")
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular():
		return nil, fmt.Errorf("-debug-actiongraph=%s is not a file that can be read back", t.graph)
	}
	f, err := os.Open(t.graph)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	actions, err := timings.ReadGraph(f)
	if err != nil {
		return nil, err
	}
	any := false
	for _, a := range actions {
		if !a.TimeStart.IsZero() && a.TimeStart.Before(t.began) {
			any = false // an old file of the user's
			break
		}
		any = any || !a.TimeStart.IsZero()
	}
	if !any {
		return nil, errors.New("go stopped before it built anything")
	}
	return actions, nil
}

// parallel is how many steps go runs at a time.
func (r *runner) parallel() int {
	if n, err := strconv.Atoi(r.goFlag("p")); err == nil && n > 0 {
		return n
	}
	return runtime.GOMAXPROCS(0)
}

// writeTimings writes the report and returns the name of its file.
func (r *runner) writeTimings(report *timings.Report) (string, error) {
	file, err := r.timingsFile()
	if err != nil {
		return "", err
	}
	write := report.HTML
	if strings.HasSuffix(file, ".json") {
		write = report.Trace
	}
	var page bytes.Buffer
	if err := write(&page); err != nil {
		return "", err
	}
	return file, os.WriteFile(file, page.Bytes(), 0o666)
}

// timingsFile is where the report goes. The one in the cache has the same name
// for all builds of a module, so that a browser that shows it can load it
// again, and nothing piles up.
func (r *runner) timingsFile() (string, error) {
	if r.Timings.File != "" {
		return r.inGoDir(r.Timings.File), nil
	}
	root, err := r.cacheDir()
	if err != nil {
		return "", err
	}
	dir := filepath.Join(root, "timings")
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return "", err
	}
	module := r.inGoDir(".")
	if r.env.GOMOD != "" && r.env.GOMOD != os.DevNull {
		module = filepath.Dir(r.env.GOMOD)
	}
	return filepath.Join(dir, filepath.Base(module)+"-"+store.Key([]byte(module))[:8]+".html"), nil
}

// inGoDir resolves a path of the command line like go, which does so behind -C.
func (r *runner) inGoDir(path string) string {
	if filepath.IsAbs(path) {
		return path
	}
	chdir, _ := gocmd.FindFlag(r.Verb, r.Args, "C")
	if !filepath.IsAbs(chdir) {
		chdir = filepath.Join(r.Go.Dir, chdir)
	}
	path = filepath.Join(chdir, path)
	if abs, err := filepath.Abs(path); err == nil {
		return abs
	}
	return path
}
