package main

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
)

// A column is what one user's runs of a suite came to.
type column struct {
	uid    int
	passes int
	tests  int
	// differ are tests with verdicts in the sandbox that go test never gave.
	differ []string
	said   []string
}

// printTable prints a table of all suites and then what differs.
func printTable(out io.Writer, files []string) error {
	var passes []pass
	for _, name := range files {
		p, err := load(name)
		if err != nil {
			return err
		}
		passes = append(passes, p...)
	}
	uids := map[int]bool{}
	for _, p := range passes {
		uids[p.UID] = true
	}
	var notes strings.Builder
	fmt.Fprintln(out, "| Module | What is special | Results (tests that differ), runs |\n| --- | --- | --- |")
	for _, s := range suites {
		var cells []string
		for _, uid := range slices.Sorted(maps.Keys(uids)) {
			c := compare(passes, s, uid)
			if c.passes == 0 {
				continue
			}
			cells = append(cells, fmt.Sprintf("%s: %d (%d), %d", uidName(uid), c.tests, len(c.differ), c.passes))
			for _, line := range append(c.differ, c.said...) {
				fmt.Fprintf(&notes, "%s as %s: %s\n", s.name(), uidName(uid), line)
			}
		}
		if len(cells) > 0 {
			fmt.Fprintf(out, "| %s %s | %s | %s |\n", s.Module, s.Version, s.Traits, strings.Join(cells, "; "))
		}
	}
	_, err := fmt.Fprintf(out, "\n%s", notes.String())
	return err
}

// compare compares the runs of both sides by one user.
func compare(passes []pass, s suite, uid int) column {
	c := column{uid: uid}
	verdicts := map[string]map[string]map[string]int{} // test, side, verdict: how often
	runs, said := map[string]int{}, map[string]int{}
	for _, p := range passes {
		if p.Suite != s.name() || p.UID != uid {
			continue
		}
		runs[p.Side]++
		for _, line := range p.Said {
			said[line]++
		}
		for test, verdict := range p.Tests {
			if verdicts[test] == nil {
				verdicts[test] = map[string]map[string]int{plain: {}, boxed: {}}
			}
			verdicts[test][p.Side][verdict]++
		}
	}
	c.passes, c.tests = min(runs[plain], runs[boxed]), len(verdicts)
	for _, test := range slices.Sorted(maps.Keys(verdicts)) {
		if what := difference(verdicts[test], runs); what != "" {
			c.differ = append(c.differ, test+": "+what)
		}
	}
	for _, line := range slices.Sorted(maps.Keys(said)) {
		c.said = append(c.said, fmt.Sprintf("%s (%d)", line, said[line]))
	}
	return c
}

// difference says what the sides made of a test, "" if the sandbox showed nothing
// that go test did not show as well.
func difference(sides map[string]map[string]int, runs map[string]int) string {
	for _, side := range []string{plain, boxed} {
		total := 0
		for _, n := range sides[side] {
			total += n
		}
		if missing := runs[side] - total; missing > 0 {
			sides[side]["missing"] = missing
		}
	}
	for verdict := range sides[boxed] {
		if sides[plain][verdict] == 0 {
			return fmt.Sprintf("go test %v, in the sandbox %v", sides[plain], sides[boxed])
		}
	}
	return ""
}
