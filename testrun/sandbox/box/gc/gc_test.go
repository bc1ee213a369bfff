package gc

import (
	"runtime/debug"
	"testing"
)

// TestSetPercent: the setting is that of package runtime/debug.
func TestSetPercent(t *testing.T) {
	before := debug.SetGCPercent(77)
	defer debug.SetGCPercent(before)
	if got := SetPercent(-1); got != 77 {
		t.Errorf("it was %d", got)
	}
	if got := debug.SetGCPercent(before); got != -1 {
		t.Errorf("it became %d", got)
	}
}
