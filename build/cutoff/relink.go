package cutoff

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
)

var errLayout = fmt.Errorf("%w: layout does not fit", ErrFormat)

// ErrAmbiguous means that [Relink] cannot tell where a position is now; the
// caller compiles instead.
var ErrAmbiguous = errors.New("ambiguous position")

// A Change is an import before and after an edit. Both have the same
// position-free digest.
type Change struct {
	Path     string // import path
	Old, New *Interface
}

// Relink gives the export data of a package as a fresh compile against the
// new imports would write it. Of its own source nothing has moved; but it
// holds copies of its imports' elements, and elements of its own, such as the
// type of an imported function it calls, hold positions that it read from
// imports. All of them follow their imports.
func Relink(q *Interface, changes []Change) (*Interface, error) {
	m := posMap{}
	for _, c := range changes {
		if err := m.add(c); err != nil {
			return nil, fmt.Errorf("%s: %w", c.Path, err)
		}
	}
	m.dropUnmoved()
	e := *q.Export
	e.elems = append([][]byte(nil), e.elems...)
	l := &Layout{elems: make(map[int]elemLayout, len(q.Layout.elems))} // without ids: they change
	for i := e.sections[secMeta]; i < len(e.elems); i++ {
		lay, known := q.Layout.elems[i]
		if !known {
			if err := m.opaque(q.Export, i); err != nil {
				return nil, err
			}
			continue
		}
		el, lay, err := m.move(q.Export, i, lay)
		if err != nil {
			return nil, err
		}
		e.elems[i], l.elems[i] = el, lay
	}
	return &Interface{Export: &e, Layout: l}, nil
}

// A position is a place in a file of a changed import.
type position struct {
	file      string
	line, col uint64
}

// posMap says where the positions in files that moved were and are. Those that
// stayed in such a file are in it too: what is not in it cannot be told.
type posMap map[string]map[[2]uint64][2]uint64 // by file

// add enters the positions of c.
func (m posMap) add(c Change) error {
	if err := sameShape(c.Old.Export, c.New.Export); err != nil {
		return err
	}
	for i, lay := range c.Old.Layout.elems {
		was, err := readPositions(c.Old.Export, i, lay)
		if err != nil {
			return err
		}
		is, err := readPositions(c.New.Export, i, c.New.Layout.elems[i])
		if err != nil || len(is) != len(was) {
			return errLayout
		}
		for k := range was {
			if err := m.enter(was[k], is[k]); err != nil {
				return err
			}
		}
	}
	return nil
}

func (m posMap) enter(was, is position) error {
	if was.file != is.file {
		return errLayout
	}
	file := m[was.file]
	if file == nil {
		file = map[[2]uint64][2]uint64{}
		m[was.file] = file
	}
	from, to := [2]uint64{was.line, was.col}, [2]uint64{is.line, is.col}
	if had, ok := file[from]; ok && had != to {
		return ErrAmbiguous
	}
	file[from] = to
	return nil
}

// dropUnmoved forgets the files in which no position moved. An import's own
// elements hold positions of other packages' files, which are mostly as before.
func (m posMap) dropUnmoved() {
	for file, positions := range m {
		moved := false
		for from, to := range positions {
			moved = moved || from != to
		}
		if !moved {
			delete(m, file)
		}
	}
}

// move rewrites the positions in element i and its layout.
func (m posMap) move(e *Export, i int, lay elemLayout) ([]byte, elemLayout, error) {
	at, err := readPositions(e, i, lay)
	if err != nil {
		return nil, lay, err
	}
	el, err := e.element(i)
	if err != nil {
		return nil, lay, err
	}
	head := len(e.elems[i]) - len(el.payload)
	out := bytes.Clone(e.elems[i][:head])
	positions := make([]int, len(lay.positions))
	from := 0
	for k, p := range lay.positions {
		to := [2]uint64{at[k].line, at[k].col}
		if file := m[at[k].file]; file != nil {
			now, ok := file[to]
			if !ok {
				return nil, lay, fmt.Errorf("%w: %s:%d:%d", ErrAmbiguous, at[k].file, to[0], to[1])
			}
			to = now
		}
		out = append(out, el.payload[from:p]...)
		positions[k] = len(out) - head
		out = binary.AppendUvarint(out, to[0])
		out = binary.AppendUvarint(out, to[1])
		r := &reader{b: el.payload, pos: p}
		r.uvarint()
		r.uvarint()
		from = r.pos
	}
	lay.positions = positions
	return append(out, el.payload[from:]...), lay, nil
}

// opaque refuses an element that may hold a position in a changed import's
// file, while nothing is known of its inside.
func (m posMap) opaque(e *Export, i int) error {
	el, err := e.element(i)
	if err != nil {
		return err
	}
	for _, r := range el.refs {
		if r.kind != secPosBase {
			continue
		}
		file, err := e.baseFile(r.idx)
		if err != nil {
			return err
		}
		if m[file] != nil {
			return fmt.Errorf("%w: in %s, copied without a layout", ErrAmbiguous, file)
		}
	}
	return nil
}

// readPositions reads the positions of element i.
func readPositions(e *Export, i int, lay elemLayout) ([]position, error) {
	if len(lay.positions) == 0 {
		return nil, nil
	}
	el, err := e.element(i)
	if err != nil {
		return nil, err
	}
	out := make([]position, len(lay.positions))
	end := 0
	for k, p := range lay.positions {
		if p <= end || p >= len(el.payload) {
			return nil, errLayout
		}
		file, err := e.positionFile(el, p)
		if err != nil {
			return nil, err
		}
		r := &reader{b: el.payload, pos: p}
		out[k] = position{file, r.uvarint(), r.uvarint()}
		if r.bad {
			return nil, errLayout
		}
		end = r.pos
	}
	return out, nil
}

// positionFile is the file of the position whose line is at offset p of el:
// the reference before the line is to its position base.
func (e *Export) positionFile(el element, p int) (string, error) {
	start := p - 1
	for start > 0 && el.payload[start-1] >= 0x80 { // the number's other bytes
		start--
	}
	n, size := binary.Uvarint(el.payload[start:p])
	if size != p-start || n >= uint64(len(el.refs)) || el.refs[n].kind != secPosBase {
		return "", errLayout
	}
	return e.baseFile(el.refs[n].idx)
}

// baseFile names position base idx. One that is not a file but a //line
// directive gets a name that no file has.
func (e *Export) baseFile(idx int) (string, error) {
	i, ok := e.abs(secPosBase, idx)
	if !ok {
		return "", errLayout
	}
	base, err := e.element(i)
	if err != nil {
		return "", err
	}
	r := &reader{b: base.payload}
	name := r.uvarint()
	isFile := r.byte()
	if r.bad || name >= uint64(len(base.refs)) || base.refs[name].kind != secString {
		return "", errLayout
	}
	if isFile != 1 {
		return "//line " + e.str(base.refs[name].idx), nil
	}
	return e.str(base.refs[name].idx), nil
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
