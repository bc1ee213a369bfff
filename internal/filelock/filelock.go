// Package filelock locks files between the processes of one machine. Builds
// share a lock on gust's cache while they run and whoever removes parts of it
// takes the lock alone. The system drops a lock when its process ends, however
// it ends, so a killed build leaves nothing to clean up.
package filelock

import "errors"

// A Mode says who else may hold the lock.
type Mode int

const (
	// Shared admits other shared locks.
	Shared Mode = iota
	// Exclusive admits none.
	Exclusive
)

// ErrUnsupported means that this system or file system has no such locks, so
// that nobody can tell whether others are at work.
var ErrUnsupported = errors.New("file locks are not supported here")
