package history

import (
	"fmt"
	"slices"
	"testing"

	"github.com/gust-go/gust/internal/event"
)

// tell tells c of a package that ended with n tests, the last of which ended as
// outcome says.
func tell(c *Collector, pkg string, run, n int, outcome string) {
	for i := range n {
		e := event.TestCase{Package: pkg, Test: fmt.Sprintf("Test%04d", i), Outcome: event.Passed, Run: run, ElapsedNS: 5}
		if i == n-1 {
			e.Outcome = outcome
		}
		c.Emit(e)
	}
	c.Emit(event.TestPackage{Package: pkg, Outcome: outcome, Run: run})
}

// A run of any size leaves the collector no more than a log keeps, and what is
// dropped is what a log would drop: results of the packages that passed first.
func TestCollectorIsBounded(t *testing.T) {
	const packages, tests = 300, 100
	c := Collector{MaxBytes: 64 << 10}
	tell(&c, "p000", 0, tests, event.TestFailed)
	for i := 1; i < packages; i++ {
		tell(&c, fmt.Sprintf("p%03d", i), 0, tests, event.Passed)
		var held int64
		for _, p := range c.packages {
			if p.tests != nil {
				t.Fatalf("%s has ended and is not packed", p.Package)
			}
			if p.Result != Fail {
				held += int64(len(p.packed))
			}
		}
		if held > c.MaxBytes || held != c.packed {
			t.Fatalf("after %d packages %d bytes are held, %d counted, of %d", i, held, c.packed, c.MaxBytes)
		}
	}
	records := c.Records(Run{ID: "r"})
	if len(records) != packages {
		t.Fatalf("%d records of %d packages", len(records), packages)
	}
	if got := len(records[0].Tests); got != tests {
		t.Errorf("the package that failed has %d tests of %d", got, tests)
	}
	if got := len(records[1].Tests); got != 0 {
		t.Errorf("the package that passed first has %d tests still", got)
	}
	if got := len(records[packages-1].Tests); got != tests {
		t.Errorf("the last package has %d tests of %d", got, tests)
	}
}

// What reruns tell of a packed package is added to what is known of it, and the
// count of what is held stays right.
func TestCollectorUnpacks(t *testing.T) {
	var c Collector
	tell(&c, "p", 0, 3, event.TestFailed)
	tell(&c, "q", 0, 3, event.Passed)
	c.Emit(event.TestCase{Package: "p", Test: "Test0002", Outcome: event.Passed, Run: 1, ElapsedNS: 7})
	c.Emit(event.TestPackage{Package: "p", Outcome: event.Passed, Run: 1})
	tell(&c, "q", 1, 3, event.TestFailed)
	tell(&c, "q", 2, 3, event.Passed)
	var held int64
	for _, p := range c.passed {
		held += int64(len(p.packed))
	}
	if held != c.packed {
		t.Errorf("%d bytes are held, %d counted", held, c.packed)
	}
	want := []Test{{"Test0000", Pass, 5}, {"Test0001", Pass, 5}, {"Test0002", Flaky, 7}}
	records := c.Records(Run{ID: "r"})
	if len(records) != 2 || !slices.Equal(records[0].Tests, want) {
		t.Errorf("got %+v, want tests %+v", records, want)
	}
	want[2] = Test{"Test0002", Flaky, 5}
	if !slices.Equal(records[1].Tests, want) || records[1].Result != Pass {
		t.Errorf("got %+v, want tests %+v", records[1], want)
	}
}
