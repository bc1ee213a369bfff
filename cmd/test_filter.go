package cmd

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"

	"github.com/gust-go/gust/internal/fault"
	"github.com/gust-go/gust/testrun/filter"
	"github.com/gust-go/gust/testrun/history"
)

func (s *selection) filter(ctx context.Context) error {
	if s.flags.selection.filter == "" {
		return nil
	}
	expr, err := filter.Parse(s.modulePath(), s.flags.selection.filter)
	var syntax *filter.SyntaxError
	if errors.As(err, &syntax) {
		return fault.New(fault.Usage, "run: gust test --help", "--filter: %w\n  %s", err, strings.ReplaceAll(syntax.Caret(), "\n", "\n  "))
	}
	if err != nil {
		return err
	}
	all, err := s.names(ctx)
	if err != nil {
		return err
	}
	known := s.known()
	var packages []string
	tests := make(map[string][]string)
	for _, pkg := range slices.Sorted(maps.Keys(all)) {
		for _, name := range all[pkg] {
			root, _, _ := strings.Cut(name, "/")
			t := filter.Test{Package: pkg, Name: name, Duration: -1}
			if stat, ok := known[[2]string{pkg, root}]; ok {
				t.Last, t.Duration = stat.Last, stat.Median
			}
			if expr.Match(t) {
				tests[pkg] = append(tests[pkg], name)
			}
		}
		if len(tests[pkg]) > 0 {
			packages = append(packages, pkg)
		}
	}
	s.packages, s.tests = append([]string{}, packages...), tests
	return nil
}

// known are the results on record.
func (s *selection) known() map[[2]string]history.Stat {
	known := make(map[[2]string]history.Stat)
	if log, _, ok := s.app.historyLog(s.opts.Env); ok {
		// Without a history tests have no last result, which is not an error.
		records, _ := log.Read()
		for _, stat := range history.Summarize(records) {
			known[[2]string{stat.Package, stat.Test}] = stat
		}
	}
	return known
}
