//go:build !linux

package box

// Main is not called where there is no sandbox.
func Main([]string) int { return ErrorCode }

// InitMain is not called where there is no sandbox.
func InitMain() int { return ErrorCode }
