package astcache

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
)

// magic begins every snapshot. Its number changes with the format, and with
// the meaning of what is recorded.
const magic = "gust current 2\n"

var errFormat = errors.New("not a snapshot, or a damaged one")

// encode renders s: magic, SHA-256 of the rest, the rest.
func (s *Snapshot) encode() []byte {
	e := encoder{b: make([]byte, len(magic)+sha256.Size, 1<<19)}
	e.bool(s.Unproven)
	e.uint(uint64(len(s.Dirs)))
	for i := range s.Dirs {
		e.dir(&s.Dirs[i])
	}
	e.uint(uint64(len(s.Imports)))
	for _, path := range s.Imports {
		e.string(path)
	}
	e.uint(uint64(len(s.Tools)))
	for _, t := range s.Tools {
		e.string(t.Name)
		e.string(t.Path)
	}
	e.string(s.Repo)
	e.string(s.Stamp)
	e.uint(uint64(len(s.Outputs)))
	for _, o := range s.Outputs {
		e.string(o.Path)
		e.word(o.Stat)
	}
	e.sum(s.Plan)
	copy(e.b, magic)
	sum := sha256.Sum256(e.b[len(magic)+sha256.Size:])
	copy(e.b[len(magic):], sum[:])
	return e.b
}

type encoder struct{ b []byte }

func (e *encoder) uint(n uint64) { e.b = binary.AppendUvarint(e.b, n) }
func (e *encoder) word(n uint64) { e.b = binary.LittleEndian.AppendUint64(e.b, n) }
func (e *encoder) sum(s Sum)     { e.b = append(e.b, s[:]...) }

func (e *encoder) string(s string) {
	e.uint(uint64(len(s)))
	e.b = append(e.b, s...)
}

func (e *encoder) bool(v bool) {
	if v {
		e.b = append(e.b, 1)
	} else {
		e.b = append(e.b, 0)
	}
}

func (e *encoder) dir(d *Dir) {
	e.string(d.Path)
	e.uint(uint64(d.Rule))
	e.word(d.Stat)
	e.sum(d.Names)
	e.bool(d.Racy)
	e.uint(uint64(len(d.Files)))
	for i := range d.Files {
		f := &d.Files[i]
		e.string(f.Name)
		e.uint(uint64(f.Mode))
		e.bool(f.Racy)
		e.word(f.Stat)
		if f.Sums != nil {
			e.sum(f.Sums.Content)
			e.sum(f.Sums.Code)
			e.sum(f.Sums.Shape)
		}
	}
}

// hasSums reports whether files of a mode are hashed.
func (m Mode) hasSums() bool { return m != Fixed && m != Kind }

// decode reads what encode wrote.
func decode(data []byte) (*Snapshot, error) {
	const head = len(magic) + sha256.Size
	if len(data) < head || string(data[:len(magic)]) != magic {
		return nil, errFormat
	}
	sum := sha256.Sum256(data[head:])
	if !bytes.Equal(sum[:], data[len(magic):head]) {
		return nil, errFormat
	}
	// One string for all names spares an allocation for each.
	d := decoder{s: string(data[head:])}
	s := &Snapshot{Unproven: d.bool(), id: sum}
	s.Dirs = make([]Dir, d.count())
	for i := range s.Dirs {
		d.dir(&s.Dirs[i])
	}
	s.Imports = make([]string, d.count())
	for i := range s.Imports {
		s.Imports[i] = d.string()
	}
	s.Tools = make([]Tool, d.count())
	for i := range s.Tools {
		s.Tools[i] = Tool{Name: d.string(), Path: d.string()}
	}
	s.Repo, s.Stamp = d.string(), d.string()
	s.Outputs = make([]Output, d.count())
	for i := range s.Outputs {
		s.Outputs[i] = Output{Path: d.string(), Stat: d.word()}
	}
	s.Plan = d.sum()
	if d.bad || len(d.s) > 0 {
		return nil, errFormat
	}
	return s, nil
}

// A decoder reads from the front of s; once something is missing, bad is set
// and everything reads as zero.
type decoder struct {
	s   string
	bad bool
}

func (d *decoder) take(n uint64) string {
	if n > uint64(len(d.s)) {
		d.bad, d.s = true, ""
		return ""
	}
	head := d.s[:n]
	d.s = d.s[n:]
	return head
}

func (d *decoder) uint() uint64 {
	var n uint64
	for i := 0; i < len(d.s) && i < binary.MaxVarintLen64; i++ {
		n |= uint64(d.s[i]&0x7f) << (7 * i)
		if d.s[i] < 0x80 {
			d.s = d.s[i+1:]
			return n
		}
	}
	d.bad, d.s = true, ""
	return 0
}

// count is the length of a list, of which every element takes a byte or more.
func (d *decoder) count() uint64 {
	n := d.uint()
	if n > uint64(len(d.s)) {
		d.bad, d.s = true, ""
		return 0
	}
	return n
}

func (d *decoder) string() string { return d.take(d.uint()) }

func (d *decoder) bool() bool { return d.take(1) == "\x01" }

func (d *decoder) word() uint64 {
	b := d.take(8)
	if b == "" {
		return 0
	}
	var n uint64
	for i := 7; i >= 0; i-- {
		n = n<<8 | uint64(b[i])
	}
	return n
}

func (d *decoder) sum() (s Sum) {
	copy(s[:], d.take(uint64(len(s))))
	return s
}

func (d *decoder) dir(dir *Dir) {
	dir.Path = d.string()
	dir.Rule = Rule(d.uint())
	dir.Stat = d.word()
	dir.Names = d.sum()
	dir.Racy = d.bool()
	dir.Files = make([]File, d.count())
	for i := range dir.Files {
		f := &dir.Files[i]
		f.Name = d.string()
		f.Mode = Mode(d.uint())
		f.Racy = d.bool()
		f.Stat = d.word()
		if f.Mode.hasSums() {
			f.Sums = &Sums{d.sum(), d.sum(), d.sum()}
		}
	}
}
