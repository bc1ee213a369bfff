// Package timings turns what go and gust note about the steps of a build into
// a report: when each step ran, which of them the build had to wait for, and
// how busy the machine was.
//
//	go's -debug-actiongraph ─ ReadGraph ─┐
//	gust's wrapper: when tools started ──┼─ New ─▶ Report ─▶ HTML, Trace, events
//	gust's wrapper: what was reused ─────┘
//
// A step is one action of cmd/go. Its times are cmd/go's own, so a build is
// measured whether gust's wrapper takes part in it or not; the wrapper adds
// what cmd/go does not know: that a compile was a reuse, and where within a
// step the assembler or cgo began.
//
// The command lines of the tools are not part of a report. They can hold what
// was meant for one machine only, such as a -ldflags=-X of a token, and
// reports are made to be passed on.
//
// The package is pure: it has no clock, starts nothing and opens no files.
package timings
