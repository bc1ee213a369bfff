package testrun

import (
	"testing"

	"github.com/gust-go/gust/internal/event"
)

func TestVerdict(t *testing.T) {
	// How often a test passed of three runs as before, alone, shuffled, with one
	// processor, on the machine's network, in memory and without a sandbox.
	ways := []string{asBefore, alone, shuffled, oneCPU, hostNet, onTmpfs, noBox}
	for _, c := range []struct {
		passed    [7]int
		want      string
		sometimes bool
	}{
		{[7]int{0, 0, 0, 0, 0, 0, 0}, event.CauseItself, false},
		{[7]int{0, 3, 1, 0, 0, 0, 0}, event.CauseOthers, false},
		{[7]int{0, 3, 0, 3, 0, 0, 0}, event.CauseOthers, false},
		{[7]int{0, 0, 0, 3, 0, 0, 0}, event.CauseParallel, false},
		{[7]int{0, 0, 0, 0, 3, 0, 3}, event.CauseNetwork, false},
		{[7]int{0, 0, 0, 0, 0, 3, 0}, event.CauseDisk, false},
		{[7]int{0, 0, 0, 0, 0, 0, 3}, event.CauseSandbox, false},
		{[7]int{0, 0, 2, 0, 0, 0, 0}, event.CauseOrder, false},
		{[7]int{1, 2, 2, 1, 2, 1, 2}, event.CauseChance, true},
		{[7]int{1, 3, 2, 1, 2, 1, 2}, event.CauseOthers, true}, // by chance in one of 27
		{[7]int{2, 3, 2, 3, 2, 1, 2}, event.CauseChance, true}, // by chance in one of 3
		{[7]int{3, 3, 3, 3, 3, 3, 3}, event.CauseGone, false},
		{[7]int{3, 3, 1, 3, 3, 3, 3}, event.CauseOrder, false},
		{[7]int{3, 0, 1, 3, 3, 3, 3}, event.CauseNeedsOthers, false},
		{[7]int{3, 3, 3, 0, 3, 3, 3}, event.CauseNeedsCPUs, false},
		{[7]int{3, 3, 3, 3, 3, 0, 3}, event.CauseNeedsDisk, false},
		{[7]int{3, 3, 3, 3, 0, 3, 3}, event.CauseNeedsOwnNetwork, false},
		{[7]int{3, 3, 3, 3, 3, 3, 0}, event.CauseNeedsSandbox, false},
		{[7]int{3, 3, 2, 3, 1, 3, 0}, event.CauseChance, false},
		{[7]int{3, 3, 3, 2, 3, 3, 3}, event.CauseChance, false},
	} {
		var tries []event.TestTry
		for i, way := range ways {
			tries = append(tries, event.TestTry{Way: way, Runs: 3, Passed: c.passed[i]})
		}
		if got := verdict(tries); got.Cause != c.want || got.Sometimes != c.sometimes {
			t.Errorf("%v: %q, sometimes %v", c.passed, got.Cause, got.Sometimes)
		}
	}
}
