package cutoff

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"sort"
)

// A Layout says where in the elements of one export data positions, methods
// and symbol indices stand. It has entries for the elements whose inside is
// known and worth knowing; all others are compared as a whole.
type Layout struct {
	elems map[int]elemLayout // by absolute element index
	ids   map[int]identity   // of the same elements, once known
}

// elemLayout describes one element's plain payload.
type elemLayout struct {
	positions []int    // offsets of the line of each position; its column follows
	methods   []method // of a type declaration, in order
	links     []int64  // symbol indices behind each SyncLinkname
}

// method is where a method's part of a type declaration starts.
type method struct {
	from int // index into positions of its first
	name int // index into the reference table, -1 if not seen
}

// useful reports whether l tells anything.
func (l elemLayout) useful() bool {
	return len(l.positions) > 0 || len(l.methods) > 0 || len(l.links) > 0
}

// NewLayout is the layout of export data that was compiled without markers.
// [Layout.Complete] adds what imports tell about the elements copied from them.
func NewLayout() *Layout { return &Layout{elems: map[int]elemLayout{}} }

// An identity names an element by its content: section, payload, and the text
// of the strings, packages, objects and files it refers to. Copies of an
// element in the export data of other packages have the same identity,
// although the indices in their reference tables differ.
type identity [16]byte

// identities computes the identity of every element but strings.
func (e *Export) identities() ([]identity, error) {
	ids := make([]identity, len(e.elems))
	var buf bytes.Buffer
	for i := e.sections[secMeta]; i < len(e.elems); i++ {
		el, err := e.element(i)
		if err != nil {
			return nil, err
		}
		buf.Reset()
		buf.WriteByte(byte(e.section(i)))
		e.writeOwner(&buf, i)
		for _, r := range el.refs {
			e.writeRef(&buf, r, 2)
			buf.WriteByte(';')
		}
		writeBlock(&buf, el.payload)
		sum := sha256.Sum256(buf.Bytes())
		copy(ids[i][:], sum[:])
	}
	return ids, nil
}

// writeOwner adds the qualified name of the object that element i belongs to,
// if it is one of the three that share an index with a name.
func (e *Export) writeOwner(buf *bytes.Buffer, i int) {
	switch k := e.section(i); k {
	case secObj, secObjExt, secObjDict:
		e.writeRef(buf, ref{secName, i - e.sections[k]}, 2)
	}
}

// writeRef adds what r stands for, following references to names, packages and
// files depth levels down.
func (e *Export) writeRef(buf *bytes.Buffer, r ref, depth int) {
	buf.WriteByte(byte(r.kind))
	switch r.kind {
	case secString:
		writeBlock(buf, e.elems[e.sections[secString]+r.idx])
		return
	case secPkg:
		writeBlock(buf, []byte(e.pkgPath(r.idx)))
		return
	case secObj, secObjExt, secObjDict:
		r.kind = secName
	case secName, secPosBase:
	default:
		return
	}
	i, ok := e.abs(r.kind, r.idx)
	if !ok || depth == 0 {
		return
	}
	el, err := e.element(i)
	if err != nil {
		return // reported when the element itself is read
	}
	for _, next := range el.refs {
		if next.kind != r.kind {
			e.writeRef(buf, next, depth-1)
		}
	}
}

// pkgPath is the import path of package element idx: its first primitive. The
// other references of a package element differ between copies.
func (e *Export) pkgPath(idx int) string {
	i, ok := e.abs(secPkg, idx)
	if !ok {
		return ""
	}
	el, err := e.element(i)
	if err != nil {
		return ""
	}
	r := &reader{b: el.payload}
	n := r.uvarint()
	if r.bad || n >= uint64(len(el.refs)) || el.refs[n].kind != secString {
		return ""
	}
	return e.str(el.refs[n].idx)
}

func writeBlock(buf *bytes.Buffer, b []byte) {
	var n [4]byte
	binary.LittleEndian.PutUint32(n[:], uint32(len(b)))
	buf.Write(n[:])
	buf.Write(b)
}

// An Inherited is what layouts say of elements by identity; it joins those of
// several packages. An identity that two of them describe differently is
// dropped.
type Inherited map[identity]elemLayout

// Add joins the layout of an import, as [ParseLayout] returned it, to in.
func (in Inherited) Add(l *Layout) {
	for i, id := range l.ids {
		el := l.elems[i]
		if old, ok := in[id]; ok && !old.equal(el) {
			el = elemLayout{}
		}
		in[id] = el
	}
}

func (l elemLayout) equal(m elemLayout) bool {
	return string(l.append(nil)) == string(m.append(nil))
}

// Complete adds to the layout of e what is inherited for copied elements, and
// prepares it for [Layout.Bytes].
func (l *Layout) Complete(e *Export, in Inherited) error {
	ids, err := e.identities()
	if err != nil {
		return err
	}
	l.ids = map[int]identity{}
	for i := e.sections[secMeta]; i < len(ids); i++ {
		if _, own := l.elems[i]; !own {
			el, ok := in[ids[i]]
			if !ok || !el.useful() {
				continue
			}
			l.elems[i] = el
		}
		l.ids[i] = ids[i]
	}
	return nil
}

const layoutMagic = "gust layout 1\n"

// Bytes encodes l after [Layout.Complete].
func (l *Layout) Bytes() []byte {
	idx := make([]int, 0, len(l.elems))
	for i := range l.elems {
		idx = append(idx, i)
	}
	sort.Ints(idx)
	out := []byte(layoutMagic)
	out = binary.AppendUvarint(out, uint64(len(idx)))
	for _, i := range idx {
		out = binary.AppendUvarint(out, uint64(i))
		id := l.ids[i]
		out = append(out, id[:]...)
		out = l.elems[i].append(out)
	}
	return out
}

func (l elemLayout) append(out []byte) []byte {
	out = binary.AppendUvarint(out, uint64(len(l.positions)))
	last := 0
	for _, p := range l.positions {
		out = binary.AppendUvarint(out, uint64(p-last))
		last = p
	}
	out = binary.AppendUvarint(out, uint64(len(l.methods)))
	for _, m := range l.methods {
		out = binary.AppendUvarint(out, uint64(m.from))
		out = binary.AppendUvarint(out, uint64(m.name+1))
	}
	out = binary.AppendUvarint(out, uint64(len(l.links)))
	for _, x := range l.links {
		out = binary.AppendVarint(out, x)
	}
	return out
}

// ParseLayout decodes what [Layout.Bytes] wrote.
func ParseLayout(b []byte) (*Layout, error) {
	bad := fmt.Errorf("%w: damaged layout", ErrFormat)
	if !bytes.HasPrefix(b, []byte(layoutMagic)) {
		return nil, bad
	}
	r := &reader{b: b[len(layoutMagic):]}
	n := r.uvarint()
	l := &Layout{elems: map[int]elemLayout{}, ids: map[int]identity{}}
	for ; n > 0 && !r.bad; n-- {
		i := int(r.uvarint())
		var id identity
		if copy(id[:], r.rest()) < len(id) {
			return nil, bad
		}
		r.pos += len(id)
		l.elems[i], l.ids[i] = parseElemLayout(r), id
	}
	if r.bad || !r.done() {
		return nil, bad
	}
	return l, nil
}

func parseElemLayout(r *reader) elemLayout {
	var l elemLayout
	last := 0
	for range r.length() {
		last += int(r.uvarint())
		l.positions = append(l.positions, last)
	}
	for range r.length() {
		l.methods = append(l.methods, method{int(r.uvarint()), int(r.uvarint()) - 1})
	}
	for range r.length() {
		x, n := binary.Varint(r.b[r.pos:])
		if n <= 0 {
			r.bad = true
			break
		}
		r.pos += n
		l.links = append(l.links, x)
	}
	return l
}

// length reads a count of things that take at least a byte each.
func (r *reader) length() int {
	n := r.uvarint()
	if r.bad || n > uint64(len(r.b)-r.pos) {
		r.bad = true
		return 0
	}
	return int(n)
}
