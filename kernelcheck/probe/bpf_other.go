//go:build !linux

package probe

import (
	"context"

	"github.com/gust-go/gust/kernelcheck/fact"
)

// runBPF is not called: only Linux is probed.
func runBPF(context.Context, *fact.Host, string) map[string]fact.Probe { return nil }
