//go:build !linux && !darwin

package astcache

import "errors"

// Supported reports whether stat says enough on this system. Here it does not:
// a file can be changed without a trace in its size and time.
const Supported = false

var errUnsupported = errors.New("file identities are not available on this system")

type look struct {
	digest       uint64
	changed      int64
	dir, regular bool
	size         int64
	coarse       bool
}

func (look) kind() uint64 { return kindNone }

func remote(string) bool { return true }

func statPath(string) (look, error)  { return look{}, errUnsupported }
func lstatPath(string) (look, error) { return look{}, errUnsupported }

type dirFD int

func openDir(string) (dirFD, look, error) { return -1, look{}, errUnsupported }
func (dirFD) stat(string) (look, error)   { return look{}, errUnsupported }
func (dirFD) close()                      {}

// Alone is not needed where nothing is remembered.
type Alone struct{}

// Begin does nothing.
func Begin(string) *Alone { return nil }

// Was is false.
func (*Alone) Was() bool { return false }

// End does nothing.
func (*Alone) End() {}
