package cutoff

import (
	"crypto/sha256"
	"encoding/binary"
	"hash"
)

// A Digest is a SHA-256.
type Digest [sha256.Size]byte

// An Interface is what one version of a package shows its importers.
type Interface struct {
	Export *Export
	Layout *Layout
}

// PositionFree hashes everything in x but lines and columns. Where the layout
// does not tell them from the rest they count, which can only make the digest
// differ more often.
func (x *Interface) PositionFree() (Digest, error) {
	h := sha256.New()
	e := x.Export
	hashInts(h, int(e.version), int(e.flags))
	hashInts(h, e.sections[:]...)
	for i := range e.elems {
		if i < e.sections[secMeta] {
			hashInts(h, len(e.elems[i]))
			h.Write(e.elems[i])
			continue
		}
		if err := hashElement(h, e, i, x.Layout.elems[i].positions); err != nil {
			return Digest{}, err
		}
	}
	return Digest(h.Sum(nil)), nil
}

func hashInts(h hash.Hash, xs ...int) {
	var buf []byte
	for _, x := range xs {
		buf = binary.AppendVarint(buf, int64(x))
	}
	h.Write(buf)
}

// hashElement hashes element i, leaving out the line and column at each of
// positions. What is left is framed by the number of positions and by the
// lengths between them, so that no two different elements are alike.
func hashElement(h hash.Hash, e *Export, i int, positions []int) error {
	el, err := e.element(i)
	if err != nil {
		return err
	}
	hashInts(h, len(el.refs), len(positions))
	for _, r := range el.refs {
		hashInts(h, r.kind, r.idx)
	}
	from := 0
	for _, p := range positions {
		if p < from || p >= len(el.payload) {
			return errLayout
		}
		hashInts(h, p-from)
		h.Write(el.payload[from:p])
		r := &reader{b: el.payload, pos: p}
		r.uvarint()
		r.uvarint()
		if r.bad {
			return errLayout
		}
		from = r.pos
	}
	hashInts(h, len(el.payload)-from)
	h.Write(el.payload[from:])
	return nil
}
