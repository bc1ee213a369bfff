package share

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"reflect"
	"testing"

	"github.com/gust-go/gust/build/cacheprog"
)

func someKnown(n int) []cacheprog.Known {
	var list []cacheprog.Known
	for i := range n {
		k := cacheprog.Known{Action: sha256.Sum256(fmt.Append(nil, i)), Output: sha256.Sum256(fmt.Append(nil, "out", i)), Size: int64(i) << i}
		if i%3 == 0 {
			k.Body = bytes.Repeat([]byte{'x'}, i)
			k.Size = int64(i)
		}
		list = append(list, k)
	}
	return list
}

func TestManifest(t *testing.T) {
	for _, n := range []int{0, 1, 30} {
		want := someKnown(n)
		got, err := decodeManifest(encodeManifest(want))
		if err != nil || len(got) != n || n > 0 && !reflect.DeepEqual(got, want) {
			t.Errorf("%d: got %v, %v", n, got, err)
		}
	}
}

// TestManifestDamaged reads what is cut off, altered and made up.
func TestManifestDamaged(t *testing.T) {
	good := encodeManifest(someKnown(12))
	for n := range good {
		if _, err := decodeManifest(good[:n]); err == nil {
			t.Errorf("%d of %d bytes are taken for all", n, len(good))
		}
	}
	if _, err := decodeManifest(append(good[:len(good):len(good)], 0)); err == nil {
		t.Error("what follows is passed over")
	}
	random := rand.New(rand.NewPCG(1, 2))
	for range 10_000 {
		b := bytes.Clone(good)
		b[random.IntN(len(b))] ^= byte(1 + random.IntN(255))
		list, _ := decodeManifest(b) // must come to an end
		for _, k := range list {
			if k.Size < 0 || k.Body != nil && int64(len(k.Body)) != k.Size {
				t.Fatalf("got %+v", k)
			}
		}
	}
	head := []byte(manifestMagic)
	record := bytes.Repeat([]byte{1}, 64)
	huge := binary.AppendUvarint(bytes.Clone(record), maxAhead+1)
	for name, b := range map[string][]byte{
		"many":         binary.AppendUvarint(bytes.Clone(head), 1<<62),
		"one too many": binary.AppendUvarint(bytes.Clone(head), maxKnown+1),
		"a huge one":   append(append(append(bytes.Clone(head), 1), huge...), 0),
		"a long body":  append(append(append(bytes.Clone(head), 1), binary.AppendUvarint(bytes.Clone(record), small+1)...), append([]byte{1}, make([]byte, small+1)...)...),
		"other":        []byte("gust manifest 2\n\x00"),
	} {
		if list, err := decodeManifest(b); err == nil {
			t.Errorf("%s: got %v", name, list)
		}
	}
}

func TestSame(t *testing.T) {
	list := someKnown(5)
	turned := append(append([]cacheprog.Known{}, list[2:]...), list[:2]...)
	other := append([]cacheprog.Known{}, list...)
	other[3].Output[0]++
	if !same(list, turned) || same(list, list[:4]) || same(list[:4], list) || same(list, other) {
		t.Error("lists are compared wrongly")
	}
}
