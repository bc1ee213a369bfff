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
const headStart = 500 * time.Millisecond

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
			l := &linking{wrapper: w, call: call}
			if l.identify() == nil {
				return l.run()
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
	linker  os.FileInfo
}

// identify names the link.
func (l *linking) identify() (err error) {
	if l.linker, err = os.Stat(l.tool); err == nil {
		l.key, err = linkKey(l.store, l.tool, l.call)
	}
	return err
}

// run fetches the program, or links and has the program sent.
func (l *linking) run() int {
	l.ask()
	defer l.forget()
	select {
	case found := <-l.answer:
		if found && l.place() {
			return 0
		}
		l.answer, l.missing = nil, !found && l.request != nil
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
	args, witness := l.watched()
	var printed bytes.Buffer
	cmd := exec.Command(l.tool, args...)
	cmd.Stdout, cmd.Stderr = &printed, &printed // cmd/go reads both streams into one
	cmd.WaitDelay = time.Second                 // for what a linker has started that is killed
	if err := cmd.Start(); err != nil {
		fmt.Fprintf(os.Stderr, "gust toolexec: run %q: %v\n", l.tool, err)
		return exitInternal
	}
	intact := make(chan bool, 1)
	if witness != nil {
		go func() { intact <- intactArchives(l.call) }() // beside the linker
	}
	came, err := l.race(cmd)
	switch {
	case came && l.place():
		return 0
	case came, err != nil && witness != nil && !witness.silent():
		return child(l.tool, l.args) // as if there were no witness
	}
	_, _ = os.Stdout.Write(printed.Bytes())
	var exit *exec.ExitError
	switch {
	case errors.As(err, &exit) && exit.Exited():
		return exit.ExitCode()
	case err != nil:
		fmt.Fprintf(os.Stderr, "gust toolexec: run %q: %v\n", l.tool, err)
		return exitInternal
	case l.missing && witness != nil && witness.silent() && printed.Len() == 0 && l.sameLinker() && <-intact:
		l.send()
	}
	return 0
}

// watched are the linker's arguments, with a witness if what it makes is to be sent.
func (l *linking) watched() ([]string, *witness) {
	if l.SendsLinks {
		if n, err := newWitness(filepath.Dir(l.Log)); err == nil {
			if args, ok := n.watch(l.args, l.call); ok {
				return args, n
			}
		}
	}
	return l.args, nil
}

// race waits for the linker, or for the program of another machine, with which it is
// ended.
func (l *linking) race(cmd *exec.Cmd) (came bool, err error) {
	done := make(chan error, 1)
	go func() { done <- cmd.Wait() }()
	for {
		select {
		case found := <-l.answer:
			if l.answer, l.missing = nil, !found; found {
				_ = cmd.Process.Kill()
				<-done
				return true, nil
			}
		case err := <-done:
			return false, err
		}
	}
}

// sameLinker reports whether nobody has put another linker in place of the one that
// the key names.
func (l *linking) sameLinker() bool {
	info, err := os.Stat(l.tool)
	return err == nil && os.SameFile(info, l.linker) && info.Size() == l.linker.Size() && info.ModTime().Equal(l.linker.ModTime())
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
