package box

import (
	"os"
	"strings"

	"github.com/gust-go/gust/testrun/sandbox/box/fspath"
)

// completeLog makes go's log of what the test has read complete: package os
// writes down what the test itself opens, but what a program reads that it has
// started is as much of an input of the result (golang/go#30313). go looks only
// at files in the module and in GOROOT. Without a log it does not cache the
// result, which is for what may be different next time: what was got from the
// host's network, and what there was too much of to know.
func (w *wrapper) completeLog(r result) {
	dir := w.call.objdir()
	if dir == "" {
		return
	}
	log := fspath.Join(dir, "testlog.txt")
	if w.spec.HostNet || w.relayed.Load() || r.Full || w.broke() {
		_ = os.Remove(log)
		return
	}
	var lines strings.Builder
	for _, t := range r.Touched {
		if (t.Kind == KindRead || t.Kind == KindExec) && !strings.ContainsAny(t.What, "\n\r") {
			lines.WriteString("open " + t.What + "\n")
		}
	}
	if lines.Len() == 0 {
		return
	}
	f, err := os.OpenFile(log, os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		return // no log, no cached result
	}
	_, err = f.WriteString(lines.String())
	if closeErr := f.Close(); err != nil || closeErr != nil {
		_ = os.Remove(log)
	}
}

// broke reports whether the test did what it must not. Such a result is not
// cached, so that it is reported each time.
func (w *wrapper) broke() bool {
	r := &w.report
	if w.spec.NoLeaks && len(r.Left)+len(r.Temp)+len(r.Goroutines) > 0 {
		return true
	}
	if !w.spec.Strict {
		return false
	}
	if len(r.InPlace) > 0 {
		return true
	}
	for _, t := range r.Trees {
		if !t.Discard && contains(r.Wrote, t.Name) {
			return true
		}
	}
	for _, t := range r.Touched {
		if t.Outside {
			return true
		}
	}
	return false
}

// asked is what of a record is to be reported. Where it tried to connect to is
// always, and in strict tests what they read elsewhere.
func (w *wrapper) asked(all []Touch) []Touch {
	var some []Touch
	for _, t := range all {
		if dir := w.call.objdir(); dir != "" && inside(t.What, dir) {
			continue // go's own
		}
		t.Outside = t.Outside || w.spec.Strict && t.Kind == KindRead && w.elsewhere(t.What)
		if t.Outside || w.spec.Trace == TraceReads || w.spec.Trace == TraceWrites && t.Kind != KindRead {
			some = append(some, t)
		}
	}
	return some
}

// elsewhere reports whether a file exists and is not one that strict tests may
// read.
func (w *wrapper) elsewhere(path string) bool {
	for dir := range w.private {
		if inside(path, dir) {
			return false
		}
	}
	for _, t := range append(w.report.Trees[:len(w.report.Trees):len(w.report.Trees)], w.spec.Trees...) {
		if inside(path, t.Path) {
			return false
		}
	}
	for _, dir := range append(append([]string{w.call.objdir()}, w.report.Open...), w.spec.Readable...) {
		if dir != "" && inside(path, dir) {
			return false
		}
	}
	_, err := os.Stat(path)
	return err == nil
}
