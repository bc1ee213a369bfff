package cmd

import (
	"runtime"
	"runtime/debug"
	"runtime/metrics"
)

const (
	// seldom is GOGC while the heap is small, and nearly all that is allocated is
	// garbage at once.
	seldom = 400
	// slack is how much garbage may lie about, in bytes, before GOGC goes down to
	// 100, which is go's own setting.
	slack = 48 << 20
)

// setGC sets GOGC and reports whether it did: not if the user has.
func (a *app) setGC(percent int) bool {
	if a.term.Getenv("GOGC") != "" {
		return false
	}
	debug.SetGCPercent(percent)
	return true
}

// collectSeldom makes the garbage collector run less often for as long as that
// costs little memory, unless the user has set GOGC.
func (a *app) collectSeldom() {
	if !a.setGC(seldom) {
		return
	}
	// The finalizer of what nobody holds runs once after each collection.
	type cycle struct{ _ [16]byte }
	var collected func(*cycle)
	percent := seldom
	collected = func(c *cycle) {
		if next := gcPercent(liveHeap()); next != percent {
			percent = next
			debug.SetGCPercent(percent)
		}
		runtime.SetFinalizer(c, collected)
	}
	runtime.SetFinalizer(new(cycle), collected)
}

// gcPercent is GOGC for a heap with so many bytes in use.
func gcPercent(live uint64) int {
	if live == 0 {
		return seldom
	}
	return int(min(max(slack*100/live, 100), seldom))
}

// liveHeap is how many bytes the last collection found in use.
func liveHeap() uint64 {
	sample := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(sample)
	if sample[0].Value.Kind() != metrics.KindUint64 {
		return 0
	}
	return sample[0].Value.Uint64()
}
