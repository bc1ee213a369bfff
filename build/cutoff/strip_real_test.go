package cutoff

import (
	"bytes"
	"fmt"
	"os"
	"testing"

	"github.com/gust-go/gust/build/objfile"
)

func TestX(t *testing.T) {
	read := func(n string) *objfile.Archive {
		b, err := os.ReadFile(n)
		if err != nil {
			t.Fatal(err)
		}
		a, err := objfile.Parse(b)
		if err != nil {
			t.Fatal(err)
		}
		return a
	}
	p, m := read(os.Getenv("PLAIN")), read(os.Getenv("MARKED"))
	me, err := ParseExport(m.Export)
	if err != nil {
		t.Fatal(err)
	}
	pe, l, err := Strip(me)
	if err != nil {
		t.Fatal(err)
	}
	fmt.Println(len(p.Export), len(m.Export), bytes.Equal(pe.Encode(), p.Export), len(l.elems), len(pe.elems))
	m.Export = pe.Encode()
	if err := m.SetFingerprints(nil); err != nil {
		t.Fatal(err)
	}
	fmt.Println(bytes.Equal(m.Bytes(), p.Bytes()), len(l.Bytes()))
	x := &Interface{pe, l}
	d, err := x.PositionFree()
	fmt.Printf("%x %v\n", d, err)
}
