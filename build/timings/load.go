package timings

// A Load is how busy the build was in a stretch of time, on average.
type Load struct {
	// Running are steps that go worked on, Waiting those that were ready and
	// had to wait for one of them.
	Running, Waiting float64
	// CPU is how many processors the tools kept busy. How a tool spreads its
	// CPU time over its life is not known; it is taken to be even.
	CPU float64
}

// Load divides the build into n stretches of the same length.
func (r *Report) Load(n int) []Load {
	loads := make([]Load, n)
	wall := float64(r.Total.WallNS)
	if n == 0 || wall <= 0 {
		return loads
	}
	width := wall / float64(n)
	// spread adds a step's share to each stretch that it overlaps.
	spread := func(from, to int64, add func(l *Load, share float64)) {
		a, b := float64(from), min(float64(to), wall)
		for i := int(a / width); i < n && float64(i)*width < b; i++ {
			lo, hi := max(a, float64(i)*width), min(b, float64(i+1)*width)
			if hi > lo {
				add(&loads[i], (hi-lo)/width)
			}
		}
	}
	for i := range r.Steps {
		s := &r.Steps[i]
		spread(s.StartNS, s.DoneNS, func(l *Load, share float64) { l.Running += share })
		spread(s.ReadyNS, s.StartNS, func(l *Load, share float64) { l.Waiting += share })
		if took := s.DoneNS - s.StartNS; took > 0 {
			cores := float64(s.CPUNS) / float64(took)
			spread(s.StartNS, s.DoneNS, func(l *Load, share float64) { l.CPU += share * cores })
		}
	}
	return loads
}
