// Package toolexec is the program that cmd/go runs in place of each tool
// (go build -toolexec). It hands every tool through unchanged but compile,
// vet and link, for which it looks for a stored result first:
//
//	cmd/go ─▶ gust toolexec compile … ─┬▶ same inputs, same imports:       stored archive
//	                                   ├▶ same inputs, imports that differ
//	                                   │  in positions only:               stored archive, relinked
//	                                   └▶ anything else:                   the compiler, result stored
//
// A vet is answered from the store if all that it reads is the same, but for
// positions in what the package imports, and it had nothing to say.
//
// A link is answered with a program that another machine has linked of the same, if
// there is a remote cache; nothing is kept of it here.
//
// What it writes in place of the compiler is byte for byte what the compiler
// would have written, except in the relaxed mode, whose archives may name
// stale lines in inlined frames. Everything it does not understand is run as
// if it were not there, and nothing is remembered.
//
// One process runs per tool call and must start within a few milliseconds:
// the package imports the standard library only. It tells the gust process
// above it what it did by appending one line to the session's log.
package toolexec
