package cutoff_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/gust-go/gust/build/cutoff"
	"github.com/gust-go/gust/build/objfile"
)

func edit(t *testing.T, src, old, cur string) string {
	t.Helper()
	if strings.Count(src, old) != 1 {
		t.Fatalf("%q stands %d times in the source", old, strings.Count(src, old))
	}
	return strings.Replace(src, old, cur, 1)
}

func TestPositionFree(t *testing.T) {
	c := newCompiler(t)
	base := digest(t, c.iface("leaf", leaf, nil))
	tests := []struct {
		name, old, cur string
		same           bool
	}{
		{"comment line", "type U", "// U is.\n\ntype U", true},
		{"columns", "func (t *T) Ptr() int { return t.A }", "func (t *T) Ptr() int {return   t.A }", true},
		{"split line", "func f() int { return 2 }", "func f() int {\n\treturn 2\n}", true},
		{"constant in a body that is not inlined", "if y > 10", "if y > 11", true},
		{"constant in an inlinable body", "return x + f()", "return x + f() + 1", false},
		{"constant", "1 << 100", "1 << 101", false},
		{"new function", "func f()", "func New() {}\nfunc f()", false},
		{"signature", "func Kept(x int) int", "func Kept(x int, _ ...int) int", false},
		{"field", "b [4]byte", "b [5]byte", false},
		{"generic body", "!f(k, e)", "f(k, e)", false},
		{"directive", "//go:noinline\n", "\n", false},
		{"new closure before others", "defer func()", "defer func() {}()\n\tdefer func()", false},
	}
	for _, tt := range tests {
		got := digest(t, c.iface("leaf", edit(t, leaf, tt.old, tt.cur), nil))
		if same := got == base; same != tt.same {
			t.Errorf("%s: digest same: %v, want %v", tt.name, same, tt.same)
		}
	}
}

// moves are edits of leaf after which its importers' code is the same, with
// whether mid's and top's objects must be compiled for their lines.
var moves = []struct {
	name, old, cur string
	mid, top       bool
}{
	{"everything", "package leaf\n", "package leaf\n\n\n", true, true},
	{"nothing inlined", "//go:noinline\n", "//\n//go:noinline\n", false, false},
	{"a type, then inlined functions", "type I ", "\ntype I ", true, true},
	{"in a method of a type", "r = t.A;", "r = t.A; \n", true, true},
	{"inlined through mid", "return x + f()", "return x +  f()", true, true},
	{"a generic body", "ys = append(ys, f(xs[i]))", "\n ys = append(ys, f(xs[i]))", true, true},
	{"an embedded interface", "type J ", "\ntype J ", true, false},
	{"columns of a type", "*U\n", " *U\n", false, false},
}

// Relinked export data is that of a fresh compile, also two imports away, and
// an object that is not called stale is that of a fresh compile as well.
func TestRelinkIsFresh(t *testing.T) {
	for _, tt := range moves {
		t.Run(tt.name, func(t *testing.T) { testRelink(t, edit(t, leaf, tt.old, tt.cur), tt.mid, tt.top) })
	}
}

func testRelink(t *testing.T, leaf2 string, midStale, topStale bool) {
	c := newCompiler(t)
	// The state before: three packages, each compiled against the last.
	c.plain("leaf", leaf)
	x0 := c.iface("leaf", leaf, nil)
	mid0 := c.plain("mid", mid)
	midX0 := c.iface("mid", mid, inherit(x0))
	top0 := c.plain("top", top)
	topX0 := c.iface("top", top, inherit(midX0))

	// leaf is edited; mid and top are relinked and compared to fresh compiles.
	c.plain("leaf", leaf2)
	x1 := c.iface("leaf", leaf2, nil)
	if digest(t, x0) != digest(t, x1) {
		t.Fatal("the edit changed more than positions")
	}
	midX1, stale := relink(t, mid0, midX0, cutoff.Change{Path: "leaf", Old: x0, New: x1})
	compare(t, "mid", c.plain("mid", mid), mid0, midX1, stale, midStale)
	topX1, stale := relink(t, top0, topX0, cutoff.Change{Path: "mid", Old: midX0, New: midX1})
	compare(t, "top", c.plain("top", top), top0, topX1, stale, topStale)

	// A fresh compile of mid has the same position-free digest: what it copied
	// from leaf is told by the layout it inherits.
	if digest(t, c.iface("mid", mid, inherit(x1))) != digest(t, midX0) {
		t.Error("mid's digest depends on leaf's positions")
	}
}

func inherit(x *cutoff.Interface) cutoff.Inherited {
	in := cutoff.Inherited{}
	in.Add(x.Layout)
	return in
}

// relink brings q and its archive up to date and says whether the object is
// stale.
func relink(t *testing.T, a *objfile.Archive, q *cutoff.Interface, c cutoff.Change) (*cutoff.Interface, bool) {
	t.Helper()
	changes := []cutoff.Change{c}
	moved, err := cutoff.FindMoved(changes)
	if err != nil {
		t.Fatal(err)
	}
	object, err := a.Contents()
	if err != nil {
		t.Fatal(err)
	}
	_, stale := moved.Stale("mid", object)
	x, err := cutoff.Relink(q, changes)
	if err != nil {
		t.Fatal(err)
	}
	if err := x.Layout.Complete(x.Export, nil); err != nil {
		t.Fatal(err)
	}
	if digest(t, x) != digest(t, q) {
		t.Error("relinking changed the position-free digest")
	}
	a.Export = x.Export.Encode()
	was, is := c.Old.Export.Encode(), c.New.Export.Encode()
	err = a.SetFingerprints(map[objfile.Fingerprint]objfile.Fingerprint{
		objfile.Fingerprint(was[len(was)-8:]): objfile.Fingerprint(is[len(is)-8:]),
	})
	if err != nil && !bytes.Equal(was, is) {
		t.Fatal(err)
	}
	return x, stale
}

func compare(t *testing.T, name string, fresh, relinked *objfile.Archive, x *cutoff.Interface, stale, want bool) {
	t.Helper()
	if !bytes.Equal(x.Export.Encode(), fresh.Export) {
		t.Errorf("%s: relinked export data differs from a fresh compile's", name)
	}
	if equal := bytes.Equal(relinked.Bytes(), fresh.Bytes()); !equal && !stale {
		t.Errorf("%s: relinked archive differs from a fresh compile's, but was not called stale", name)
	}
	if stale != want {
		t.Errorf("%s: stale %v, want %v", name, stale, want)
	}
}

// A package that was compiled without markers is relinked by what its import
// tells of the copies, or not at all.
func TestRelinkWithoutMarkers(t *testing.T) {
	const plainMid = `package mid

import "leaf"

type M struct{ leaf.T; g leaf.A }

func New() *M { return new(M) }
`
	done := 0
	for _, m := range moves {
		c := newCompiler(t)
		c.plain("leaf", leaf)
		x0 := c.iface("leaf", leaf, nil)
		for _, src := range []string{mid, plainMid} {
			a := c.plain("mid", src)
			e, err := cutoff.ParseExport(a.Export)
			if err != nil {
				t.Fatal(err)
			}
			q := &cutoff.Interface{Export: e, Layout: cutoff.NewLayout()}
			if err := q.Layout.Complete(e, inherit(x0)); err != nil {
				t.Fatal(err)
			}
			leaf2 := edit(t, leaf, m.old, m.cur)
			x1 := c.iface("leaf", leaf2, nil)
			got, err := cutoff.Relink(q, []cutoff.Change{{Path: "leaf", Old: x0, New: x1}})
			if errors.Is(err, cutoff.ErrAmbiguous) {
				continue
			} else if err != nil {
				t.Fatal(err)
			}
			done++
			c.plain("leaf", leaf2)
			if !bytes.Equal(got.Export.Encode(), c.plain("mid", src).Export) {
				t.Errorf("%s: relinked export data differs from a fresh compile's", m.name)
			}
			c.plain("leaf", leaf)
		}
	}
	if done < len(moves) {
		t.Errorf("only %d packages could be relinked", done)
	}
}
