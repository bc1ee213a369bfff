// Package profile lets a gust process write profiles of itself, for whoever
// works on gust: GUST_CPUPROFILE, GUST_MEMPROFILE and GUST_TRACE name folders.
// A build is many processes, most of which nobody sees; all of them inherit the
// variables, and each writes files of its own.
//
// The package uses the standard library alone, for it is part of the wrapper
// that go starts around each tool. Where no variable is set it looks three of
// them up and does nothing else.
package profile

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"runtime/pprof"
	"runtime/trace"
)

// The variables. Each is the absolute path of a folder, which is made if need
// be: processes of a build work in different directories.
const (
	CPU    = "GUST_CPUPROFILE"
	Memory = "GUST_MEMPROFILE"
	Trace  = "GUST_TRACE"
)

// memoryRate is how many bytes are allocated between two samples of a memory
// profile: fewer than usual, since most of gust's processes are short.
const memoryRate = 16 << 10

// Wanted reports whether this process is to write any profile.
func Wanted() bool {
	return os.Getenv(CPU) != "" || os.Getenv(Memory) != "" || os.Getenv(Trace) != ""
}

// Start begins the profiles that the environment asks for and returns a
// function that writes them, to be called at the end of the process. The name
// of the process becomes part of the names of files. Errors do not keep the
// process from its work; profiles that can be written are.
func Start(name string) (stop func() error, err error) {
	if !Wanted() {
		return func() error { return nil }, nil
	}
	var stops []func() error
	for _, p := range []struct {
		variable, ending string
		start            func(f *os.File) (stop func() error, err error)
	}{
		{Memory, ".mem.pprof", startMemory},
		{CPU, ".cpu.pprof", startCPU},
		{Trace, ".trace", startTrace},
	} {
		dir := os.Getenv(p.variable)
		if dir == "" {
			continue
		}
		f, openErr := create(p.variable, dir, name+"-*"+p.ending)
		if openErr != nil {
			err = errors.Join(err, openErr)
			continue
		}
		stopOne, startErr := p.start(f)
		if startErr != nil {
			err = errors.Join(err, startErr, f.Close(), os.Remove(f.Name()))
			continue
		}
		stops = append(stops, func() error { return errors.Join(stopOne(), f.Close()) })
	}
	return func() error {
		var err error
		for _, stop := range stops {
			err = errors.Join(err, stop())
		}
		return err
	}, err
}

// create makes a file with a name that no other process has.
func create(variable, dir, pattern string) (*os.File, error) {
	if !filepath.IsAbs(dir) {
		return nil, fmt.Errorf("%s is %q, which is not an absolute path", variable, dir)
	}
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return nil, fmt.Errorf("make the folder of %s: %w", variable, err)
	}
	f, err := os.CreateTemp(dir, pattern)
	if err != nil {
		return nil, fmt.Errorf("make a file for %s: %w", variable, err)
	}
	return f, nil
}

func startCPU(f *os.File) (func() error, error) {
	if err := pprof.StartCPUProfile(f); err != nil {
		return nil, fmt.Errorf("start %s: %w", CPU, err)
	}
	return func() error { pprof.StopCPUProfile(); return nil }, nil
}

func startTrace(f *os.File) (func() error, error) {
	if err := trace.Start(f); err != nil {
		return nil, fmt.Errorf("start %s: %w", Trace, err)
	}
	return func() error { trace.Stop(); return nil }, nil
}

func startMemory(f *os.File) (func() error, error) {
	runtime.MemProfileRate = memoryRate
	return func() error {
		runtime.GC() // brings the profile up to date
		if err := pprof.Lookup("allocs").WriteTo(f, 0); err != nil {
			return fmt.Errorf("write %s: %w", Memory, err)
		}
		return nil
	}, nil
}
