package cmd

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/gust-go/gust/internal/event"
	"github.com/gust-go/gust/internal/gocmd"
)

// names are the tests to choose from, by package.
func (s *selection) names(ctx context.Context) (map[string][]string, error) {
	if s.tests != nil && len(s.tests) == len(s.packages) {
		return s.tests, nil
	}
	all, err := s.ask(ctx)
	for pkg, tests := range s.tests {
		all[pkg] = tests
	}
	return all, err
}

// testName is a line of go test -list.
var testName = regexp.MustCompile(`^(Test|Fuzz|Example)[^\s/]*$`)

// ask has go build the tests and list them.
func (s *selection) ask(ctx context.Context) (map[string][]string, error) {
	packages := s.packages
	if packages == nil {
		packages = s.patterns()
	}
	opts := s.opts
	var err error
	opts.Args, err = gocmd.TestPart(opts.Args, []string{"run", "skip", "coverprofile", "json", "v", "list"}, []string{"-json", "-list=."}, packages)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	opts.Stdout, opts.Stderr, opts.Explain = &out, s.app.term.Err, false
	res, err := s.app.build(ctx, opts, event.Discard{})
	if err != nil {
		return nil, err
	}
	names, messages := listed(out.Bytes())
	if res.ExitCode != 0 {
		// What go has to say about it is among the messages.
		_, _ = io.WriteString(s.app.term.Err, messages)
		return nil, goStatus(res.ExitCode)
	}
	return names, nil
}

// listed reads the events of go test -list: the names, and all else that was
// said.
func listed(stream []byte) (names map[string][]string, messages string) {
	names = make(map[string][]string)
	var other strings.Builder
	for line := range bytes.Lines(stream) {
		var e struct{ Action, Package, Output string }
		if json.Unmarshal(line, &e) != nil {
			other.Write(line)
			continue
		}
		if text := strings.TrimSpace(e.Output); e.Action == "output" && testName.MatchString(text) {
			names[e.Package] = append(names[e.Package], text)
		} else {
			other.WriteString(e.Output)
		}
	}
	return names, other.String()
}

// list writes the tests that would run, one a line.
func (s *selection) list(ctx context.Context) error {
	all, err := s.names(ctx)
	if err != nil {
		return err
	}
	var b strings.Builder
	for _, pkg := range slices.Sorted(maps.Keys(all)) {
		if s.packages != nil && !slices.Contains(s.packages, pkg) {
			continue
		}
		for _, name := range all[pkg] {
			fmt.Fprintf(&b, "%s %s\n", printable(pkg), printable(name))
		}
	}
	_, err = io.WriteString(s.app.term.Out, b.String())
	return err
}
