package cutoff

import (
	"encoding/binary"
	"fmt"
)

// Sync markers that matter here, from internal/pkgbits/sync.go. All others
// stand before nothing, or before primitives that have markers of their own.
const (
	syncBool      = 2
	syncInt64     = 3
	syncUint64    = 4
	syncString    = 5
	syncRelocs    = 8
	syncReloc     = 9
	syncUseReloc  = 10
	syncPublic    = 11
	syncPos       = 12
	syncPosBase   = 13
	syncObject1   = 15
	syncPkgDef    = 17
	syncMethod    = 18
	syncTypeIdx   = 20
	syncSelector  = 28
	syncPrivate   = 29
	syncFuncBody  = 43
	syncAddLocal  = 61
	syncLinkname  = 62
	lastSyncKnown = 80 // newest marker is 69; later ones would have no payload either
)

// firstMarker is the marker that an element's payload starts with, where the
// package itself wrote the element.
func firstMarker(section, idx int) uint64 {
	switch section {
	case secMeta:
		if idx == 0 {
			return syncPublic
		}
		return syncPrivate
	case secPosBase:
		return syncPosBase
	case secPkg:
		return syncPkgDef
	case secType:
		return syncTypeIdx
	case secBody:
		return syncFuncBody
	}
	return syncObject1 // names, objects, their extensions and dictionaries
}

// Strip removes the sync markers of a compile with -d=syncframes=0. The
// result encodes to what a compile without that flag writes; the layout holds
// what the markers told about it. Elements without markers, copied from
// imports, stay as they are and are not in the layout.
func Strip(marked *Export) (*Export, *Layout, error) {
	if marked.flags != flagSyncMarkers {
		return nil, nil, fmt.Errorf("%w: no sync markers", ErrFormat)
	}
	plain := &Export{version: marked.version, sections: marked.sections}
	plain.elems = make([][]byte, len(marked.elems))
	own := &Layout{elems: map[int]elemLayout{}}
	for i, el := range marked.elems {
		k := marked.section(i)
		if k == secString {
			plain.elems[i] = el
			continue
		}
		s := stripper{section: k, first: firstMarker(k, i-marked.sections[k])}
		out, err := s.element(el)
		if err != nil {
			return nil, nil, fmt.Errorf("element %d of section %d: %w", i-marked.sections[k], k, err)
		}
		plain.elems[i] = out
		if s.marked && s.layout.useful() {
			own.elems[i] = s.layout
		}
	}
	return plain, own, nil
}

// stripper removes the markers of one element.
type stripper struct {
	section int
	first   uint64

	marked bool
	layout elemLayout
}

// element strips el. Its reference table always has markers, since
// linker.relocCommon writes it anew even for a copied element; the payload has
// them all or none.
func (s *stripper) element(el []byte) ([]byte, error) {
	r := &reader{b: el}
	refs, err := markedRefs(r)
	if err != nil {
		return nil, err
	}
	out := binary.AppendUvarint(make([]byte, 0, len(el)), uint64(len(refs)))
	for _, ref := range refs {
		out = binary.AppendUvarint(out, uint64(ref.kind))
		out = binary.AppendUvarint(out, uint64(ref.idx))
	}
	if s.section == secPkg {
		return s.pkg(out, r.rest(), len(refs))
	}
	return s.tail(out, r.rest(), tokens{first: s.first, refs: len(refs)}), nil
}

// tail appends what t makes of payload, or payload itself if it is unmarked.
func (s *stripper) tail(out, payload []byte, t tokens) []byte {
	plain, ok := t.strip(payload)
	if !ok {
		return append(out, payload...)
	}
	s.marked = true
	s.layout = t.layout
	return append(out, plain...)
}

// pkg strips a package element. linker.relocPkg reads the path away and
// writes it again, so that its marker is there even where the rest is a copy,
// its reference stands last in the table, and the first one is unused.
func (s *stripper) pkg(out, payload []byte, refs int) ([]byte, error) {
	r := &reader{b: payload}
	for _, m := range []uint64{syncPkgDef, syncString, syncUseReloc, syncUint64} {
		if r.uvarint() != m || r.uvarint() != 0 {
			r.bad = true
		}
	}
	path := r.uvarint()
	if r.bad || refs < 2 || path != uint64(refs-1) {
		return nil, fmt.Errorf("%w: package without path", ErrFormat)
	}
	out = binary.AppendUvarint(out, path)
	return s.tail(out, r.rest(), tokens{first: syncString, refs: refs - 1, used: 1}), nil
}

// markedRefs reads a reference table that has markers.
func markedRefs(r *reader) ([]ref, error) {
	marker := func(m uint64) {
		if r.uvarint() != m || r.uvarint() != 0 {
			r.bad = true
		}
	}
	marker(syncRelocs)
	marker(syncUint64)
	n := r.uvarint()
	if r.bad || n > uint64(len(r.b)) {
		return nil, fmt.Errorf("%w: marked reference table", ErrFormat)
	}
	refs := make([]ref, n)
	for i := range refs {
		marker(syncReloc)
		marker(syncUint64)
		refs[i].kind = int(r.uvarint())
		marker(syncUint64)
		refs[i].idx = int(r.uvarint())
	}
	if r.bad {
		return nil, fmt.Errorf("%w: marked reference table", ErrFormat)
	}
	return refs, nil
}
