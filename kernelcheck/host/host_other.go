//go:build !linux

package host

import "github.com/gust-go/gust/kernelcheck/fact"

// readSystem has nothing to read: the facts are Linux's.
func readSystem(*fact.Host) {}
