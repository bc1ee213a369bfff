package testview

import (
	"slices"
	"strings"
)

// An order puts the output of packages that run side by side one behind the
// other, as go test -v does: the package in front is shown as it runs, those
// behind it when their turn comes.
type order struct {
	fold    bool     // put each package into a group of GitHub's log
	queue   []string // packages that have begun, in order
	waiting map[string]*strings.Builder
	done    map[string]bool
}

// output takes a part of a package's output and returns what to show now.
func (o *order) output(pkg, text string) string {
	if !slices.Contains(o.queue, pkg) {
		o.queue = append(o.queue, pkg)
		if o.fold {
			text = "::group::" + pkg + "\n" + text
		}
	}
	if o.queue[0] == pkg {
		return text
	}
	o.buffer(pkg).WriteString(text)
	return ""
}

// end takes the last of a package and returns what to show now.
func (o *order) end(pkg, text string) string {
	i := slices.Index(o.queue, pkg)
	if i < 0 {
		return text // it wrote nothing before
	}
	if o.fold {
		text = "::endgroup::\n" + text
	}
	if i > 0 {
		o.buffer(pkg).WriteString(text)
		o.done[pkg] = true
		return ""
	}
	o.queue = o.queue[1:]
	for len(o.queue) > 0 {
		next := o.queue[0]
		if b := o.waiting[next]; b != nil {
			text += b.String()
			delete(o.waiting, next)
		}
		if !o.done[next] {
			break
		}
		delete(o.done, next)
		o.queue = o.queue[1:]
	}
	return text
}

// rest returns what still waits.
func (o *order) rest() string {
	var text string
	for _, pkg := range o.queue {
		if b := o.waiting[pkg]; b != nil {
			text += b.String()
		}
	}
	o.queue, o.waiting = nil, nil
	return text
}

func (o *order) buffer(pkg string) *strings.Builder {
	if o.waiting == nil {
		o.waiting, o.done = make(map[string]*strings.Builder), make(map[string]bool)
	}
	if o.waiting[pkg] == nil {
		o.waiting[pkg] = new(strings.Builder)
	}
	return o.waiting[pkg]
}
