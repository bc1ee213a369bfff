package cutoff

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
)

// ErrFormat is wrapped by every error about export data that this package
// does not understand.
var ErrFormat = errors.New("unknown export data")

// Sections of the export data, from internal/pkgbits/reloc.go.
const (
	secString = iota
	secMeta
	secPosBase
	secPkg
	secName
	secType
	secObj
	secObjExt
	secObjDict
	secBody
	numSections
)

// Versions of the bitstream whose encoding was checked; V1 is the first with
// the flags word, V4 is go1.27's.
const (
	minVersion = 1
	maxVersion = 4
)

const flagSyncMarkers = 1

// An Export is one package's unified export data, split into elements.
type Export struct {
	version  uint32
	flags    uint32
	sections [numSections + 1]int // first element of each section, then the total
	elems    [][]byte
}

// ParseExport splits export data into its elements, which alias b.
func ParseExport(b []byte) (*Export, error) {
	const fixed = 4 + 4 + 4*numSections
	if len(b) < fixed+8 {
		return nil, fmt.Errorf("%w: cut short", ErrFormat)
	}
	u32 := func(i int) uint32 { return binary.LittleEndian.Uint32(b[i:]) }
	e := &Export{version: u32(0), flags: u32(4)}
	if e.version < minVersion || e.version > maxVersion || e.flags&^flagSyncMarkers != 0 {
		return nil, fmt.Errorf("%w: version %d, flags %#x", ErrFormat, e.version, e.flags)
	}
	for k := range numSections {
		n := int(u32(8 + 4*k))
		if n < e.sections[k] || n > len(b)/4 {
			return nil, fmt.Errorf("%w: section table", ErrFormat)
		}
		e.sections[k+1] = n
	}
	total := e.sections[numSections]
	data := fixed + 4*total
	if data+8 > len(b) {
		return nil, fmt.Errorf("%w: element table", ErrFormat)
	}
	e.elems = make([][]byte, total)
	start := 0
	for i := range e.elems {
		end := int(u32(fixed + 4*i))
		if end < start || data+end > len(b)-8 {
			return nil, fmt.Errorf("%w: element %d", ErrFormat, i)
		}
		e.elems[i] = b[data+start : data+end : data+end]
		start = end
	}
	if data+start != len(b)-8 {
		return nil, fmt.Errorf("%w: trailing bytes", ErrFormat)
	}
	return e, nil
}

// Encode writes the export data as pkgbits.PkgEncoder.DumpTo does, including
// the fingerprint in the last 8 bytes.
func (e *Export) Encode() []byte {
	size := 8 + 4*numSections + 4*len(e.elems) + 8
	for _, el := range e.elems {
		size += len(el)
	}
	out := make([]byte, 0, size)
	u32 := func(x uint32) { out = binary.LittleEndian.AppendUint32(out, x) }
	u32(e.version)
	u32(e.flags)
	for k := range numSections {
		u32(uint32(e.sections[k+1]))
	}
	end := 0
	for _, el := range e.elems {
		end += len(el)
		u32(uint32(end))
	}
	for _, el := range e.elems {
		out = append(out, el...)
	}
	sum := sha256.Sum256(out)
	return append(out, sum[:8]...)
}

// section is the section that element i belongs to.
func (e *Export) section(i int) int {
	for k := range numSections {
		if i < e.sections[k+1] {
			return k
		}
	}
	return -1
}

// abs is the absolute index of element idx of section k; ok is false if there
// is no such element.
func (e *Export) abs(k, idx int) (i int, ok bool) {
	if k < 0 || k >= numSections || idx < 0 {
		return 0, false
	}
	i = e.sections[k] + idx
	return i, i < e.sections[k+1]
}

// count is the number of elements in section k.
func (e *Export) count(k int) int { return e.sections[k+1] - e.sections[k] }

// A ref is one entry of an element's reference table.
type ref struct{ kind, idx int }

// element is a plain (unmarked) element taken apart.
type element struct {
	refs    []ref
	payload []byte
}

// element reads the reference table of plain element i, which is not a string.
func (e *Export) element(i int) (element, error) {
	r := reader{b: e.elems[i]}
	n := r.uvarint()
	if n > uint64(len(r.b)) {
		return element{}, fmt.Errorf("%w: reference table of element %d", ErrFormat, i)
	}
	el := element{refs: make([]ref, n)}
	for j := range el.refs {
		el.refs[j] = ref{int(r.uvarint()), int(r.uvarint())}
		if _, ok := e.abs(el.refs[j].kind, el.refs[j].idx); !ok {
			r.bad = true
		}
	}
	if r.bad {
		return element{}, fmt.Errorf("%w: reference table of element %d", ErrFormat, i)
	}
	el.payload = r.rest()
	return el, nil
}

// str is the content of string idx.
func (e *Export) str(idx int) string {
	i, ok := e.abs(secString, idx)
	if !ok {
		return ""
	}
	return string(e.elems[i])
}

// reader reads primitives; the first read past the end sets bad.
type reader struct {
	b   []byte
	pos int
	bad bool
}

func (r *reader) uvarint() uint64 {
	x, n := binary.Uvarint(r.b[r.pos:])
	if n <= 0 {
		r.bad = true
		return 0
	}
	r.pos += n
	return x
}

// varint reads a signed number in pkgbits' zig-zag form.
func (r *reader) varint() int64 {
	ux := r.uvarint()
	x := int64(ux >> 1)
	if ux&1 != 0 {
		x = ^x
	}
	return x
}

func (r *reader) byte() byte {
	if r.pos >= len(r.b) {
		r.bad = true
		return 0
	}
	r.pos++
	return r.b[r.pos-1]
}

func (r *reader) rest() []byte { return r.b[r.pos:] }
func (r *reader) done() bool   { return r.pos >= len(r.b) }
