//go:build !unix

package link

import (
	"errors"
	"os"
)

var errSystem = errors.New("processes cannot hand files over on this system")

func dial(string) (*os.File, error) { return nil, errSystem }

func handOver(*os.File) error { return errSystem }

// A Request is one for a program.
type Request struct{}

// Fetch fails.
func Fetch(_, _ string, _ *os.File) (*Request, error) { return nil, errSystem }

// Found is false.
func (*Request) Found() bool { return false }

// Close does nothing.
func (*Request) Close() {}
