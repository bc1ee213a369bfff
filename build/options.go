package build

import (
	"context"
	"io"

	"github.com/gust-go/gust/internal/gocmd"
)

// Lines says how exact the line numbers of inlined frames must be.
type Lines string

const (
	// LinesExact reuses an object only if a fresh compile would produce the
	// same bytes, line tables included. The default.
	LinesExact Lines = "exact"
	// LinesRelaxed also reuses an object whose inlined frames may name the
	// lines of an earlier version of the inlined function.
	LinesRelaxed Lines = "relaxed"
)

// Options says what to build and how. The zero value of every field but
// Verb, Go and Self is usable.
type Options struct {
	// Verb is the go command to run: build, install, run, test or vet.
	Verb string
	// Args are the arguments after Verb in the user's order and spelling,
	// without gust's own flags.
	Args []string
	// Lines is the line-table rule; empty means LinesExact.
	Lines Lines
	// NoReuse compiles everything cmd/go asks for.
	NoReuse bool
	// Probe makes a go test stop in front of the linker: everything is
	// compiled, but no test runs. Run then fails if go would be run plainly.
	Probe bool
	// Recording lets Run tell the results of tests again without go while they
	// stand; nil makes go run each time. Stdout must then be for events.
	Recording *Recording
	// Explain makes Run work out the declarations behind each compile.
	Explain bool
	// Timings makes Run report when each step ran, unless it is nil.
	Timings *Timings

	// Remote is a cache that machines share; nil for none.
	Remote *Remote

	// Env is what go env says, if the caller has asked already; nil makes Run
	// ask.
	Env *gocmd.Env
	// Go runs the go command in the user's directory and environment.
	Go *gocmd.Go
	// Self is the absolute path of the gust executable, for -toolexec.
	Self string
	// CacheDir is gust's cache; empty means GUST_CACHE or the user cache
	// directory joined with "gust".
	CacheDir string

	// Stdin, Stdout and Stderr are handed to go as they are.
	Stdin          io.Reader
	Stdout, Stderr io.Writer
}

// Timings says what becomes of the report on a build's steps.
type Timings struct {
	// File is where it goes: a trace if the name ends in .json, else a page. It
	// is relative to where go runs. Empty means a file in gust's cache.
	File string
}

// Result is what a build came to.
type Result struct {
	// ExitCode is go's own.
	ExitCode int
	// Keep, unless it is nil, keeps what was recorded for the next Run. It is
	// to be called once the Recording has all events, and takes about as long
	// as go list.
	Keep func(context.Context)
}
