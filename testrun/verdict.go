package testrun

import (
	"math"

	"github.com/gust-go/gust/internal/event"
)

// luck is how likely it may at most be that a test which fails at times passed as
// often by chance as it did in the way that is named for the cause.
const luck = 0.05

// A cause is what is said of a test to which one way made a difference.
type cause struct{ way, name string }

// helps are the causes of tests that fail as before and pass in another way, what
// says most first; hurts are those of tests that it is the other way round with.
var (
	helps = [...]cause{
		{hostNet, event.CauseNetwork}, {onTmpfs, event.CauseDisk}, {noBox, event.CauseSandbox},
		{alone, event.CauseOthers}, {oneCPU, event.CauseParallel},
	}
	hurts = [...]cause{
		{alone, event.CauseNeedsOthers}, {oneCPU, event.CauseNeedsCPUs}, {onTmpfs, event.CauseNeedsDisk},
		{hostNet, event.CauseNeedsOwnNetwork}, {noBox, event.CauseNeedsSandbox},
	}
)

// verdict says what a test depends on.
func verdict(tries []event.TestTry) event.TestDiagnosis {
	by := make(map[string]event.TestTry)
	troubled := 0 // ways in which it failed at all
	for _, t := range tries {
		by[t.Way] = t
		if t.Passed < t.Runs {
			troubled++
		}
	}
	base := by[asBefore]
	if base.Passed == base.Runs {
		return event.TestDiagnosis{Cause: passing(by, troubled)}
	}
	rate := float64(base.Passed) / float64(base.Runs)
	d := event.TestDiagnosis{Sometimes: base.Passed > 0}
	for _, c := range helps {
		if t, ok := by[c.way]; ok && t.Passed == t.Runs && math.Pow(rate, float64(t.Runs)) < luck {
			d.Cause = c.name
			return d
		}
	}
	switch {
	case d.Sometimes:
		d.Cause = event.CauseChance
	case by[shuffled].Passed > 0:
		d.Cause = event.CauseOrder
	default:
		d.Cause = event.CauseItself
	}
	return d
}

// passing is the cause if the test does not fail as before. Where it fails in
// several ways, or not each time, none of them need be the reason.
func passing(by map[string]event.TestTry, troubled int) string {
	if troubled == 0 {
		return event.CauseGone
	}
	if t := by[shuffled]; troubled == 1 && t.Passed < t.Runs {
		return event.CauseOrder
	}
	for _, c := range hurts {
		others := troubled - 1
		if t := by[shuffled]; t.Passed < t.Runs {
			others-- // the order may matter as well, to one that needs others
		}
		if t, ok := by[c.way]; ok && t.Passed == 0 && others <= 0 {
			return c.name
		}
	}
	return event.CauseChance
}
