package box

import "strings"

// running are the tests of a binary that run, as package testing tells: the
// parents of a test run, too.
type running map[string]bool

// line reads a line that package testing may have written. In front of its own
// is a mark if it writes for test2json.
func (r *running) line(text string) {
	text = strings.TrimLeft(text, " \x16")
	word, rest, ok := strings.Cut(text, " ")
	if !ok || word != "===" && word != "---" {
		return
	}
	verb, name, ok := strings.Cut(strings.TrimRight(rest, "\n"), " ")
	name = strings.TrimLeft(name, " ")
	if !ok || name == "" {
		return
	}
	switch verb {
	case "RUN", "CONT":
		if *r == nil {
			*r = make(running)
		}
		(*r)[name] = true
	case "PAUSE":
		delete(*r, name)
	case "PASS:", "FAIL:", "SKIP:":
		if i := strings.LastIndex(name, " ("); i >= 0 {
			name = name[:i]
		}
		delete(*r, name)
	}
}

// only is the test that runs if it is the only one, but for its parents.
func (r running) only() string {
	longest := ""
	for name := range r {
		if len(name) > len(longest) {
			longest = name
		}
	}
	for name := range r {
		if name != longest && !strings.HasPrefix(longest, name+"/") {
			return ""
		}
	}
	return longest
}
