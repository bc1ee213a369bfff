// Package gocmd is the only place in gust that runs the go command. It finds
// the go binary, asks it for its environment, refuses versions that gust does
// not know, and splits command lines into go's flags and gust's own.
package gocmd

import "io"

// Go runs one go binary in one directory with one environment. It is safe
// for concurrent use; its fields must not change after first use.
type Go struct {
	// Path is the go binary; Find fills it in.
	Path string
	// Dir is the working directory; empty means the process's own.
	Dir string
	// Env is the environment in os.Environ form; nil means the process's own.
	Env []string
}

// Streams are the standard streams of a go command.
type Streams struct {
	Stdin          io.Reader
	Stdout, Stderr io.Writer
}
