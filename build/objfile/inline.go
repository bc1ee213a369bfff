package objfile

import "strings"

// A Func is one function in an object, with what its line tables draw on.
type Func struct {
	// Name is the linker's symbol name, such as "net/http.(*Client).Do".
	Name string
	// Files are the source files its line table names.
	Files []string
	// Inlined are the functions inlined into it, at any depth.
	Inlined []Ref
}

// A Ref names a function in an inline tree. The object gives a name only to
// symbols it also refers to in other ways; of the rest it knows the package
// and the index among that package's symbols.
type Ref struct {
	// Name is the linker's symbol name, empty if the object does not tell.
	Name string
	// Own is true for a symbol that this object defines under its own package.
	Own bool
	// Pkg is the linker's path of the defining package and Sym the index in its
	// symbol table, where the reference is indexed; else Pkg is empty.
	Pkg string
	Sym uint32
}

// Contents is what an object holds of functions.
type Contents struct {
	// Funcs are the functions it defines.
	Funcs []Func
	// Described are the symbol names of the functions that the debug
	// information describes because they were inlined somewhere, which
	// includes those of which no instruction is left.
	Described []string
}

// Contents lists the functions in the object. An error wraps [ErrFormat]; the
// caller must then assume the worst.
func (a *Archive) Contents() (Contents, error) {
	var c Contents
	o, err := a.openObject()
	if err != nil {
		return c, err
	}
	t := &symTable{o: o, refs: map[[2]uint32]string{}}
	t.load()
	for i := uint32(0); i < t.defs && !o.bad; i++ {
		if f, ok := t.fn(i); ok {
			c.Funcs = append(c.Funcs, f)
		}
	}
	for i := uint32(0); i < t.syms && !o.bad; i++ {
		// cmd/internal/dwarf: InfoPrefix and AbstractFuncSuffix.
		name, ok := strings.CutPrefix(t.symName(i), "go:info.")
		if name, abstract := strings.CutSuffix(name, "$abstract"); ok && abstract {
			c.Described = append(c.Described, name)
		}
	}
	return c, o.err()
}

// symTable resolves symbol references of one object to names.
type symTable struct {
	o    *object
	base [5]uint32 // first index of each definition block, then the total
	defs uint32    // definitions that have aux data
	syms uint32    // those and the references by name
	refs map[[2]uint32]string
}

func (t *symTable) load() {
	o := t.o
	n := uint32(0)
	for i := range t.base {
		t.base[i] = n
		if i < 4 {
			n += o.count(blkSymdef+i, symSize)
		}
	}
	t.defs = n
	t.syms = (o.off[blkNonpkgref+1] - o.off[blkSymdef]) / symSize
	for i := range o.count(blkRefName, refNameSize) {
		at := o.off[blkRefName] + i*refNameSize
		t.refs[[2]uint32{o.u32(at), o.u32(at + 4)}] = o.str(at + 8)
	}
}

// ref resolves a symbol reference as far as the object can.
func (t *symTable) ref(pkg, sym uint32) Ref {
	switch pkg {
	case pkgIdxSelf:
		return Ref{Name: t.symName(t.base[0] + sym), Own: true}
	case pkgIdxHashed64:
		return Ref{Name: t.symName(t.base[1] + sym)}
	case pkgIdxHashed:
		return Ref{Name: t.symName(t.base[2] + sym)}
	case pkgIdxNone: // NonPkgDefs, overflowing to NonPkgRefs
		return Ref{Name: t.symName(t.base[3] + sym)}
	}
	if pkg == 0 || pkg >= t.o.count(blkPkgIdx, 8) { // builtins cannot be inlined
		t.o.bad = true
		return Ref{}
	}
	return Ref{
		Name: t.refs[[2]uint32{pkg, sym}],
		Pkg:  t.o.str(t.o.off[blkPkgIdx] + 8*pkg),
		Sym:  sym,
	}
}

// symName is the name of symbol i, counted over all definition blocks and
// then the references, which stand one after the other in the file.
func (t *symTable) symName(i uint32) string {
	if i >= t.syms {
		t.o.bad = true
		return ""
	}
	return t.o.str(t.o.off[blkSymdef] + i*symSize)
}

// index is the definition index behind a reference within this object.
func (t *symTable) index(pkg, sym uint32) (uint32, bool) {
	switch pkg {
	case pkgIdxSelf:
		return t.base[0] + sym, true
	case pkgIdxHashed64:
		return t.base[1] + sym, true
	case pkgIdxHashed:
		return t.base[2] + sym, true
	case pkgIdxNone:
		return t.base[3] + sym, t.base[3]+sym < t.defs
	}
	return 0, false
}

// fn reads the FuncInfo of definition i; ok is false if it is not a function.
func (t *symTable) fn(i uint32) (f Func, ok bool) {
	o := t.o
	first, last := o.u32(o.off[blkAuxIdx]+4*i), o.u32(o.off[blkAuxIdx]+4*i+4)
	for j := first; j < last && !o.bad; j++ {
		at := o.off[blkAux] + j*auxSize
		if o.bytes(at, 1)[0] != auxFuncInfo {
			continue
		}
		d, known := t.index(o.u32(at+1), o.u32(at+5))
		if !known {
			o.bad = true
			return f, false
		}
		f.Name = t.symName(i)
		t.funcInfo(d, &f)
		return f, true
	}
	return f, false
}

// funcInfo reads the file list and inline tree in the data of symbol d; its
// layout is in cmd/internal/goobj/funcinfo.go.
func (t *symTable) funcInfo(d uint32, f *Func) {
	o := t.o
	from, to := o.u32(o.off[blkDataIdx]+4*d), o.u32(o.off[blkDataIdx]+4*d+4)
	at, end := o.off[blkData]+from, o.off[blkData]+to
	files := at + 16
	n := o.u32(files)
	if uint64(files)+4+uint64(n)*4 > uint64(end) {
		o.bad = true
		return
	}
	for k := range n {
		f.Files = append(f.Files, t.file(o.u32(files+4+4*k)))
	}
	tree := files + 4 + 4*n
	n = o.u32(tree)
	if uint64(tree)+4+uint64(n)*inlNodeSize > uint64(end) {
		o.bad = true
		return
	}
	for k := range n {
		node := tree + 4 + k*inlNodeSize
		f.Inlined = append(f.Inlined, t.ref(o.u32(node+12), o.u32(node+16)))
	}
}

func (t *symTable) file(i uint32) string {
	if i >= t.o.count(blkFile, 8) {
		t.o.bad = true
		return ""
	}
	return strings.TrimPrefix(t.o.str(t.o.off[blkFile]+8*i), "gofile..")
}
