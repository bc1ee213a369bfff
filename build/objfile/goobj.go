package objfile

import (
	"encoding/binary"
	"fmt"
)

// The layout of the object in _go_.o, from cmd/internal/goobj/objfile.go. The
// magic has been the same from go1.20 to go1.27; with any other the package
// only refuses to look inside.
const (
	goobjMagic = "\x00go120ld"

	blkAutolib = iota - 1
	blkPkgIdx
	blkFile
	blkSymdef
	blkHashed64def
	blkHasheddef
	blkNonpkgdef
	blkNonpkgref
	blkRefFlags
	blkHash64
	blkHash
	blkRelocIdx
	blkAuxIdx
	blkDataIdx
	blkReloc
	blkAux
	blkData
	blkRefName
	blkEnd
	numBlk

	headerSize  = 8 + 8 + 4 + 4*numBlk
	autolibSize = 16
	symSize     = 21
	auxSize     = 9
	refNameSize = 16
	inlNodeSize = 24

	pkgIdxNone     = 1<<31 - 1
	pkgIdxHashed64 = pkgIdxNone - 1
	pkgIdxHashed   = pkgIdxNone - 2
	pkgIdxSelf     = pkgIdxNone - 4

	auxFuncInfo = 1
)

// A Fingerprint identifies one version of a package's export data; the
// linker refuses objects whose fingerprints of an import disagree.
type Fingerprint [8]byte

// object is a goobj file with bounds-checked access: the first access outside
// of it sets bad, and everything read from then on is zero.
type object struct {
	b   []byte
	off [numBlk]uint32
	bad bool
}

func (a *Archive) openObject() (*object, error) {
	if a.goobj < 0 {
		return nil, fmt.Errorf("%w: unknown object magic", ErrFormat)
	}
	o := &object{b: a.object[a.goobj:]}
	if len(o.b) < headerSize {
		return nil, fmt.Errorf("%w: object cut short", ErrFormat)
	}
	for i := range o.off {
		o.off[i] = o.u32(uint32(20 + 4*i))
		if i > 0 && o.off[i] < o.off[i-1] || uint64(o.off[i]) > uint64(len(o.b)) {
			return nil, fmt.Errorf("%w: object block %d out of order", ErrFormat, i)
		}
	}
	return o, nil
}

func (o *object) bytes(off, n uint32) []byte {
	if o.bad || uint64(off)+uint64(n) > uint64(len(o.b)) {
		o.bad = true
		return make([]byte, min(n, 64))
	}
	return o.b[off : off+n]
}

func (o *object) u32(off uint32) uint32 { return binary.LittleEndian.Uint32(o.bytes(off, 4)) }

// str reads the string reference (length, offset) at off.
func (o *object) str(off uint32) string {
	n, at := o.u32(off), o.u32(off+4)
	if uint64(at)+uint64(n) > uint64(len(o.b)) {
		o.bad = true
		return ""
	}
	return string(o.b[at : at+n])
}

// count is the number of entries of the given size in block blk.
func (o *object) count(blk int, size uint32) uint32 {
	return (o.off[blk+1] - o.off[blk]) / size
}

func (o *object) err() error {
	if o.bad {
		return fmt.Errorf("%w: object refers outside itself", ErrFormat)
	}
	return nil
}

// SetFingerprints brings the fingerprints in the object up to date: that of
// the package itself, taken from the end of a.Export, and those of its
// imports, replacing each old one by the new one. Every key of imports must
// occur, so that nothing is silently left behind. It changes a.object in
// place.
func (a *Archive) SetFingerprints(imports map[Fingerprint]Fingerprint) error {
	o, err := a.openObject()
	if err != nil {
		return err
	}
	if len(a.Export) < 8 {
		return fmt.Errorf("%w: export data cut short", ErrFormat)
	}
	copy(o.b[8:16], a.Export[len(a.Export)-8:])
	found := map[Fingerprint]bool{}
	for i := range o.count(blkAutolib, autolibSize) {
		at := o.off[blkAutolib] + i*autolibSize + 8
		fp := Fingerprint(o.bytes(at, 8))
		if to, ok := imports[fp]; ok {
			copy(o.b[at:], to[:])
			found[fp] = true
		}
	}
	if len(found) != len(imports) {
		return fmt.Errorf("%w: %d of %d imports recorded", ErrFormat, len(found), len(imports))
	}
	return o.err()
}
