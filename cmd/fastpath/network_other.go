//go:build !linux

package fastpath

import "github.com/gust-go/gust/testrun/sandbox/box"

// network is nothing where sandboxes have no network of their own.
func network() box.Network { return box.Network{} }
