package box

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync/atomic"
	"syscall"

	"github.com/gust-go/gust/internal/limit"
	"github.com/gust-go/gust/testrun/sandbox/box/fspath"
)

// Main is gust testexec; args are those behind the command's name. It returns
// the exit status of the test binary, if it returns at all.
func Main(args []string, network Network) int {
	c, err := parseCall(args)
	if err != nil {
		fmt.Fprintf(os.Stderr, "gust: sandbox error: %v\n", err)
		return ErrorCode
	}
	spec, err := readSpec()
	w := &wrapper{call: c, network: network}
	w.report = Report{Args: c.argv}
	if w.report.Dir, _ = os.Getwd(); w.report.Dir == "" {
		w.report.Dir = os.Getenv("PWD")
	}
	w.spec = spec.forPackage(realDir()).settle()
	w.limits = defaults(w.spec.Dir).With(w.spec.Limits)
	var r result
	if err == nil {
		w.run = openRun(spec.Dir)
		if w.run.orphaned() {
			return ErrorCode // gust was killed, and nobody wants to know
		}
		r, err = w.down()
	}
	if err != nil {
		w.report.Error = err.Error()
		w.finish(result{Code: ErrorCode})
		fmt.Fprintf(os.Stderr, "gust: sandbox error: %v\n", err)
		return ErrorCode
	}
	w.report.Ran = true
	if r.Error != "" {
		w.report.Error = r.Error
	}
	w.finish(r)
	w.run.close()
	for _, h := range r.Hits {
		if h.Killed {
			fmt.Fprintf(os.Stderr, "gust: killed: the tests hit %s\n", limit.Text(h.Name, h.Value))
			break
		}
	}
	if r.Signal != 0 {
		dieBy(syscall.Signal(r.Signal))
		return 128 + r.Signal
	}
	return r.Code
}

// InitMain is gust testinit.
func InitMain(network Network) int { return initMain(network) }

// wrapper is the process outside of a sandbox.
type wrapper struct {
	call    call
	network Network
	spec    Spec
	run     run
	report  Report
	// private are the directories that are the box's own: names in the box.
	private map[string]string
	// made are the directories of the box as they were made.
	made stats
	// relayed is true once a service of the host was used.
	relayed atomic.Bool
	// limits are those of the test, the usual ones where none are set.
	limits limit.Set
	// group is a control group that keeps to some of them, nil if there is none;
	// outside is what looks after others from here.
	group   *group
	outside *guard
}

// plain runs the binary without a sandbox.
func (w *wrapper) plain() (result, error) {
	path, err := w.program()
	if err != nil {
		return result{}, err
	}
	pid, err := startProgram(path, w.call.withLog(), w.spec.environ(os.Environ()), &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL})
	if err != nil {
		return result{}, err
	}
	defer catch().forward(pid)()
	w.run.endWithOwner(func() { _ = syscall.Kill(pid, syscall.SIGKILL) })
	for {
		var status syscall.WaitStatus
		_, err := syscall.Wait4(pid, &status, 0, nil)
		switch {
		case errors.Is(err, syscall.EINTR):
		case err != nil:
			return result{}, fmt.Errorf("wait for the test: %w", err)
		case status.Signaled():
			return result{Signal: int(status.Signal())}, nil
		default:
			return result{Code: status.ExitStatus()}, nil
		}
	}
}

// program is the path of what is to run: the binary, or the program of the
// user's own -exec.
func (w *wrapper) program() (string, error) {
	name := w.call.argv[0]
	if strings.Contains(name, "/") {
		return name, nil
	}
	for _, dir := range strings.Split(os.Getenv("PATH"), ":") {
		path := fspath.Join(dir, name)
		if info, err := os.Stat(path); err == nil && fspath.IsAbs(dir) && info.Mode().IsRegular() && info.Mode()&0o111 != 0 {
			return path, nil
		}
	}
	return "", fmt.Errorf("find %q in PATH: no such program", name)
}

// inBox runs the binary in a sandbox. An error means that it was not started.
// The first process takes a while to start, in which the box is made.
func (w *wrapper) inBox() (result, error) {
	fds, err := syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		return result{}, os.NewSyscallError("socketpair", err)
	}
	out, in := os.NewFile(uintptr(fds[0]), "result"), os.NewFile(uintptr(fds[1]), "result")
	defer out.Close()
	w.group = newGroup(w.spec.Dir, w.limits)
	defer w.group.close()
	told := claimRing(w.spec.Ring)
	defer told.close()
	signals := catch()
	pid, err := w.startInit(in, told)
	_ = in.Close()
	if err != nil {
		return result{}, err
	}
	stop := signals.forward(-pid)
	end := func() { _ = syscall.Kill(pid, syscall.SIGKILL) }
	w.run.endWithOwner(end)
	init, err := w.prepare()
	if err == nil {
		init.Ring = told.begin(pid, init.Reads || init.Trace == TraceReads)
		err = json.NewEncoder(out).Encode(init)
	}
	if err != nil {
		stop()
		end()
		_, _ = syscall.Wait4(pid, nil, 0, nil)
		return result{}, err
	}
	defer w.watchOutside([]string{w.report.Box}, func(sig syscall.Signal) { _ = syscall.Kill(pid, sig) }, end)()
	if len(init.Allow) > 0 {
		if err := w.network.Serve(init.Allow, fds[0], func() { w.relayed.Store(true) }); err != nil {
			w.report.Error = err.Error() // what the test makes of it is its business
		}
	}
	r, err := w.await(pid, json.NewDecoder(out))
	stop()
	told.complete(&r)
	r.Hits = append(append(r.Hits, w.group.hits(w.limits)...), w.outside.found()...)
	return r, err
}

// await waits for what the first process of a sandbox has to say. Once it has
// started the test, whatever becomes of it is the test's end: it is not run again.
func (w *wrapper) await(pid int, from *json.Decoder) (result, error) {
	var r result
	err := from.Decode(&r)
	started := err == nil && r.Started
	if started {
		r = result{}
		err = from.Decode(&r)
	}
	switch {
	case err == nil && r.Error != "" && !started:
		return result{}, errors.New(r.Error)
	case err == nil:
		return r, nil
	}
	var status syscall.WaitStatus
	for {
		if _, err := syscall.Wait4(pid, &status, 0, nil); !errors.Is(err, syscall.EINTR) {
			break
		}
	}
	switch {
	case status.Signaled():
		return result{Signal: int(status.Signal())}, nil // somebody has killed all of it
	case started:
		return result{Signal: int(syscall.SIGKILL), Error: fmt.Sprintf("the sandbox ended with status %d", status.ExitStatus())}, nil
	}
	return result{}, fmt.Errorf("the sandbox ended with status %d", status.ExitStatus())
}

// prepare makes the box and what its first process needs to know.
func (w *wrapper) prepare() (initSpec, error) {
	args := w.call.withLog()
	init := initSpec{Spec: w.spec, Dir: w.report.Dir, Args: args, Hidden: os.Getenv("SSH_AUTH_SOCK"), Reads: w.spec.Strict || len(args) > len(w.call.argv), Private: privateDirs(os.Getenv("TMPDIR"), w.spec)}
	init.Limits = w.limits
	if w.spec.Root {
		init.LowPorts = "0" // root may, and has no rights there that say so
	} else if data, err := os.ReadFile(lowPorts); err == nil {
		init.LowPorts = trimLine(data)
	}
	if w.group != nil && w.group.memory {
		init.Limits = init.Limits.With(limit.Set{limit.Memory: limit.None})
	}
	var err error
	if init.Path, err = w.program(); err != nil {
		return init, err
	}
	if init.HostNet {
		init.Allow = nil
	}
	w.addTrees(&init)
	if dir := w.call.objdir(); dir != "" {
		init.Open = append(init.Open[:len(init.Open):len(init.Open)], dir)
	} else if binary := w.call.binary(); fspath.IsAbs(binary) {
		for dir := range init.Private {
			if inside(binary, dir) {
				init.Binary = binary
			}
		}
	}
	for path := range init.Private {
		if info, err := os.Stat(path); err != nil || !info.IsDir() {
			delete(init.Private, path)
		}
	}
	if err := init.takeBox(w.spec.Dir); err != nil {
		return init, err
	}
	init.made = make(stats)
	w.report.Box, w.made = init.Box, init.made
	w.private, w.report.Trees, w.report.Open = init.Private, init.Trees, init.Open
	init.Open = append(init.Open, w.openDirs()...)
	if err := init.makeBox(); err != nil {
		return init, err
	}
	return init, nil
}

// realDir is the working directory without symbolic links.
func realDir() string {
	dir, err := syscall.Getwd()
	if err != nil {
		return os.Getenv("PWD")
	}
	return dir
}

// addTrees adds the package's directory, should it be in none.
func (w *wrapper) addTrees(init *initSpec) {
	dir := realDir()
	for _, t := range init.Trees {
		if inside(dir, t.Path) {
			return
		}
	}
	for _, open := range init.Open {
		if inside(dir, open) {
			return
		}
	}
	init.Trees = append(init.Trees[:len(init.Trees):len(init.Trees)], Tree{Name: "package", Path: dir})
}

// startInit starts the first process of new namespaces, which reads its [initSpec]
// from in.
func (w *wrapper) startInit(in *os.File, told *claim) (int, error) {
	attr := &syscall.SysProcAttr{
		Cloneflags: syscall.CLONE_NEWUSER | syscall.CLONE_NEWNS | syscall.CLONE_NEWPID | syscall.CLONE_NEWIPC | syscall.CLONE_NEWUTS,
		Pdeathsig:  syscall.SIGKILL,
		Setsid:     true,
	}
	if !w.spec.HostNet {
		attr.Cloneflags |= syscall.CLONE_NEWNET
	}
	if w.spec.Root {
		attr.UidMappings, attr.GidMappings = allIDs(), allIDs()
		attr.GidMappingsEnableSetgroups = true
	} else {
		uid, gid := os.Getuid(), os.Getgid()
		attr.UidMappings = []syscall.SysProcIDMap{{ContainerID: uid, HostID: uid, Size: 1}}
		attr.GidMappings = []syscall.SysProcIDMap{{ContainerID: gid, HostID: gid, Size: 1}}
		attr.AmbientCaps = capabilities()
	}
	files := []uintptr{0, 1, 2, in.Fd()}
	if told != nil {
		files = append(files, told.ring.Fd())
	}
	pid, err := w.group.start(attr, func() (int, error) {
		return syscall.ForkExec("/proc/self/exe", []string{"gust", InitCommand, "-"}, &syscall.ProcAttr{Env: os.Environ(), Files: files, Sys: attr})
	})
	if err != nil {
		return 0, fmt.Errorf("make namespaces: %w", err)
	}
	return pid, nil
}

// finish looks at what is left of the box and writes the report.
func (w *wrapper) finish(r result) {
	w.report.Status, w.report.Left, w.report.HostNet = r.Code, r.Left, w.spec.HostNet || w.report.Level == Landlock || w.report.Level == Basic
	w.report.Goroutines, w.report.Ring, w.report.Lost = r.Goroutines, r.Ring, r.Lost
	w.report.Strict, w.report.Full, w.report.NoRecord = w.spec.Strict, r.Full, r.NoRecord
	w.report.Hits, w.report.Limits = r.Hits, w.spec.Limits
	if r.Signal != 0 {
		w.report.Status = 128 + r.Signal
	}
	if err := w.deliver(); err != nil && w.report.Error == "" {
		w.report.Error = "bring output of the test out of the sandbox: " + err.Error()
	}
	if w.inspect() && w.report.Level == Full && r.Error == "" && !killed(r.Hits) {
		w.freeBox()
	}
	w.report.Touched = w.asked(r.Touched)
	w.completeLog(r)
	w.report.save(w.spec.Dir)
}
