//go:build !unix

package gocmd

import "os"

// forwarded are the signals that gust leaves to a running go command.
func forwarded() []os.Signal { return []os.Signal{os.Interrupt} }

// reachesGroup is always true: a console hands ^C to every process attached
// to it.
func reachesGroup(os.Signal) bool { return true }

// interrupt ends a process. There is no gentler way without a console group
// of its own, which would keep ^C from reaching it.
func interrupt(p *os.Process) error { return p.Kill() }

func killedBy(*os.ProcessState) (int, bool) { return 0, false }
