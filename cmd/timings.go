package cmd

import (
	"path/filepath"

	"github.com/gust-go/gust/build"
)

// timingsDefault is the value of --timings without a file.
const timingsDefault = "auto"

// timingsFlag is --timings or --timings=FILE.
type timingsFlag struct {
	on   bool
	file string
}

func (f *timingsFlag) String() string { return f.file }

func (f *timingsFlag) Type() string { return "file" }

func (f *timingsFlag) Set(s string) error {
	f.on, f.file = true, s
	return nil
}

// options are what the flag asks for, nil if it was not given. The name of the
// file says what is to be in it; another ending would be a guess, and perhaps
// the name of a source file.
func (f *timingsFlag) options(verb string) (*build.Timings, error) {
	switch ext := filepath.Ext(f.file); {
	case !f.on:
		return nil, nil
	case f.file == timingsDefault:
		return &build.Timings{}, nil
	case ext != ".html" && ext != ".json":
		return nil, usageError(verb, "--timings: %q ends neither in .html nor in .json", f.file)
	}
	return &build.Timings{File: f.file}, nil
}
