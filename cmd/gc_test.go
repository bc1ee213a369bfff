package cmd

import (
	"runtime"
	"runtime/debug"
	"testing"

	"github.com/gust-go/gust/internal/term"
)

// The more of the heap lives, the less garbage may lie about beside it.
func TestGCPercent(t *testing.T) {
	for live, want := range map[uint64]int{0: seldom, 1 << 20: seldom, 24 << 20: 200, slack: 100, 1 << 30: 100} {
		if got := gcPercent(live); got != want {
			t.Errorf("GOGC for %d live bytes is %d, want %d", live, got, want)
		}
	}
	runtime.GC()
	if liveHeap() == 0 {
		t.Error("the runtime does not say how much of the heap lives: the metric has another name")
	}
}

// A user's GOGC stands.
func TestGCIsTheUsers(t *testing.T) {
	before := debug.SetGCPercent(100)
	defer debug.SetGCPercent(before)
	a := &app{term: &term.Term{Environ: []string{"GOGC=70"}}}
	a.collectSeldom()
	if got := debug.SetGCPercent(100); got != 100 {
		t.Errorf("GOGC became %d, though the environment sets it", got)
	}
}
