package side

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/gust-go/gust/internal/event"
)

// Counts says what became of the compiles of one build.
type Counts struct {
	// Compiled are packages that the compiler ran for.
	Compiled int
	// Reused and Relinked are compiles that cmd/go asked for and gust
	// answered from its store; always zero for go.
	Reused, Relinked int
	// Current is true if gust did not even start go.
	Current bool
}

// Add adds o to c; nothing if o was not observed.
func (c *Counts) Add(o *Counts) {
	if o != nil {
		c.Compiled += o.Compiled
		c.Reused += o.Reused
		c.Relinked += o.Relinked
	}
}

// String is the form for a table cell: compiles and, after a plus sign, the
// compiles that gust saved.
func (c *Counts) String() string {
	switch {
	case c == nil:
		return "?"
	case c.Reused+c.Relinked == 0:
		return fmt.Sprint(c.Compiled)
	}
	return fmt.Sprintf("%d (+%d)", c.Compiled, c.Reused+c.Relinked)
}

// errNoSummary means that gust ended without its last event.
var errNoSummary = errors.New("no build.summary event")

// goCounts counts the compiles in a file of go's -debug-actiongraph: those
// build actions that ran a command rather than finding a result.
func goCounts(file string) (*Counts, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("read action graph: %w", err)
	}
	var actions []struct {
		Mode string
		Cmd  []string
	}
	if err := json.Unmarshal(data, &actions); err != nil {
		return nil, fmt.Errorf("parse action graph: %w", err)
	}
	var c Counts
	for _, a := range actions {
		if a.Mode == "build" && a.Cmd != nil {
			c.Compiled++
		}
	}
	return &c, nil
}

// gustCounts takes gust's events out of its output and reads the counts from
// the summary.
func gustCounts(output string) (*Counts, string, error) {
	var counts *Counts
	var rest strings.Builder
	for line := range strings.Lines(output) {
		if !strings.HasPrefix(line, `{"v":`) {
			rest.WriteString(line)
			continue
		}
		var e struct {
			Type string
			event.BuildSummary
		}
		if err := json.Unmarshal([]byte(line), &e); err != nil {
			return nil, output, fmt.Errorf("parse event %q: %w", line, err)
		}
		if e.Type == (event.BuildSummary{}).EventType() {
			counts = &Counts{Compiled: e.Compiled, Reused: e.Reused, Relinked: e.Relinked, Current: e.Current}
		}
	}
	if counts == nil {
		return nil, rest.String(), errNoSummary
	}
	return counts, rest.String(), nil
}
