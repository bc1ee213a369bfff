//go:build !linux || !(amd64 || arm64)

package trace

import (
	"context"
	"fmt"
	"runtime"
)

// Run is for Linux on amd64 and arm64.
func Run(context.Context, Options) (*Result, error) {
	return nil, fmt.Errorf("%w: it is for Linux on amd64 and arm64, and this is %s/%s", ErrUnsupported, runtime.GOOS, runtime.GOARCH)
}
