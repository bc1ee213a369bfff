// Package kernelcheck says what a host's kernel and Go toolchain can do, and
// what a Go program needs of them.
//
// Data flows one way. Package host reads files, package probe runs experiments
// on the kernel, and both fill a [fact.Host]; package binary reads executables
// and package experiment the toolchain into a [fact.Program]. [Judge] holds the
// two against the table in package rule and returns findings. A host that is
// not this one comes from host.Foreign or [ReadSnapshot] instead, and goes the
// same way. Package report renders findings; package trace watches a command.
//
// As a library:
//
//	r, err := kernelcheck.Check(ctx, kernelcheck.Options{Dir: dir, Environ: os.Environ()})
//
// The engine reads files and makes system calls; it writes nothing, runs no go
// command, and starts a process only if Options.Self names a program for it.
// Everything is safe for concurrent use.
package kernelcheck
