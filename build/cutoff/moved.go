package cutoff

import (
	"bytes"
	"fmt"
	"strings"
)

// Moved says which functions of changed imports have other lines or columns
// than before. An object that inlined one of them is stale, although its code
// is right; so is one that may have, where that cannot be told.
type Moved struct {
	pkgs  map[string]*movedPkg // by import path of the defining package
	files map[string]bool      // files of which any position moved
	words map[string]bool      // names in types that moved, those of methods among them

	// uneven is true if something moved within an exported body, rather than
	// the body as a whole. Whether two statements share a line has a say in
	// the code around them, even in objects that show no trace of the body.
	uneven bool
}

// movedPkg is what is known of one package's functions: true for moved.
type movedPkg struct {
	names map[string]bool  // by name within the package, such as "(*T).M"
	links map[int64]bool   // by symbol index
	label map[int64]string // name behind a symbol index, for reports
}

// FindMoved compares the imports before and after.
func FindMoved(changes []Change) (*Moved, error) {
	m := &Moved{pkgs: map[string]*movedPkg{}, files: map[string]bool{}, words: map[string]bool{}}
	for _, c := range changes {
		if err := sameShape(c.Old.Export, c.New.Export); err != nil {
			return nil, fmt.Errorf("%s: %w", c.Path, err)
		}
		d := differ{c: c, m: m, diff: make([]bool, len(c.Old.Export.elems))}
		if err := d.run(); err != nil {
			return nil, fmt.Errorf("%s: %w", c.Path, err)
		}
	}
	for path, p := range m.pkgs {
		if !p.any() {
			delete(m.pkgs, path)
		}
	}
	return m, nil
}

func (p *movedPkg) any() bool {
	for _, moved := range p.names {
		if moved {
			return true
		}
	}
	for _, moved := range p.links {
		if moved {
			return true
		}
	}
	return false
}

func (m *Moved) pkg(path string) *movedPkg {
	p := m.pkgs[path]
	if p == nil {
		p = &movedPkg{names: map[string]bool{}, links: map[int64]bool{}, label: map[int64]string{}}
		m.pkgs[path] = p
	}
	return p
}

// differ finds the moved functions of one change.
type differ struct {
	c      Change
	m      *Moved
	diff   []bool            // elements that differ
	bodies map[[2]string]int // (package, name) to its body's absolute index
	seen   map[int]bool      // elements visited by reach
}

func (d *differ) run() error {
	e := d.c.Old.Export
	for i := e.sections[secMeta]; i < len(e.elems); i++ {
		from, to, err := payloads(d.c, i)
		if err != nil {
			return err
		}
		if d.diff[i] = !bytes.Equal(from, to); d.diff[i] {
			d.noteNames(i)
			if i >= e.sections[secBody] && !d.evenly(i) {
				d.m.uneven = true
			}
		}
	}
	if err := d.readBodies(); err != nil {
		return err
	}
	for key, body := range d.bodies {
		d.note(key[0], key[1], nil, d.moved(body))
	}
	for idx := range e.count(secObj) {
		if err := d.object(idx); err != nil {
			return err
		}
	}
	return nil
}

// evenly reports whether all positions of element i moved by the same number
// of lines.
func (d *differ) evenly(i int) bool {
	was, err := readPositions(d.c.Old.Export, i, d.c.Old.Layout.elems[i])
	if err != nil || len(was) == 0 {
		return false
	}
	is, err := readPositions(d.c.New.Export, i, d.c.New.Layout.elems[i])
	if err != nil || len(is) != len(was) {
		return false
	}
	first := map[string]uint64{} // by file: an own body may hold imports' positions
	for k := range was {
		by := is[k].line - was[k].line // wraps around alike
		if at, seen := first[was[k].file]; seen && by != at || is[k].col != was[k].col {
			return false
		}
		first[was[k].file] = by
	}
	return true
}

// noteNames enters the files that differing element i refers to and, of a
// type, the names in it.
func (d *differ) noteNames(i int) {
	e := d.c.Old.Export
	el, err := e.element(i)
	if err != nil {
		return // payloads read it before
	}
	for _, r := range el.refs {
		if r.kind == secString && e.section(i) == secType {
			d.m.words[e.str(r.idx)] = true
		}
		if r.kind != secPosBase {
			continue
		}
		if file, err := e.baseFile(r.idx); err == nil {
			d.m.files[strings.TrimPrefix(file, "//line ")] = true
		}
	}
}

// readBodies reads the list of exported function bodies in the private root
// (noder.writeUnifiedExport).
func (d *differ) readBodies() error {
	e := d.c.Old.Export
	root, ok := e.abs(secMeta, 1)
	if !ok {
		return fmt.Errorf("%w: no private root", ErrFormat)
	}
	el, err := e.element(root)
	if err != nil {
		return err
	}
	r := &reader{b: el.payload}
	str := func(kind int) int {
		n := r.uvarint()
		if r.bad || n >= uint64(len(el.refs)) || el.refs[n].kind != kind {
			r.bad = true
			return 0
		}
		return el.refs[n].idx
	}
	d.bodies = map[[2]string]int{}
	r.byte() // whether there is an init task
	for range r.length() {
		key := [2]string{e.str(str(secString)), e.str(str(secString))}
		d.bodies[key] = e.sections[secBody] + str(secBody)
	}
	if r.bad || !r.done() {
		return fmt.Errorf("%w: private root", ErrFormat)
	}
	return nil
}

// moved reports whether element i or a body reached from it (a closure; the
// bodies that a generic function's extension refers to) moved.
func (d *differ) moved(i int) bool {
	d.seen = map[int]bool{}
	return d.reach(i)
}

func (d *differ) reach(i int) bool {
	if d.seen[i] {
		return false
	}
	d.seen[i] = true
	if d.diff[i] {
		return true
	}
	el, err := d.c.Old.Export.element(i)
	if err != nil {
		return true
	}
	for _, r := range el.refs {
		if r.kind == secBody && d.reach(d.c.Old.Export.sections[secBody]+r.idx) {
			return true
		}
	}
	return false
}

// note enters a function under its name and, if it has one, its symbol index.
// What moved in one import's copy counts as moved.
func (d *differ) note(path, name string, link *int64, moved bool) {
	p := d.m.pkg(path)
	p.names[name] = p.names[name] || moved
	if link != nil && *link >= 0 {
		p.links[*link] = p.links[*link] || p.names[name]
		p.label[*link] = name
	}
}

// object looks at declaration idx: a function, or a type with its methods.
func (d *differ) object(idx int) error {
	e := d.c.Old.Export
	path, name, err := e.objName(idx)
	if err != nil {
		return err
	}
	obj, ext := e.sections[secObj]+idx, e.sections[secObjExt]+idx
	lay, links := d.c.Old.Layout.elems[obj], d.c.Old.Layout.elems[ext].links
	generic := d.moved(ext)
	if len(lay.methods) == 0 {
		var link *int64
		if len(links) == 1 {
			link = &links[0]
		}
		d.note(path, name, link, d.diff[obj] || generic)
		return nil
	}
	return d.methods(idx, path, name, generic)
}

// methods enters the methods of type idx, each with the positions of its own
// part of the declaration.
func (d *differ) methods(idx int, path, name string, generic bool) error {
	e := d.c.Old.Export
	obj, ext := e.sections[secObj]+idx, e.sections[secObjExt]+idx
	old, cur := d.c.Old.Layout.elems[obj], d.c.New.Layout.elems[obj]
	links := d.c.Old.Layout.elems[ext].links
	el, err := e.element(obj)
	if err != nil {
		return err
	}
	before, err := readPositions(e, obj, old)
	if err != nil {
		return err
	}
	after, err := readPositions(d.c.New.Export, obj, cur)
	if err != nil || len(before) != len(after) {
		return errLayout
	}
	for k, m := range old.methods {
		to := len(before)
		if k+1 < len(old.methods) {
			to = old.methods[k+1].from
		}
		if m.name < 0 || m.name >= len(el.refs) || m.from > to || to > len(before) {
			return errLayout
		}
		var link *int64
		if len(links) == len(old.methods) {
			link = &links[k]
		}
		moved := generic
		for i := m.from; i < to; i++ {
			moved = moved || before[i] != after[i]
		}
		d.method(path, name, e.str(el.refs[m.name].idx), link, moved)
	}
	return nil
}

// method enters one method under both spellings of its receiver; which one
// is right does not stand in the declaration.
func (d *differ) method(path, typ, name string, link *int64, moved bool) {
	for _, full := range []string{"(*" + typ + ")." + name, typ + "." + name} {
		if body, ok := d.bodies[[2]string{path, full}]; ok {
			moved = moved || d.moved(body)
		}
	}
	d.note(path, typ+"."+name, link, moved)
	d.note(path, "(*"+typ+")."+name, link, moved)
}

// objName is the package path and name of declaration idx.
func (e *Export) objName(idx int) (path, name string, err error) {
	i, ok := e.abs(secName, idx)
	if !ok {
		return "", "", fmt.Errorf("%w: object without a name", ErrFormat)
	}
	el, err := e.element(i)
	if err != nil {
		return "", "", err
	}
	if len(el.refs) != 2 || el.refs[0].kind != secPkg || el.refs[1].kind != secString {
		return "", "", fmt.Errorf("%w: name element", ErrFormat)
	}
	return e.pkgPath(el.refs[0].idx), e.str(el.refs[1].idx), nil
}
