//go:build !linux

package gocmd

import (
	"errors"
	"fmt"
	"runtime"
)

// errNoTree says that processes cannot be looked up here.
var errNoTree = fmt.Errorf("look up processes on %s: %w", runtime.GOOS, errors.ErrUnsupported)

// Descendants lists the processes below pid.
func Descendants(int) ([]Process, error) { return nil, errNoTree }

// Adopt makes this process the parent of descendants whose own parents end.
func Adopt() error { return errNoTree }

// Quit makes a Go program print its goroutines and exit.
func Quit(int) error { return errNoTree }

// Kill ends a process at once.
func Kill(int) error { return errNoTree }

// KillDescendants kills everything below pid.
func KillDescendants(int) error { return errNoTree }
