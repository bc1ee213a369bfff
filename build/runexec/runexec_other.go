//go:build !unix

// Package runexec gives the program of gust run the environment that go run
// would give it. Where a process cannot become another one it does nothing, and
// the program sees a few variables of gust's.
package runexec

// Command is the name of a command that does not exist here.
const Command = ""

// Var is not used here.
const Var = ""

// Encode notes nothing.
func Encode([]string) string { return "" }

// Main is not called here.
func Main([]string) int { return 1 }
