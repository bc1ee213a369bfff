package timings

import "github.com/gust-go/gust/internal/event"

// critical finds the longest chain of steps that depend on each other, by the
// time they took, and marks its steps. With as many processors as one likes,
// and steps that take as long as they did, the build lasts that long.
//
// It is not the chain of steps that the last one happened to wait for: on a
// machine with few processors that one is full of steps that waited for a
// worker, and making one of them faster lets another take its place.
func (r *Report) critical(actions []Action) {
	sorted, err := order(actions)
	if err != nil {
		return // ReadGraph lets no such graph pass
	}
	took := make([]int64, len(actions))
	index := make(map[int]int, len(r.Steps))
	for i := range r.Steps {
		s := &r.Steps[i]
		took[s.ID], index[s.ID] = s.DoneNS-s.StartNS, i
	}
	best := make([]int64, len(actions)) // length of the longest chain that ends with it
	before := make([]int, len(actions))
	last := -1
	for _, id := range sorted {
		before[id] = -1
		for _, d := range actions[id].Deps {
			if before[id] < 0 || best[d] > best[before[id]] {
				before[id] = d
			}
		}
		if best[id] = took[id]; before[id] >= 0 {
			best[id] += best[before[id]]
		}
		if last < 0 || best[id] > best[last] {
			last = id
		}
	}
	r.walkCritical(last, before, index)
}

// walkCritical notes the chain that ends with a step, without those that only
// wait for others.
func (r *Report) walkCritical(id int, before []int, index map[int]int) {
	var path []int
	for ; id >= 0; id = before[id] {
		i, ok := index[id]
		if !ok {
			continue
		}
		s := &r.Steps[i]
		r.Total.CriticalNS += s.DoneNS - s.StartNS
		if worked(s) {
			s.Critical = true
			path = append(path, id)
		}
	}
	for i := len(path) - 1; i >= 0; i-- {
		r.Total.Critical = append(r.Total.Critical, path[i])
	}
}

// negligible is how long looking an entry up in go's cache takes, or less, in
// nanoseconds.
const negligible = 50_000

// worked reports whether a step did more than to wait for others.
func worked(s *event.BuildAction) bool {
	return s.CPUNS > 0 || s.DoneNS-s.StartNS > negligible
}
