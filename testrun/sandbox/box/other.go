//go:build !linux

package box

// Main is gust testexec.
func Main(args []string) int { return basicMain(args) }

// InitMain is not called where there are no namespaces.
func InitMain() int { return ErrorCode }
