package box

import (
	"errors"
	"os"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/gust-go/gust/internal/limit"
	"github.com/gust-go/gust/testrun/sandbox/box/fspath"
)

// tmpLink is a name in a box that leads to the temporary directory of its test,
// which is elsewhere: its name has to be short, since sockets are made in it.
const tmpLink = "tmp-of-test"

// A part is a sandbox without namespaces of its own.
type part struct {
	*wrapper
	level Level
	began time.Time
	// tmp is the test's temporary directory, home that of strict tests.
	tmp, home string
	path      string
	args, env []string
	reads     bool
	rec       *recorder
	recErr    error
}

// partly runs the binary in a sandbox without namespaces: in what it can share
// with others it is not disturbed, but what it does there is known.
func (w *wrapper) partly(level Level) (result, error) {
	p := &part{wrapper: w, level: level, began: time.Now()}
	if err := p.prepare(); err != nil {
		p.drop()
		return result{}, err
	}
	pid, done, err := p.startFenced()
	if err != nil {
		p.drop()
		return result{}, err
	}
	defer close(done)
	defer catch().forward(-pid)()
	w.run.endWithOwner(endDescendants)
	stop := w.watchOutside([]string{p.tmp, w.report.Box}, func(sig syscall.Signal) { _ = syscall.Kill(pid, sig) }, endDescendants)
	g := guard{limits: w.limits, mine: descendants, end: endDescendants}
	if w.group != nil && w.group.memory {
		g.limits = g.limits.With(limit.Set{limit.Memory: limit.None})
	}
	go g.watch()
	r, err := waitFor(pid, func() []Process { return leftProcesses(descendants) })
	stop()
	endDescendants()
	reap()
	r.Hits = append(append(g.found(), w.group.hits(w.limits)...), w.outside.found()...)
	w.group.close()
	if err != nil {
		return r, err
	}
	if killed(r.Hits) {
		r.Left = nil
	}
	p.note(&r)
	return r, nil
}

// prepare makes the directories of a part, and its environment.
func (p *part) prepare() error {
	w := p.wrapper
	if w.spec.ClockOffset != 0 {
		return errors.New("set clocks ahead: that needs a time namespace")
	}
	var err error
	if p.path, err = w.program(); err != nil {
		return err
	}
	if w.report.Box, err = os.MkdirTemp(w.spec.Dir, "box-"); err != nil {
		return err
	}
	if p.tmp, err = os.MkdirTemp("", TmpPrefix); err != nil {
		return err
	}
	if err := os.Symlink(p.tmp, fspath.Join(w.report.Box, tmpLink)); err != nil {
		return err
	}
	p.args = w.call.withLog()
	p.reads = w.spec.Strict || len(p.args) > len(w.call.argv)
	w.report.Open = append(append([]string{}, w.spec.Open...), w.openDirs()...)
	env := []string{"TMPDIR=" + p.tmp}
	if w.spec.Strict {
		p.home = fspath.Join(w.report.Box, "home")
		if err := os.Mkdir(p.home, 0o700); err != nil {
			return err
		}
		env = append(env, "HOME="+p.home, "XDG_RUNTIME_DIR=")
		env = append(env, w.caches()...)
	}
	base := pin(w.spec.environ(os.Environ()), env)
	for _, kv := range base {
		if !strings.HasPrefix(kv, "SSH_AUTH_SOCK=") && kv != "XDG_RUNTIME_DIR=" {
			p.env = append(p.env, kv)
		}
	}
	return nil
}

// caches are variables with which go finds modules though the home directory is
// empty. What it builds is the test's own.
func (w *wrapper) caches() []string {
	env := []string{"GOCACHE=" + fspath.Join(w.report.Box, "home", "gocache"), "GOFLAGS=" + os.Getenv("GOFLAGS")}
	for _, t := range append(append([]Tree{}, w.spec.Trees...), w.spec.InHome...) {
		if t.Name == "modcache" {
			env = append(env, "GOMODCACHE="+t.Path)
		}
	}
	return env
}

// startFenced starts the test from a thread of its own, which keeps what is put on
// it until the test has ended: the test dies with it.
func (p *part) startFenced() (pid int, done chan struct{}, err error) {
	if err := adopt(); err != nil {
		return 0, nil, err
	}
	p.wrapper.group = newGroup(p.spec.Dir, p.limits)
	type outcome struct {
		pid int
		err error
	}
	started, done := make(chan outcome), make(chan struct{})
	go func() {
		runtime.LockOSThread()
		pid, err := p.start()
		started <- outcome{pid, err}
		if err == nil {
			<-done
		}
	}()
	o := <-started
	if o.err != nil {
		p.wrapper.group.close()
	}
	return o.pid, done, o.err
}

func (p *part) start() (int, error) {
	if p.level == Landlock {
		trace := p.spec.Trace
		if !trace.on() {
			trace = TraceWrites // what it writes to is not kept aside, so it is told
		}
		for _, noNewPrivs := range []bool{false, true} {
			if p.rec, p.recErr = newRecorder(trace, p.reads, p.spec.Goroutines, noNewPrivs, nil); p.recErr == nil {
				break
			}
		}
		if p.recErr != nil {
			return 0, p.recErr
		}
		p.rec.lease = newLeases(p.spec.Dir)
		if err := p.fence().raise(); err != nil {
			return 0, err
		}
	}
	attr := &syscall.SysProcAttr{Setsid: true, Pdeathsig: syscall.SIGKILL}
	if err := closeOnExec(3); err != nil {
		return 0, err
	}
	set := rlimits(p.limits, false)
	if n, ok := p.limits.Of(limit.Processes); ok {
		set[rlimitNproc] = uint64(n+spare) + tasks() // it counts all of the user's
	}
	pid, err := p.wrapper.group.start(attr, func() (int, error) {
		return confine(set, func() (int, error) { return startProgram(p.path, p.args, p.env, attr) })
	})
	if p.rec != nil {
		p.rec.started(pid)
	}
	return pid, err
}

// tasks is how many processes and threads there are on this machine.
func tasks() uint64 {
	data, _ := os.ReadFile("/proc/loadavg") // 0.5 0.4 0.3 running/all last
	fields := strings.Fields(string(data))
	if len(fields) < 4 {
		return 1 << 20
	}
	_, all, _ := strings.Cut(fields[3], "/")
	n, err := strconv.ParseUint(all, 10, 32)
	if err != nil {
		return 1 << 20
	}
	return n
}

// fence is where the test may write, and where strict ones may read.
func (p *part) fence() fence {
	f := fence{writable: []string{p.tmp}}
	if dir := p.call.objdir(); dir != "" {
		f.writable = append(f.writable, dir)
	}
	f.writable = append(f.writable, p.openDirs()...)
	f.writable = append(append(f.writable, deviceNodes...), "/dev/ptmx", "/dev/pts")
	if os.Geteuid() != 0 {
		f.writable = append(f.writable, "/proc") // of their own, others are kept by the kernel
	}
	if p.spec.Strict {
		f.writable = append(append(f.writable, p.home), p.spec.Open...)
		f.readable = append(append([]string{}, p.spec.Readable...), p.call.binary(), p.path, p.report.Dir)
		for _, t := range append(append([]Tree{}, p.spec.Trees...), p.spec.InHome...) {
			if t.Name != HomeName {
				f.readable = append(f.readable, t.Path)
			}
		}
		f.readable = append(f.readable, p.spec.ShownInHome...)
		return f
	}
	f.writable = append(f.writable, "/tmp", "/var/tmp", "/dev/shm", os.TempDir(), p.report.Dir, p.spec.Cache, p.spec.Counters)
	if dir := os.Getenv("XDG_RUNTIME_DIR"); fspath.Dir(fspath.Clean(dir)) == "/run/user" {
		f.writable = append(f.writable, dir)
	}
	f.writable = append(f.writable, p.spec.Open...)
	for _, t := range p.spec.Trees {
		f.writable = append(f.writable, t.Path)
	}
	return f
}

// note adds to a result what is known of the test, and removes what it has left.
func (p *part) note(r *result) {
	if p.rec != nil {
		p.rec.tell(r)
		p.rec.stacks.tell(r)
		if !p.spec.Strict { // strict ones can write to nothing of the kind
			p.report.InPlace = p.inPlace(r.Touched)
		}
	} else {
		r.NoRecord = "that needs seccomp and Landlock"
	}
	names, _ := os.ReadDir(p.tmp)
	for _, e := range names {
		p.report.Temp = append(p.report.Temp, fspath.Join("$TMPDIR", e.Name()))
	}
	p.drop()
}

// drop removes the directories of a part.
func (p *part) drop() {
	if p.tmp != "" {
		removeTree(p.tmp)
	}
	if p.report.Box != "" {
		_ = os.Remove(fspath.Join(p.report.Box, tmpLink))
		removeTree(fspath.Join(p.report.Box, "home"))
		_ = os.Remove(p.report.Box) // if nothing else is in it
		if _, err := os.Stat(p.report.Box); err != nil {
			p.report.Box = ""
		}
	}
}

// inPlace are files of the checkout and the home directory that were opened to
// write, and have changed since the test began.
func (p *part) inPlace(all []Touch) []string {
	var files []string
	for _, t := range all {
		if t.Kind != KindWrite || contains(files, t.What) || !p.inTrees(t.What) {
			continue
		}
		info, err := os.Lstat(t.What)
		if err == nil && info.Mode().IsRegular() && !info.ModTime().Before(p.began.Add(-granularity)) {
			files = append(files, t.What)
		}
	}
	return files
}

// granularity is by how much the times of files may be behind.
const granularity = 20 * time.Millisecond

// inTrees reports whether a file is one that others care about.
func (p *part) inTrees(path string) bool {
	for _, dir := range append([]string{p.call.objdir(), p.spec.Cache, p.spec.Counters, p.tmp}, p.report.Open...) {
		if dir != "" && inside(path, dir) {
			return false
		}
	}
	for _, t := range p.spec.Trees {
		if !t.Discard && inside(path, t.Path) {
			return true
		}
	}
	return inside(path, p.report.Dir)
}

// at runs the binary at a level.
func (w *wrapper) at(level Level) (result, error) {
	switch level {
	case Full:
		return w.inBox()
	case Landlock, Basic:
		return w.partly(level)
	}
	if w.spec.ClockOffset != 0 {
		return result{}, errors.New("set clocks ahead: that needs a time namespace")
	}
	return w.plain()
}

// down tries one level after the other. What keeps one from being had is a reason
// for the next, unless nothing may run there.
func (w *wrapper) down() (result, error) {
	var reasons []string
	for _, level := range ladder() {
		if level.rank() < w.spec.Level.rank() {
			continue
		}
		if !level.AtLeast(w.spec.least()) {
			break
		}
		r, err := w.at(level)
		if err == nil {
			w.report.Level, w.report.Error = level, strings.Join(reasons, "; ")
			return r, nil
		}
		reasons = append(reasons, err.Error())
		w.forget()
	}
	return result{}, errors.New(strings.Join(reasons, "; "))
}

// forget makes as if a level had not been tried.
func (w *wrapper) forget() {
	if w.report.Box != "" {
		removeTree(w.report.Box)
	}
	w.private, w.made, w.group, w.outside = nil, nil, nil, nil
	w.report.Box, w.report.Trees, w.report.Open, w.report.Error = "", nil, nil, ""
}

// removeTree removes a directory also if a test has made parts of it inaccessible.
func removeTree(dir string) {
	if os.RemoveAll(dir) == nil {
		return
	}
	_ = fspath.WalkDir(dir, func(path string, d os.DirEntry, _ error) error {
		if d != nil && d.IsDir() {
			_ = os.Chmod(path, 0o700)
		}
		return nil
	})
	_ = os.RemoveAll(dir)
}

// DropTmp removes the temporary directories that the boxes of a run have left, of
// which nobody is left either.
func DropTmp(run string) {
	for _, box := range fspath.Matching(run, "box-*") {
		to, err := os.Readlink(fspath.Join(box, tmpLink))
		if err == nil && strings.HasPrefix(fspath.Base(to), TmpPrefix) {
			removeTree(to)
		}
	}
}
