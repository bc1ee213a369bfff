package share

import (
	"encoding/binary"
	"errors"

	"github.com/gust-go/gust/build/cacheprog"
	"github.com/gust-go/gust/build/gocache"
)

// A manifest is what go asked for in a build, in that order: actions, what they have
// made, and of small contents the content, since asking for one takes longer than
// sending it. It says what the entries of these actions say, and is signed as
// they are, as the output of an action that is named like the build.

const (
	manifestMagic = "gust manifest 1\n"
	// maxManifest bounds what is read of one, and maxKnown what is in it: gust's own
	// of a program of 1,500 packages has 3,600 actions and less than a megabyte.
	maxManifest = 64 << 20
	maxKnown    = 200_000
	// maxAhead bounds what is fetched because of one.
	maxAhead = 64 << 30
	// small is what comes along, all of it no more than maxSmall.
	small    = 2 << 10
	maxSmall = 16 << 20
)

var errManifest = errors.New("not a list of what a build needs")

// encodeManifest is the other way of decodeManifest.
func encodeManifest(list []cacheprog.Known) []byte {
	b := binary.AppendUvarint([]byte(manifestMagic), uint64(len(list)))
	for _, k := range list {
		b = append(append(b, k.Action[:]...), k.Output[:]...)
		b = binary.AppendUvarint(b, uint64(k.Size))
		if k.Body == nil {
			b = append(b, 0)
			continue
		}
		b = append(append(b, 1), k.Body...)
	}
	return b
}

// decodeManifest reads a list that may be anybody's. Bodies are parts of it.
func decodeManifest(b []byte) ([]cacheprog.Known, error) {
	r := &cutter{rest: b}
	if string(r.take(len(manifestMagic))) != manifestMagic {
		return nil, errManifest
	}
	n := r.number()
	if n > maxKnown || n > uint64(len(b)) {
		return nil, errManifest
	}
	list := make([]cacheprog.Known, 0, n)
	total := uint64(0)
	for range n {
		var k cacheprog.Known
		copy(k.Action[:], r.take(len(k.Action)))
		copy(k.Output[:], r.take(len(k.Output)))
		size := r.number()
		if total += size; size > maxAhead || total > maxAhead {
			return nil, errManifest
		}
		k.Size = int64(size)
		switch with := r.take(1); {
		case r.failed || with[0] > 1 || with[0] == 1 && size > small:
			return nil, errManifest
		case with[0] == 1:
			k.Body = r.take(int(size))
		}
		list = append(list, k)
	}
	if r.failed || len(r.rest) > 0 {
		return nil, errManifest
	}
	return list, nil
}

// A cutter cuts pieces off.
type cutter struct {
	rest   []byte
	failed bool
}

// take returns so many bytes, or none and fails.
func (c *cutter) take(n int) []byte {
	if c.failed || n > len(c.rest) {
		c.failed = true
		return nil
	}
	b := c.rest[:n:n]
	c.rest = c.rest[n:]
	return b
}

func (c *cutter) number() uint64 {
	n, k := binary.Uvarint(c.rest)
	if c.failed || k <= 0 {
		c.failed = true
		return 0
	}
	c.rest = c.rest[k:]
	return n
}

// same reports whether two lists are of the same actions and outputs, in whatever
// order.
func same(a, b []cacheprog.Known) bool {
	outputs := make(map[gocache.ID]gocache.ID, len(a))
	for _, k := range a {
		outputs[k.Action] = k.Output
	}
	for _, k := range b {
		if out, ok := outputs[k.Action]; !ok || out != k.Output {
			return false
		}
	}
	return len(outputs) == len(b)
}
