package timings

import (
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/gust-go/gust/internal/event"
)

// began is when the builds of these tests start.
var began = time.Date(2026, 11, 21, 12, 0, 0, 123456789, time.UTC)

func at(d time.Duration) time.Time { return began.Add(d) }

// random makes a build of n packages that two workers work on, as cmd/go would
// have noted it: the action 0 waits for all others, each of which depends on
// some with a higher ID.
func random(rnd *rand.Rand, n int) Input {
	in := Input{Title: "gust build ./...", Host: "go1.26 linux/amd64", Began: began, Parallel: 2}
	actions := make([]Action, n+1)
	free := []time.Duration{50 * time.Millisecond, 50 * time.Millisecond}
	for id := n; id > 0; id-- {
		a := &actions[id]
		*a = Action{
			ID: id, Mode: "build", Package: fmt.Sprintf("example.com/area%d/p%d", id%7, id),
			Objdir: fmt.Sprintf("/tmp/go-build1/b%03d/", id), BuildID: "a/b", Cmd: 1,
		}
		ready := 50 * time.Millisecond
		for range rnd.IntN(4) {
			if id < n {
				d := id + 1 + rnd.IntN(n-id)
				a.Deps = append(a.Deps, d)
				ready = max(ready, actions[d].TimeDone.Sub(began))
			}
		}
		worker := rnd.IntN(2)
		start := max(ready, free[worker])
		took := time.Duration(rnd.Int64N(int64(300*time.Millisecond))) + 1
		free[worker] = start + took
		a.TimeReady, a.TimeStart, a.TimeDone = at(ready), at(start), at(start+took)
		a.CmdUser = took / 2
		in.outcome(rnd, a)
		actions[0].Deps = append(actions[0].Deps, id)
	}
	end := max(free[0], free[1])
	actions[0].Mode, actions[0].TimeReady, actions[0].TimeStart, actions[0].TimeDone = "go build", at(end), at(end), at(end)
	in.Actions, in.Wall = actions, end+time.Millisecond
	return in
}

// outcome gives an action one of the outcomes there are.
func (in *Input) outcome(rnd *rand.Rand, a *Action) {
	outcomes := []string{event.Compiled, event.Reused, event.Relinked, event.Cached, event.Failed}
	switch o := outcomes[rnd.IntN(len(outcomes))]; o {
	case event.Cached:
		a.Cmd = 0
	case event.Failed:
		a.BuildID = ""
	default:
		in.Packages = append(in.Packages, event.BuildPackage{ImportPath: a.Package, Outcome: o, SavedNS: 5e6})
	}
}
