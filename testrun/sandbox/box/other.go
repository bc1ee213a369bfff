//go:build !linux

package box

// Main is gust testexec.
func Main(args []string, _ Network) int { return basicMain(args) }

// InitMain is not called where there are no namespaces.
func InitMain(Network) int { return ErrorCode }
