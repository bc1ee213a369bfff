package report

import "time"

// A Clock tells the time and wakes the reporter.
type Clock interface {
	Now() time.Time
	// Tick returns a channel that receives the time every d until stop is
	// called.
	Tick(d time.Duration) (c <-chan time.Time, stop func())
}

// SystemClock is the clock of the machine.
type SystemClock struct{}

// Now returns the current time.
func (SystemClock) Now() time.Time { return time.Now() }

// Tick wraps [time.NewTicker].
func (SystemClock) Tick(d time.Duration) (<-chan time.Time, func()) {
	t := time.NewTicker(d)
	return t.C, t.Stop
}
