// Package gc sets how often garbage is collected, as runtime/debug does, which is
// initialised later than a program that runs once per test binary can wait for
// (see package fspath).
package gc

import _ "unsafe" // for go:linkname

// The runtime gives the function to package runtime/debug by this name.
//
//go:linkname setGCPercent runtime/debug.setGCPercent
func setGCPercent(percent int32) int32

// SetPercent is debug.SetGCPercent: it returns the setting before; -1 is never.
func SetPercent(percent int) int { return int(setGCPercent(int32(percent))) }
