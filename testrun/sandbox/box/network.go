package box

import (
	"os"
	"strings"
)

// A Network leads from sandboxes to services of the host, see package relay. It is
// handed to this package, which must not import package net: see Early.
type Network struct {
	// Offer runs in the sandbox, Serve outside of it.
	Offer func(addrs []string, to int) error
	Serve func(addrs []string, from int, used func()) error
}

// Early reports whether Main and InitMain can do without a network, so that they need
// not wait for package net to be initialised. The spec is not parsed for it, which takes
// as long as all else that is done so early.
func Early() bool {
	value := os.Getenv(Var)
	return value != "" && !strings.Contains(value, `"Allow":[`)
}
