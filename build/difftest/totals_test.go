package difftest

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
)

// totals are the statistics of a run.
type totals struct {
	mu                         sync.Mutex
	steps, broken              int
	archives                   int // archives compared, at most at a time
	compiled, reused, relinked int
	current, direct            int // builds for which go was not started
	kinds                      map[string]int
}

// count adds one step.
func (s *totals) count(kind string, compiled bool) {
	if s.kinds == nil {
		s.kinds = map[string]int{}
	}
	s.steps++
	s.kinds[kind]++
	if !compiled {
		s.broken++
	}
}

// add adds another run's statistics to s.
func (s *totals) add(o *totals) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.kinds == nil {
		s.kinds = map[string]int{}
	}
	s.steps += o.steps
	s.broken += o.broken
	s.archives += o.archives
	s.compiled += o.compiled
	s.reused += o.reused
	s.relinked += o.relinked
	s.current += o.current
	s.direct += o.direct
	for k, n := range o.kinds {
		s.kinds[k] += n
	}
}

// String is a summary for people.
func (s *totals) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var kinds []string
	for _, k := range slices.Sorted(maps.Keys(s.kinds)) {
		kinds = append(kinds, fmt.Sprintf("%s %d", k, s.kinds[k]))
	}
	return fmt.Sprintf("%d steps, %d of them with compile errors; %d current, %d direct, %d compiled, %d reused, %d relinked; "+
		"%d archives compared; %d kinds of edits: %s", s.steps, s.broken, s.current, s.direct, s.compiled, s.reused, s.relinked,
		s.archives, len(kinds), strings.Join(kinds, ", "))
}

// problem says why the run proves nothing, if so.
func (s *totals) problem() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.archives == 0:
		return "no archive of gust's was compared with one of go's"
	case s.reused+s.relinked == 0:
		return "gust reused nothing"
	}
	return ""
}
