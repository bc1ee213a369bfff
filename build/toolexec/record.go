package toolexec

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/gust-go/gust/build/cutoff"
	"github.com/gust-go/gust/build/objfile"
	"github.com/gust-go/gust/build/store"
	"github.com/gust-go/gust/internal/event"
)

// maxVariants bounds how many results are kept for one set of inputs, which
// differ in the imports only.
const maxVariants = 8

// record is the store's Compile entry: results for one set of inputs, newest
// first.
type record struct {
	Variants []*variant `json:"variants"`
}

// A variant is one result and the imports it was compiled against.
type variant struct {
	Imports []Import `json:"imports"`
	Object  string   `json:"object"`            // the archive without build ID
	AsmHdr  string   `json:"asm_hdr,omitempty"` // the -asmhdr output
	Output  []byte   `json:"output,omitempty"`  // what the compiler printed
	Export  string   `json:"export"`            // digest of the archive's export data
	Digest  string   `json:"digest,omitempty"`  // position-free digest, if known
	WallNS  int64    `json:"wall_ns"`           // how long the compile took
}

// readRecord reads the compile's record. One that cannot be understood, though
// its checksum is right, counts as none, so that it is replaced.
func (w *wrapper) readRecord() (*record, error) {
	if !w.NoReuse {
		w.want(store.Compile, w.key)
	}
	b, err := w.store.Get(store.Compile, w.key)
	if errors.Is(err, store.ErrMiss) {
		return &record{}, nil
	}
	if err != nil {
		return nil, err
	}
	rec := &record{}
	if err := json.Unmarshal(b, rec); err != nil {
		w.warn(fmt.Errorf("read stored compile: %w", err))
		return &record{}, nil
	}
	return rec, nil
}

// lookup finds a stored result for this compile: first one whose imports are
// the same to the compiler, then one that relinking makes fit. Without one it
// says why the newest does not.
func (w *wrapper) lookup(rec *record) (*hit, []event.Reason) {
	if len(rec.Variants) == 0 {
		return nil, nil
	}
	im := &imports{w: w, files: map[string]*importFile{}, ifaces: map[string]*iface{}}
	var moved []*match
	var why []event.Reason
	for i, v := range rec.Variants {
		m, err := im.match(v)
		w.warn(err)
		switch {
		case err != nil:
		case len(m.differ) > 0:
			if i == 0 {
				why = m.reasons()[:len(m.differ)]
			}
		case len(m.changes) == 0:
			if h, err := w.reuse(m); err == nil {
				return h, nil
			}
		default:
			moved = append(moved, m)
		}
	}
	for _, m := range moved {
		h, stale, err := w.relink(m)
		if err == nil && h != nil {
			return h, nil
		}
		if err != nil {
			stale = "same interface, but cannot tell where lines moved: " + err.Error()
		}
		if stale != "" && m.v == rec.Variants[0] {
			why = append(why, event.Reason{Kind: "import", Subject: m.changes[0].Path, Text: stale})
		}
	}
	return nil, why
}

// match is how the imports of this compile compare to those of a variant.
type match struct {
	v       *variant
	changes []cutoff.Change // same but for positions
	fps     map[objfile.Fingerprint]objfile.Fingerprint
	differ  []string // otherwise different
	touched []string // compiled again, with the same export data
}

// reasons says what is different about the imports.
func (m *match) reasons() []event.Reason {
	var rs []event.Reason
	for _, path := range m.differ {
		rs = append(rs, event.Reason{Kind: "import", Subject: path, Text: "interface changed"})
	}
	for _, c := range m.changes {
		rs = append(rs, event.Reason{Kind: "import", Subject: c.Path, Text: "same interface, lines moved"})
	}
	for _, path := range m.touched {
		rs = append(rs, event.Reason{Kind: "import", Subject: path, Text: "same interface"})
	}
	return rs
}

// imports reads the archives and interfaces of this compile's imports, each
// at most once.
type imports struct {
	w      *wrapper
	files  map[string]*importFile
	ifaces map[string]*iface
}

func (im *imports) file(path string) (*importFile, error) {
	if f := im.files[path]; f != nil {
		return f, nil
	}
	f, err := openImport(path, im.w.cfg.files[path])
	if err == nil {
		im.files[path] = f
	}
	return f, err
}

// match compares every import; the paths are the same, as they are in the key.
func (im *imports) match(v *variant) (*match, error) {
	if len(v.Imports) != len(im.w.cfg.paths) {
		return nil, errors.New("stored compile has other imports than its key says")
	}
	m := &match{v: v, fps: map[objfile.Fingerprint]objfile.Fingerprint{}}
	for i, old := range v.Imports {
		if old.Path != im.w.cfg.paths[i] {
			return nil, errors.New("stored compile has other imports than its key says")
		}
		f, err := im.file(old.Path)
		if err != nil {
			return nil, err
		}
		same, err := f.same(old)
		if err != nil {
			return nil, err
		}
		if same {
			if f.contentID != old.ContentID {
				m.touched = append(m.touched, old.Path)
			}
			continue
		}
		change, ok := im.change(f, old)
		if !ok {
			m.differ = append(m.differ, old.Path)
			continue
		}
		m.changes = append(m.changes, change)
		m.fps[fingerprint(im.ifaces[old.Export].raw)] = fingerprint(f.archive.Export)
	}
	return m, nil
}

// change pairs the old and the new interface of an import; ok is false unless
// they are the same but for positions.
func (im *imports) change(f *importFile, old Import) (c cutoff.Change, ok bool) {
	im.w.wantInterfaces([]Import{old, {Path: f.path, Export: f.export}})
	from, cur := im.iface(old.Export), im.iface(f.export)
	if from == nil || cur == nil || from.digest != cur.digest {
		return c, false
	}
	if im.w.c.byName["pgoprofile"] != "" {
		return c, false // profiles refer to lines relative to their function
	}
	if from.parse() != nil || cur.parse() != nil {
		return c, false
	}
	return cutoff.Change{Path: f.path, Old: &from.Interface, New: &cur.Interface}, true
}

func (im *imports) iface(export string) *iface {
	if x, ok := im.ifaces[export]; ok {
		return x
	}
	x, err := getInterface(im.w.store, export)
	if err != nil {
		x = nil
	}
	im.ifaces[export] = x
	return x
}

// addVariant puts v first in the record under the compile's key.
func (w *wrapper) addVariant(rec *record, v *variant) error {
	rec.Variants = slices.DeleteFunc(rec.Variants, func(o *variant) bool { return slices.Equal(o.Imports, v.Imports) })
	rec.Variants = append([]*variant{v}, rec.Variants...)
	if len(rec.Variants) > maxVariants {
		rec.Variants = rec.Variants[:maxVariants]
	}
	b, err := json.Marshal(rec)
	if err != nil {
		return err
	}
	return w.put(store.Compile, w.key, b)
}
