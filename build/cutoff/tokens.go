package cutoff

import "encoding/binary"

// tokens walks one marked payload: markers out, primitives kept, and notes
// where positions, methods and symbol indices stand.
//
// It is strict, because a copied payload has no markers and must not be taken
// for one that has: the first marker must be the section's, every byte must be
// consumed, and the references must be used in the order of the table without
// a gap, since the encoder fills the table on first use.
type tokens struct {
	first uint64
	refs  int

	r       reader
	out     []byte
	used    int
	layout  elemLayout
	pending pendingPos
	links   bool // the next Int64 is a symbol index
	local   bool // the next Int64 is written only beside markers
	method  int  // 0 none, 1 before its selector, 2 before its package, 3 before its name
}

// pendingPos follows a position through its primitives: SyncPos, Bool(true),
// a reference to the position base, line, column.
type pendingPos int

const (
	posNone pendingPos = iota
	posKnown
	posBase
	posBaseIdx
	posLine
	posCol
)

// strip returns the payload without markers; ok is false if it has none.
func (t *tokens) strip(payload []byte) (plain []byte, ok bool) {
	t.r = reader{b: payload}
	t.out = make([]byte, 0, len(payload)/2)
	for first := true; !t.r.done(); first = false {
		m := t.r.uvarint()
		if t.r.uvarint() != 0 || t.r.bad || m == 0 || m > lastSyncKnown || first && m != t.first {
			return nil, false
		}
		if !t.token(m) || t.r.bad {
			return nil, false
		}
	}
	return t.out, len(payload) > 0 && t.used == t.refs && t.pending == posNone
}

// token handles the primitive behind marker m.
func (t *tokens) token(m uint64) bool {
	if t.pending != posNone && !t.pending.accepts(m) || t.local && m != syncInt64 {
		return false
	}
	switch m {
	case syncBool:
		return t.bool()
	case syncInt64:
		t.int64()
	case syncUint64:
		return t.uint64()
	case syncUseReloc:
		if t.pending == posBase {
			t.pending = posBaseIdx
		}
		return t.useReloc()
	case syncPos:
		t.pending = posKnown
	case syncMethod:
		t.layout.methods = append(t.layout.methods, method{from: len(t.layout.positions), name: -1})
		t.method = 1
	case syncSelector:
		if t.method == 1 {
			t.method = 2
		}
	case syncLinkname:
		t.links = true
	case syncAddLocal:
		// writer.addLocal adds the local's index where there are markers.
		t.local = true
	}
	return true
}

// accepts reports whether marker m may come next within a position.
func (p pendingPos) accepts(m uint64) bool {
	switch p {
	case posKnown:
		return m == syncBool
	case posBase:
		return m == syncUseReloc
	}
	return m == syncUint64
}

func (t *tokens) bool() bool {
	x := t.r.byte()
	if t.pending == posKnown {
		t.pending = posNone
		if x == 1 {
			t.pending = posBase
		}
	}
	t.out = append(t.out, x)
	return x < 2
}

func (t *tokens) int64() {
	x := t.r.varint()
	if t.local {
		t.local = false
		return
	}
	if t.links {
		t.layout.links = append(t.layout.links, x)
		t.links = false
	}
	ux := uint64(x) << 1
	if x < 0 {
		ux = ^ux
	}
	t.out = binary.AppendUvarint(t.out, ux)
}

// uint64 copies a number and notes it if it is the line of a position.
func (t *tokens) uint64() bool {
	at := len(t.out)
	t.out = binary.AppendUvarint(t.out, t.r.uvarint())
	switch t.pending {
	case posLine:
		t.layout.positions = append(t.layout.positions, at)
		t.pending = posCol
	case posCol:
		t.pending = posNone
	}
	return true
}

// useReloc reads the index that follows SyncUseReloc.
func (t *tokens) useReloc() bool {
	if t.r.uvarint() != syncUint64 || t.r.uvarint() != 0 {
		return false
	}
	i := t.r.uvarint()
	if i > uint64(t.used) || i >= uint64(t.refs) {
		return false
	}
	t.used = max(t.used, int(i)+1)
	t.out = binary.AppendUvarint(t.out, i)
	if t.pending == posBaseIdx {
		t.pending = posLine
	}
	t.methodName(int(i))
	return true
}

// methodName notes the name of a method: the second reference after its
// SyncSelector, behind that to the package.
func (t *tokens) methodName(i int) {
	switch t.method {
	case 2:
		t.method = 3
	case 3:
		t.layout.methods[len(t.layout.methods)-1].name = i
		t.method = 0
	}
}
