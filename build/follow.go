package build

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/gust-go/gust/build/toolexec"
	"github.com/gust-go/gust/internal/event"
)

// pollEvery is how often the session's log is read while go runs.
const pollEvery = 100 * time.Millisecond

// follow turns the session's log into events until the returned function is
// called, which reads the rest of it.
func (r *runner) follow() (stop func()) {
	done := make(chan struct{})
	var wg sync.WaitGroup
	wg.Add(1)
	f := r.follower()
	go func() {
		defer wg.Done()
		tick := time.NewTicker(pollEvery)
		defer tick.Stop()
		for {
			select {
			case <-done:
				f.read()
				return
			case <-tick.C:
				f.read()
			}
		}
	}()
	return func() {
		close(done)
		wg.Wait()
	}
}

// follower returns the one that reads the log of the session.
func (r *runner) follower() *follower {
	if r.reader == nil || r.reader.log != r.session.toolexec.Log {
		r.reader = &follower{r: r, log: r.session.toolexec.Log, changed: map[string][]string{}, warned: map[string]bool{}}
	}
	return r.reader
}

// follower reads the log from where it left off.
type follower struct {
	r       *runner
	log     string
	offset  int64
	changed map[string][]string // by package: its changed declarations
	warned  map[string]bool
	// onlyGood passes over what go will have done again.
	onlyGood bool
}

func (f *follower) read() {
	file, err := os.Open(f.log)
	if err != nil {
		return // nothing compiled yet
	}
	defer file.Close()
	if _, err := file.Seek(f.offset, io.SeekStart); err != nil {
		return
	}
	in := bufio.NewReader(file)
	for {
		line, err := in.ReadBytes('\n')
		if err != nil {
			return // an unfinished line is read again next time
		}
		f.offset += int64(len(line))
		var e toolexec.Entry
		if json.Unmarshal(bytes.TrimSpace(line), &e) == nil {
			f.entry(e)
		}
	}
}

// entry reports one tool call.
func (f *follower) entry(e toolexec.Entry) {
	t := &f.r.total
	if e.Warning != "" && !f.warned[e.Warning] {
		// One is enough: a full disk fails at every compile.
		if len(f.warned) == 0 {
			f.r.sink.Emit(event.Warning{Text: "gust's cache: " + e.Warning})
		}
		f.warned[e.Warning] = true
	}
	f.r.shared(e)
	if e.Program != nil {
		return
	}
	if e.Linking {
		if f.r.linking != nil {
			f.r.linking()
		}
		return
	}
	if e.Start != nil {
		f.r.timed.tool(e.Start)
		f.r.sink.Emit(event.BuildStart{ImportPath: e.Start.ImportPath, Tool: e.Start.Name})
		return
	}
	if e.Step != nil {
		f.r.steps.Add(e.Step)
		return
	}
	switch e.Tool {
	case "link":
		if e.Outcome != event.Reused {
			t.Linked++
		}
		return
	case "vet":
		t.Vets++
		if e.Outcome == event.Reused {
			t.VetsReused++
		}
		return
	}
	if f.twice(e.ImportPath, e.Outcome) {
		return
	}
	switch e.Outcome {
	case event.Compiled:
		t.Compiled++
	case event.Failed:
		t.Failed++
	case event.Reused:
		t.Reused++
	case event.Relinked:
		t.Relinked++
	}
	t.SavedNS += max(0, e.SavedNS)
	if f.r.Explain {
		f.explain(&e)
	}
	f.shorten(&e)
	f.r.timed.outcome(e.BuildPackage)
	f.r.sink.Emit(e.BuildPackage)
}

// twice reports whether a compile was reported already or will be once more:
// where a build that was begun without go is left to it.
func (f *follower) twice(path, outcome string) bool {
	if f.onlyGood {
		if outcome != event.Failed && f.r.done == nil {
			f.r.done = map[string]bool{}
		}
		if outcome != event.Failed {
			f.r.done[path] = true
		}
		return outcome == event.Failed
	}
	return outcome == event.Reused && f.r.done[path]
}

// shorten makes paths in reasons relative to the module.
func (f *follower) shorten(e *toolexec.Entry) {
	root := filepath.Dir(f.r.env.GOMOD)
	for i, reason := range e.Reasons {
		if reason.Kind != "file" || !filepath.IsAbs(reason.Subject) {
			continue
		}
		if rel, err := filepath.Rel(root, reason.Subject); err == nil && filepath.IsLocal(rel) {
			e.Reasons[i].Subject = filepath.ToSlash(rel)
		}
	}
}
