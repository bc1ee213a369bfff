package box

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"runtime"
	"syscall"
	"time"
)

// An initSpec is what the first process of a sandbox gets to know.
type initSpec struct {
	Spec
	Box     string
	Private map[string]string // directory: name in the box
	Path    string            // of the program
	Binary  string            // the test binary, if it is in a private directory by itself
	Args    []string
	Dir     string
	// LowPorts is from which port on the machine lets everybody listen: a new network
	// begins with 1024, and containers often with 0.
	LowPorts string `json:",omitempty"`
	// Hidden is the socket of the SSH agent.
	Hidden string `json:",omitempty"`
	made   stats  // the directories of the box
	// Ring is true if there is a ring buffer to read, at ringFD.
	Ring bool `json:",omitempty"`
	// Reads is true if what programs read that the test starts is to be known.
	Reads bool
}

// A result is what the first process tells the one outside.
type result struct {
	// Started alone is what it says when it has started the program.
	Started bool `json:",omitempty"`
	// Error says why the program was not started.
	Error  string `json:",omitempty"`
	Signal int    `json:",omitempty"`
	Code   int
	Left   []Process `json:",omitempty"`
	// Goroutines are those that the test had when it ended.
	Goroutines []Goroutine `json:",omitempty"`
	// Touched is what was recorded, as far as there was room; NoRecord says why
	// nothing was.
	Touched  []Touch `json:",omitempty"`
	Full     bool    `json:",omitempty"`
	NoRecord string  `json:",omitempty"`
	// Ring is true if files were told of by a ring buffer, Lost how many were not.
	Ring bool   `json:",omitempty"`
	Lost uint64 `json:",omitempty"`
	// Hits are limits that the test ran into.
	Hits []Hit `json:",omitempty"`
}

// resultFD is where the first process writes its result, ringFD its ring buffer.
const (
	resultFD = 3
	ringFD   = 4
)

// initMain is the first process of a sandbox.
func initMain(network Network) int {
	// A test that has just started may be told to end already.
	signals := catch()
	// The thread that starts the test gets a filter, see newRecorder. Locked, it
	// is not the one from which others are made.
	runtime.LockOSThread()
	syscall.CloseOnExec(resultFD)
	syscall.CloseOnExec(ringFD)
	out := os.NewFile(resultFD, "result")
	tell := json.NewEncoder(out)
	r, err := runInside(signals, json.NewDecoder(out), tell, network)
	if err != nil {
		r.Error = err.Error()
	}
	killLeft()
	if err := tell.Encode(r); err != nil {
		return 1
	}
	// Nobody waits for this process, since taking namespaces down takes the kernel
	// longer than all else; but go waits for the streams to end.
	for fd := range resultFD + 1 {
		_ = syscall.Close(fd)
	}
	return 0
}

// killLeft ends all processes but this one, which is the first of its namespace.
func killLeft() {
	if syscall.Getpid() != 1 {
		return
	}
	for {
		killErr := syscall.Kill(-1, syscall.SIGKILL)
		_, err := syscall.Wait4(-1, nil, 0, nil)
		if errors.Is(killErr, syscall.ESRCH) && errors.Is(err, syscall.ECHILD) {
			return
		}
		if err != nil && !errors.Is(err, syscall.EINTR) && !errors.Is(err, syscall.ECHILD) {
			return
		}
	}
}

func runInside(signals *caught, from *json.Decoder, tell *json.Encoder, network Network) (result, error) {
	var spec initSpec
	if err := from.Decode(&spec); err != nil {
		return result{}, fmt.Errorf("read what to do: %w", err)
	}
	v := view{init: spec}
	if err := v.open(); err != nil {
		return result{}, err
	}
	if err := v.apply(); err != nil {
		return result{}, err
	}
	if !spec.HostNet {
		if err := loopbackUp(); err != nil {
			return result{}, err
		}
	}
	if len(spec.Allow) > 0 {
		if err := network.Offer(spec.Allow, resultFD); err != nil {
			return result{}, err
		}
	}
	if err := os.Chdir(spec.Dir); err != nil {
		return result{}, err
	}
	_ = syscall.Close(v.box)
	if err := spec.shiftClock(); err != nil {
		return result{}, err
	}
	told := spec.openRing()
	rec, recErr := newRecorder(spec.Trace, spec.Reads, spec.Goroutines, false, told)
	pid, err := spec.start()
	if err != nil {
		return result{}, err
	}
	if rec != nil {
		rec.started(pid)
	}
	if err := tell.Encode(result{Started: true}); err != nil {
		return result{}, err
	}
	defer signals.forward(-pid)()
	g := guard{limits: spec.Limits, mine: everyone, end: func() { _ = syscall.Kill(-1, syscall.SIGKILL) }}
	if g.needed() {
		go g.watch()
	}
	r, err := waitFor(pid, func() []Process { return leftProcesses(everyone) })
	r.Hits, r.Ring = g.found(), told != nil
	if killed(r.Hits) {
		r.Left = nil // they were being killed
	}
	if recErr != nil {
		r.NoRecord = recErr.Error()
	} else {
		rec.tell(&r)
		rec.stacks.tell(&r)
	}
	return r, err
}

// start starts the program. It keeps no rights that it would not have outside:
// a user's program has none, and root's gets those of a namespace of its own, in
// which the mounts above are locked. It has a process group of its own in a session
// that this process leads: it cannot type into the terminal, nor send signals to the
// process group that gust is in, of which the kernel lets it do both in whatever
// namespace it is. If it led the session, the first terminal it opens would become
// its own, and it would hang up with it.
func (s initSpec) start() (int, error) {
	attr := &syscall.SysProcAttr{Setpgid: true}
	if s.Root {
		attr.Cloneflags = syscall.CLONE_NEWUSER | syscall.CLONE_NEWNS
		attr.UidMappings, attr.GidMappings = allIDs(), allIDs()
		attr.GidMappingsEnableSetgroups = true
	}
	if err := clearAmbient(); err != nil {
		return 0, err
	}
	if err := closeOnExec(resultFD); err != nil {
		return 0, err
	}
	return confine(rlimits(s.Limits, true), func() (int, error) {
		return startProgram(s.Path, s.Args, s.environ(os.Environ()), attr)
	})
}

func allIDs() []syscall.SysProcIDMap {
	return []syscall.SysProcIDMap{{ContainerID: 0, HostID: 0, Size: 1<<32 - 1}}
}

// startProgram starts a program with the streams of this process. Another go
// command may still be writing the executable (golang/go#22315); cmd/go tries
// again itself, but is told of the wrapper only.
func startProgram(path string, args, env []string, attr *syscall.SysProcAttr) (pid int, err error) {
	for try := range 5 {
		pid, err = syscall.ForkExec(path, args, &syscall.ProcAttr{Env: env, Files: []uintptr{0, 1, 2}, Sys: attr})
		if !errors.Is(err, syscall.ETXTBSY) {
			break
		}
		time.Sleep(50 * time.Millisecond << try)
	}
	if err != nil {
		return 0, &os.PathError{Op: "start", Path: path, Err: err}
	}
	return pid, nil
}

// waitFor waits for the program and whatever is left to this process by others
// meanwhile, and then looks who is left.
func waitFor(pid int, left func() []Process) (result, error) {
	for {
		var status syscall.WaitStatus
		got, err := syscall.Wait4(-1, &status, 0, nil)
		switch {
		case errors.Is(err, syscall.EINTR):
		case err != nil:
			return result{}, fmt.Errorf("wait for the test: %w", err)
		case got == pid && status.Signaled():
			return result{Signal: int(status.Signal()), Left: left()}, nil
		case got == pid:
			return result{Code: status.ExitStatus(), Left: left()}, nil
		}
	}
}
