//go:build !linux

package sandbox

import "github.com/gust-go/gust/internal/gocmd"

// CannotKeepAside says why what tests write to the checkout cannot be kept aside: on
// this system it is never.
func CannotKeepAside(gocmd.Env) string { return "" }
