package testrun

import (
	"slices"
	"strings"

	"github.com/gust-go/gust/internal/event"
	"github.com/gust-go/gust/internal/limit"
	"github.com/gust-go/gust/testrun/sandbox"
	"github.com/gust-go/gust/testrun/sandbox/box"
)

// A mark is what tests write that the kernel does not give more of something.
type mark struct {
	text string
	name limit.Name
}

// marks are the messages of package syscall. Nothing else tells in all cases that
// the kernel said no: the test that got the error ends, and goes on, as it likes.
func marks() []mark {
	return []mark{{"too many open files", limit.OpenFiles}, {"file too large", limit.FileSize}}
}

// mark notes a message.
func (d *digest) mark(pkg, text string) {
	for _, m := range marks() {
		if !strings.Contains(text, m.text) || slices.Contains(d.marked[pkg], m.name) {
			continue
		}
		if d.marked == nil {
			d.marked = make(map[string][]limit.Name)
		}
		d.marked[pkg] = append(d.marked[pkg], m.name)
	}
}

// cut is the test in which a package was cut off, if that was one only, but for
// its parents.
func (d *digest) cut(pkg string) string {
	names := slices.Sorted(slices.Values(d.cutOff[pkg]))
	if len(names) == 0 {
		return ""
	}
	last := names[len(names)-1]
	for _, name := range names {
		if name != last && !strings.HasPrefix(last, name+"/") {
			return ""
		}
	}
	return last
}

// limits are those that a package hit: what the sandbox saw, and what a package
// that failed has written of those that were set.
func (r *runner) limits(p sandbox.Package) []event.TestLimit {
	r.digest.mu.Lock()
	defer r.digest.mu.Unlock()
	hits := slices.Clone(p.Hits)
	for _, name := range r.digest.marked[p.Path] {
		value, set := p.Limits.Of(name)
		known := slices.ContainsFunc(hits, func(h box.Hit) bool { return h.Name == name })
		if set && !known && r.digest.failing[p.Path] {
			hits = append(hits, box.Hit{Name: name, Value: value})
		}
	}
	var all []event.TestLimit
	for _, h := range hits {
		if h.Killed && h.Test == "" {
			h.Test = r.digest.cut(p.Path)
		}
		all = append(all, event.TestLimit{Limit: string(h.Name), Value: h.Value, Test: h.Test, Killed: h.Killed})
	}
	return all
}
