// Package process runs the program of gust run --watch, and what gust tui
// starts: in a process group of its own, so that all of it can be stopped, and
// with an end that is told from a failure to start. It is one of the few places
// that start processes.
package process

import (
	"errors"
	"fmt"
	"io"
	"os/exec"
	"runtime"
	"sync"
	"time"
)

// Spec says what to run and how.
type Spec struct {
	// Path is the executable, Args are its arguments without its name.
	Path string
	Args []string
	// Dir is the working directory, Env the environment in os.Environ form.
	Dir string
	Env []string
	// Stdin, Stdout and Stderr are the program's; nil is nothing. Files are
	// handed over as they are.
	Stdin          io.Reader
	Stdout, Stderr io.Writer
	// Guard is a command that runs [Guard] for the process group whose number is
	// added to it; without one, what the program has started outlives this
	// process if that is killed.
	Guard []string
}

// A Process is a program that was started.
type Process struct {
	cmd  *exec.Cmd
	done chan struct{}
	// relieve ends the guard.
	relieve func()
	// Once done is closed:
	err   error // of Wait
	alone bool  // nothing of the group was left when the program ended
}

// Start starts a program. On Linux it is killed if this process dies without
// having stopped it; the rest of its group is left to a guard.
func Start(s Spec) (*Process, error) {
	p := &Process{done: make(chan struct{})}
	p.cmd = exec.Command(s.Path, s.Args...)
	p.cmd.Dir, p.cmd.Env = s.Dir, s.Env
	p.cmd.Stdin, p.cmd.Stdout, p.cmd.Stderr = s.Stdin, s.Stdout, s.Stderr
	// What the program leaves running may keep a pipe to us open.
	p.cmd.WaitDelay = time.Second
	own(p.cmd)
	started := make(chan error)
	go func() {
		// The death signal is sent when the thread that started the program
		// ends (golang/go#27505), so this one must last as long as the program.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := p.cmd.Start()
		started <- err
		if err != nil {
			return
		}
		p.err = p.cmd.Wait()
		p.alone = !groupLives(p.cmd.Process)
		close(p.done)
	}()
	if err := <-started; err != nil {
		return nil, fmt.Errorf("start %s: %w", s.Path, err)
	}
	p.relieve = sync.OnceFunc(guard(s.Guard, p.PID()))
	go func() {
		if <-p.done; p.alone {
			p.relieve() // another group may get the number
		}
	}()
	return p, nil
}

// PID is the program's process ID.
func (p *Process) PID() int { return p.cmd.Process.Pid }

// Done is closed when the program has ended.
func (p *Process) Done() <-chan struct{} { return p.done }

// Ended describes how the program ended, which it must have: "exit status 1",
// "signal: killed".
func (p *Process) Ended() string {
	<-p.done
	if p.err == nil || errors.Is(p.err, exec.ErrWaitDelay) {
		return "exit status 0"
	}
	return p.err.Error()
}

// Code is the exit code of the program, once it has ended; -1 if a signal
// ended it.
func (p *Process) Code() int {
	<-p.done
	return p.cmd.ProcessState.ExitCode()
}

// Stop ends the program and everything left in its group: it asks, waits for up
// to grace, or until hurry is closed, and kills. It returns when all has ended.
func (p *Process) Stop(grace time.Duration, hurry <-chan struct{}) {
	const poll = 5 * time.Millisecond
	defer p.relieve()
	if p.gone() {
		return // the system may have given the group's number to another one
	}
	expired := time.After(grace)
	ask(p.cmd.Process)
	tick := time.NewTicker(poll)
	defer tick.Stop()
	for waiting := true; waiting && !p.gone(); {
		select {
		case <-tick.C:
		case <-expired:
			waiting = false
		case <-hurry:
			waiting = false
		}
	}
	if !p.gone() {
		kill(p.cmd.Process)
	}
	<-p.done
}

// gone reports whether the program and its group have ended.
func (p *Process) gone() bool {
	select {
	case <-p.done:
		return p.alone || !groupLives(p.cmd.Process)
	default:
		return false
	}
}
