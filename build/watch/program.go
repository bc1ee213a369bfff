package watch

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/gust-go/gust/internal/buildid"
	"github.com/gust-go/gust/internal/event"
	"github.com/gust-go/gust/internal/gocmd"
	"github.com/gust-go/gust/internal/process"
)

// handover makes the directory that the next build hands its program over in,
// and the -exec flag that makes it do so.
func (w *watcher) handover() (dir, flag string, err error) {
	if dir, err = os.MkdirTemp(w.temp, "program-*"); err != nil {
		return "", "", err
	}
	words := append([]string{w.Self, "handover", dir, fmt.Sprint(len(w.Exec))}, w.Exec...)
	value, err := gocmd.Quote(words...)
	return dir, "-exec=" + value, err
}

// replace starts the program in dir in place of the one that runs, unless that
// is the same and was not asked to start again.
func (w *watcher) replace(dir string, force bool) error {
	next, err := takeOver(dir)
	if err != nil {
		return err
	}
	if !force && w.running() && w.current.same(next) {
		w.sink.Emit(event.Watch{State: event.WatchUnchanged, PID: w.proc.PID()})
		return os.RemoveAll(dir)
	}
	w.stop()
	old := w.currentDir
	w.current, w.currentDir = next, dir
	if old != "" {
		_ = os.RemoveAll(old) // goes with the rest in the end
	}
	return w.start()
}

// start starts the current program.
func (w *watcher) start() error {
	p := w.current
	env := append(slices.Clip(w.Env), "PWD="+p.Dir)
	if p.PATH != "" {
		env = append(env, "PATH="+p.PATH)
	}
	proc, err := process.Start(process.Spec{
		Path: p.Command[0], Args: p.Command[1:], Dir: p.Dir, Env: env,
		Stdin: w.Stdin, Stdout: w.Stdout, Stderr: w.Stderr,
		Guard: []string{w.Self, process.GuardCommand},
	})
	if err != nil {
		// Like a program that ends at once: the next change may mend it.
		w.proc = nil
		w.sink.Emit(event.Watch{State: event.WatchExited, Text: err.Error()})
		return nil
	}
	w.proc, w.exitTold = proc, false
	w.sink.Emit(event.Watch{State: event.WatchStarted, PID: proc.PID()})
	return nil
}

// stop stops the program if one runs, and says so if that takes a while.
func (w *watcher) stop() {
	if w.proc == nil {
		return
	}
	stopped := make(chan struct{})
	go func() {
		// One that has ended by itself may have left others in its group.
		w.proc.Stop(w.Grace, w.Hurry)
		close(stopped)
	}()
	select {
	case <-stopped:
	case <-time.After(patience):
		w.sink.Emit(event.Watch{State: event.WatchStopping, WallNS: w.Grace.Nanoseconds()})
		<-stopped
	}
	w.proc = nil
}

// running reports whether the program has not ended by itself.
func (w *watcher) running() bool {
	if w.proc == nil {
		return false
	}
	select {
	case <-w.proc.Done():
		return false
	default:
		return true
	}
}

// exited is closed when the program has ended and that was not reported yet.
func (w *watcher) exited() <-chan struct{} {
	if w.proc == nil || w.exitTold {
		return nil
	}
	return w.proc.Done()
}

// tellExit reports how the program has ended.
func (w *watcher) tellExit() {
	w.exitTold = true
	w.sink.Emit(event.Watch{State: event.WatchExited, Text: w.proc.Ended()})
}

// same reports whether two programs are the same but for their build IDs, which
// an edit of a comment changes.
func (p *program) same(q *program) bool {
	a, b := *p, *q
	exeA, exeB := a.Command[a.Exe], b.Command[b.Exe]
	a.Command, b.Command = slices.Delete(slices.Clone(a.Command), a.Exe, a.Exe+1), slices.Delete(slices.Clone(b.Command), b.Exe, b.Exe+1)
	if !slices.Equal(a.Command, b.Command) || a.Dir != b.Dir || filepath.Base(exeA) != filepath.Base(exeB) {
		return false
	}
	same, err := sameExecutable(exeA, exeB)
	return err == nil && same
}

func sameExecutable(a, b string) (bool, error) {
	infoA, errA := os.Stat(a)
	infoB, errB := os.Stat(b)
	if err := errors.Join(errA, errB); err != nil || infoA.Size() != infoB.Size() {
		return false, err
	}
	if os.SameFile(infoA, infoB) {
		return true, nil
	}
	bytesA, errA := buildid.Blank(a)
	bytesB, errB := buildid.Blank(b)
	return bytes.Equal(bytesA, bytesB), errors.Join(errA, errB)
}
