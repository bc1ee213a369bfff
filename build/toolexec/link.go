package toolexec

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/gust-go/gust/build/share/link"
	"github.com/gust-go/gust/internal/event"
)

// A Program is what a link has made.
type Program struct {
	// Key names the link by all that it depends on.
	Key string `json:"key"`
	// File is a copy that nobody else has.
	File string `json:"file"`
}

// headStart is how long a program that another machine has linked may take to come
// before the linker is started beside. Whoever is done first has made the program, so
// that no server makes a link take much longer than that.
const headStart = 250 * time.Millisecond

// link answers a call of the linker: with a program that another machine has linked
// from the same, or by linking.
func (w *wrapper) link() int {
	if w.Probe {
		return 1
	}
	w.log(Entry{Linking: true})
	if w.Steps {
		if s, ok := w.linkStep(); ok {
			w.log(Entry{Tool: "link", Step: &s})
		}
	}
	if w.Share != "" && w.Links {
		if call, ok := parseLink(w.args); ok {
			if key, err := linkKey(w.store, w.tool, call); err == nil {
				return (&linking{wrapper: w, call: call, key: key}).run()
			}
		}
	}
	w.logLink(event.Linked)
	return replace(w.tool, w.args)
}

func (w *wrapper) logLink(outcome string) {
	w.log(Entry{Tool: "link", BuildPackage: event.BuildPackage{ImportPath: importPath(""), Outcome: outcome}})
}

// linking is a link whose result can be shared.
type linking struct {
	*wrapper
	call *linkCall
	key  string

	answer  chan bool // whether the program has come
	request *link.Request
	file    *os.File // where to
	missing bool     // the server has not got it
}

// run fetches the program, or links and has the program sent.
func (l *linking) run() int {
	l.ask()
	defer l.forget()
	select {
	case found := <-l.answer:
		if l.missing = !found; found && l.place() {
			return 0
		}
		l.answer = nil
	case <-time.After(headStart):
	}
	l.logLink(event.Linked)
	return l.make()
}

// ask begins to fetch the program. Where that is impossible the answer is that it is
// missing.
func (l *linking) ask() {
	l.answer = make(chan bool, 1)
	var err error
	if !l.NoReuse {
		if l.file, err = createProgram(l.call.named["o"] + "-gust"); err == nil {
			l.request, err = link.Fetch(l.Share, l.key, l.file)
		}
	}
	if l.request == nil || err != nil {
		l.answer <- false
		return
	}
	go func(r *link.Request, answer chan<- bool) { answer <- r.Found() }(l.request, l.answer)
}

// createProgram makes a file as the linker does (outbufMode in cmd/link/internal/ld).
func createProgram(file string) (*os.File, error) {
	return os.OpenFile(file, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o775)
}

// forget gives up what still comes.
func (l *linking) forget() {
	if l.request != nil {
		l.request.Close()
	}
	if l.file != nil {
		_ = l.file.Close()
		_ = os.Remove(l.file.Name())
	}
}

// place puts the program that has come where the linker would have.
func (l *linking) place() bool {
	if l.Verify {
		l.verifyProgram()
	}
	if err := l.file.Close(); err != nil {
		return false
	}
	if err := os.Rename(l.file.Name(), l.call.named["o"]); err != nil {
		return false
	}
	l.file = nil
	l.logLink(event.Reused)
	return true
}

// verifyProgram links and compares.
func (l *linking) verifyProgram() {
	out := l.call.named["o"]
	code, printed, err := run(l.tool, l.args)
	made, err2 := os.ReadFile(out)
	came, err3 := os.ReadFile(l.file.Name())
	if err := errors.Join(err, err2, err3); err != nil || code != 0 || len(printed) > 0 || !bytes.Equal(made, came) {
		fmt.Fprintf(os.Stderr, "gust verify: link of %s: exit %d, %v, same program: %t\n%s", importPath(""), code, err, bytes.Equal(made, came), printed)
		os.Exit(exitInternal)
	}
}

// make links, while the program may still come.
func (l *linking) make() int {
	args, witness := l.args, (*witness)(nil)
	if l.SendsLinks {
		if n, err := newWitness(filepath.Dir(l.Log)); err == nil {
			if watched, ok := n.watch(l.args, l.call); ok {
				args, witness = watched, n
			}
		}
	}
	var printed bytes.Buffer
	cmd := exec.Command(l.tool, args...)
	cmd.Stdout, cmd.Stderr = &printed, &printed // cmd/go reads both streams into one
	if err := cmd.Start(); err != nil {
		fmt.Fprintf(os.Stderr, "gust toolexec: run %q: %v\n", l.tool, err)
		return exitInternal
	}
	done := make(chan error, 1)
	go func() { done <- cmd.Wait() }()
	var err error
	for waiting := true; waiting; {
		select {
		case found := <-l.answer:
			l.answer, l.missing = nil, !found
			if !found {
				continue
			}
			_ = cmd.Process.Kill()
			<-done
			if l.place() {
				return 0
			}
			return child(l.tool, l.args)
		case err = <-done:
			waiting = false
		}
	}
	var exit *exec.ExitError
	if errors.As(err, &exit) && witness != nil && !witness.silent() {
		return child(l.tool, l.args) // which links as if there were no witness
	}
	_, _ = os.Stdout.Write(printed.Bytes())
	switch {
	case errors.As(err, &exit) && exit.Exited():
		return exit.ExitCode()
	case err != nil:
		fmt.Fprintf(os.Stderr, "gust toolexec: run %q: %v\n", l.tool, err)
		return exitInternal
	case l.missing && witness != nil && witness.silent() && printed.Len() == 0:
		l.send()
	}
	return 0
}

// send has the program sent as it is now: cmd/go is about to write the build ID.
func (l *linking) send() {
	to, err := os.CreateTemp(filepath.Dir(l.Log), "program-*")
	if err != nil {
		return
	}
	from, err := os.Open(l.call.named["o"])
	if err == nil {
		_, err = io.Copy(to, from)
		_ = from.Close()
	}
	if err = errors.Join(err, to.Close()); err != nil {
		_ = os.Remove(to.Name())
		return
	}
	l.log(Entry{Program: &Program{Key: l.key, File: to.Name()}})
}
