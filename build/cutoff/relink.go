package cutoff

import (
	"bytes"
	"errors"
	"fmt"
)

var errLayout = fmt.Errorf("%w: layout does not fit", ErrFormat)

// ErrAmbiguous means that [Relink] cannot tell which of an import's elements
// an element is a copy of; the caller compiles instead.
var ErrAmbiguous = errors.New("ambiguous copy")

// A Change is an import before and after an edit. Both have the same
// position-free digest.
type Change struct {
	Path     string // import path
	Old, New *Interface
}

// moves maps the elements of old imports whose positions moved, by identity,
// to what they are now, and remembers those that stayed. An identity that both
// stayed and moved, or moved to two places, is ambiguous.
type moves struct {
	to     map[identity]moved
	stayed map[identity]bool
}

type moved struct {
	payload []byte
	layout  elemLayout
}

// Relink gives the export data of a package as a fresh compile against the
// new imports would write it: elements copied from the old imports are
// replaced by what they are in the new. The package's own elements stay, for
// its source has not changed.
func Relink(q *Interface, changes []Change) (*Interface, error) {
	m := moves{to: map[identity]moved{}, stayed: map[identity]bool{}}
	for _, c := range changes {
		if err := m.add(c); err != nil {
			return nil, fmt.Errorf("%s: %w", c.Path, err)
		}
	}
	ids, err := q.Export.identities()
	if err != nil {
		return nil, err
	}
	e := *q.Export
	e.elems = append([][]byte(nil), e.elems...)
	l := &Layout{elems: make(map[int]elemLayout, len(q.Layout.elems))} // without ids: they change
	for i, el := range q.Layout.elems {
		l.elems[i] = el
	}
	for i, id := range ids {
		to, ok := m.to[id]
		if !ok || i < e.sections[secMeta] {
			continue
		}
		el := e.elems[i]
		old, err := e.element(i)
		if err != nil {
			return nil, err
		}
		head := el[:len(el)-len(old.payload)]
		e.elems[i] = append(head[:len(head):len(head)], to.payload...)
		l.elems[i] = to.layout
	}
	return &Interface{Export: &e, Layout: l}, nil
}

// add notes the elements that c moved.
func (m moves) add(c Change) error {
	if err := sameShape(c.Old.Export, c.New.Export); err != nil {
		return err
	}
	ids, err := c.Old.Export.identities()
	if err != nil {
		return err
	}
	for i := c.Old.Export.sections[secMeta]; i < len(ids); i++ {
		from, to, err := payloads(c, i)
		if err != nil {
			return err
		}
		id := ids[i]
		had, ok := m.to[id]
		if bytes.Equal(from, to) {
			m.stayed[id] = true
		} else {
			if ok && !bytes.Equal(had.payload, to) {
				return ErrAmbiguous
			}
			m.to[id], ok = moved{to, c.New.Layout.elems[i]}, true
		}
		if ok && m.stayed[id] {
			return ErrAmbiguous
		}
	}
	return nil
}

func payloads(c Change, i int) (from, to []byte, err error) {
	old, err := c.Old.Export.element(i)
	if err != nil {
		return nil, nil, err
	}
	cur, err := c.New.Export.element(i)
	if err != nil {
		return nil, nil, err
	}
	return old.payload, cur.payload, nil
}

// sameShape checks what an equal position-free digest promises.
func sameShape(a, b *Export) error {
	if a.version != b.version || a.flags != b.flags || a.sections != b.sections {
		return fmt.Errorf("%w: element counts differ", ErrFormat)
	}
	return nil
}
