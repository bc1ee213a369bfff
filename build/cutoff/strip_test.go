package cutoff_test

import (
	"bytes"
	"testing"

	"github.com/gust-go/gust/build/cutoff"
)

// leaf has one of everything that export data can hold.
const leaf = `package leaf

import "unsafe"

const Big = 1 << 100
const Pi, C, S, R = 3.14159265358979323846264338327950288, 1 + 2i, "text", 'r'

var V, w = 1, f()

type T struct {
	A int ` + "`json:\"a\"`" + `
	*U
	fn func(x, y int) (z string)
}

type U struct{ b [4]byte }
type I interface{ M(...int); comparable2 }
type comparable2 interface{ ~int | ~string }
type G[K comparable, E any] struct { m map[K][]E }
type A = G[string, int]
type E int

const ( E0 E = iota; E1; E2 )

func (g *G[K, E]) Get(k K) []E { return g.m[k] }
func (g *G[K, E]) Each(f func(K, E) bool) {
	for k, es := range g.m {
		for _, e := range es {
			if !f(k, e) { return }
		}
	}
}
func Map[X, Y any](xs []X, f func(X) Y) (ys []Y) {
	for i := range xs {
		ys = append(ys, f(xs[i]))
	}
	return
}
func f() int { return 2 }
func Small(x int) int { return x + f() }
func Closure(n int) func() int { return func() int { n++; return n } }
func Big_(xs ...int) (sum int) {
	defer func() { recover() }()
outer:
	for _, x := range xs {
		switch y := any(x).(type) {
		case int:
			if y > 10 { continue outer }
			sum += y
		default:
			select {}
		}
	}
	return sum
}
func (t *T) Ptr() int { return t.A }
func (t T) Val() (r int) { r = t.A; return r }
func (u *U) Promoted() byte { return u.b[0] }
func Raw(p unsafe.Pointer) uintptr { return uintptr(p) }

type J interface {
	Meth(a int, b string) (c int)
}

//go:noinline
func Kept(x int) int { return x * 2 }

func Last() {}
`

// mid copies from leaf what it refers to.
const mid = `package mid

import "leaf"

type M struct{ leaf.T; g leaf.A }
type H struct{ leaf.J; x [2]int }
func NewH(j leaf.J) leaf.J { return H{J: j} }

func Bar(x int) int { return leaf.Small(x) + 1 }
func Gen[X any](xs []X) []int { return leaf.Map(xs, func(X) int { return leaf.Small(1) }) }
func Inst() []int { return Gen([]string{"a"}) }
func (m *M) Get() []int { return m.g.Get("x") }
func Value() leaf.T { return leaf.T{} }
`

// top imports leaf through mid only.
const top = `package top

import "mid"

func Use(m *mid.M) int { return mid.Bar(m.Ptr()) + len(m.Get()) + m.Val() + int(m.Promoted()) }
func Gen() []int { return mid.Gen([]byte{1}) }
`

// Stripping the markers gives the plain compile, byte for byte.
func TestStripIsPlain(t *testing.T) {
	c := newCompiler(t)
	for _, p := range []struct{ path, src string }{{"leaf", leaf}, {"mid", mid}, {"top", top}} {
		want := c.plain(p.path, p.src)
		got := c.marked(p.path, p.src)
		e, err := cutoff.ParseExport(got.Export)
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Equal(got.Export, want.Export) {
			t.Fatalf("%s: the compiler wrote no markers", p.path)
		}
		plain, _, err := cutoff.Strip(e)
		if err != nil {
			t.Fatalf("%s: %v", p.path, err)
		}
		got.Export = plain.Encode()
		if !bytes.Equal(got.Export, want.Export) {
			t.Errorf("%s: stripped export data differs from the plain compile's", p.path)
		}
		if err := got.SetFingerprints(nil); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got.Bytes(), want.Bytes()) {
			t.Errorf("%s: stripped archive differs from the plain compile's", p.path)
		}
	}
}

func TestStripWantsMarkers(t *testing.T) {
	c := newCompiler(t)
	e, err := cutoff.ParseExport(c.plain("leaf", leaf).Export)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := cutoff.Strip(e); err == nil {
		t.Error("no error for export data without markers")
	}
}

func TestEncodeIsInverse(t *testing.T) {
	want := newCompiler(t).plain("leaf", leaf).Export
	e, err := cutoff.ParseExport(want)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(e.Encode(), want) {
		t.Error("parsing and encoding changed the export data")
	}
}

// FuzzParse feeds damaged export data and layouts to everything that reads
// them; only errors may come of it.
func FuzzParse(f *testing.F) {
	c := &compiler{}
	f.Add([]byte(nil), 0, byte(0))
	f.Fuzz(func(t *testing.T, tail []byte, at int, x byte) {
		if c.tool == "" {
			c = newCompiler(t)
		}
		c.t, c.dir = t, t.TempDir()
		b := bytes.Clone(c.marked("leaf", leaf).Export)
		if at >= 0 && at < len(b) {
			b[at] ^= x
		}
		b = append(b, tail...)
		e, err := cutoff.ParseExport(b)
		if err != nil {
			return
		}
		p, l, err := cutoff.Strip(e)
		if err != nil {
			return
		}
		_ = l.Complete(p, nil)
		x1 := &cutoff.Interface{Export: p, Layout: l}
		_, _ = x1.PositionFree()
		_, _ = cutoff.FindMoved([]cutoff.Change{{Path: "leaf", Old: x1, New: x1}})
		_, _ = cutoff.Relink(x1, []cutoff.Change{{Path: "leaf", Old: x1, New: x1}})
	})
}
