package testrun

import (
	"regexp"
	"slices"
	"strings"

	"gotest.tools/gotestsum/testjson"
)

// A crash is what a test binary writes when it ends before its time: a panic,
// a fatal error, the goroutines of a test that ran too long. test2json gives
// it to the test whose line it saw last, which can be another one than the
// culprit, or one that passed (golang/go#57305).
type crash struct {
	parts  []crashPart
	blamed []string // tests that are known to be the cause
}

type crashPart struct{ test, text string }

// crashes reports whether a line begins a crash.
func crashes(line string) bool {
	for _, word := range []string{"panic: ", "fatal error: ", "SIGQUIT: ", "SIGSEGV: ", "SIGABRT: ", "runtime: goroutine stack exceeds"} {
		if strings.HasPrefix(line, word) {
			return true
		}
	}
	return false
}

func (c *crash) add(test, text string) { c.parts = append(c.parts, crashPart{test, text}) }

func (c *crash) text() string {
	var b strings.Builder
	for _, p := range c.parts {
		b.WriteString(p.text)
	}
	return b.String()
}

var (
	// listed is a test in the list that a timeout prints.
	listed = regexp.MustCompile(`(?m)^\t\t(\S+) \([^()]+\)$`)
	// named is a function of the test itself in a traceback, or of what it
	// started.
	named = regexp.MustCompile(`(?m)^(?:created by )?\S+\.((?:Test|Fuzz|Benchmark|Example)[^\s.(]*)`)
)

// owners names the tests that a crash is about, as far as it tells: those that
// were running when the time was up, or the root test in the traceback of the
// goroutine that panicked.
func (c *crash) owners() []string {
	if len(c.blamed) > 0 {
		return c.blamed
	}
	text := c.text()
	if strings.HasPrefix(text, "panic: test timed out") {
		var names []string
		for _, m := range listed.FindAllStringSubmatch(text, -1) {
			names = append(names, m[1])
		}
		return names
	}
	_, trace, _ := strings.Cut(text, "\ngoroutine ")
	trace, _, _ = strings.Cut(trace, "\n\n")
	if m := named.FindStringSubmatch(trace); m != nil {
		return []string{m[1]}
	}
	if len(c.parts) > 0 && c.parts[0].test != "" {
		return []string{c.parts[0].test}
	}
	return nil
}

// about reports whether a crash is that of a test.
func (c *crash) about(test string) bool {
	if len(c.blamed) > 0 {
		return slices.Contains(c.blamed, test)
	}
	root, _ := testjson.TestName(test).Split()
	return slices.Contains(c.owners(), test) || slices.Contains(c.owners(), root)
}

// crashOutput takes output that belongs to a crash, and reports whether it
// did.
func (p *pkgState) crashOutput(test, text string) bool {
	if p.crash == nil {
		if !crashes(text) {
			return false
		}
		p.crash = &crash{blamed: p.blamed}
	}
	p.crash.add(test, text)
	return true
}

// survived gives what looked like a crash back to the tests that wrote it,
// unless they have passed since.
func (p *pkgState) survived() {
	if p.crash == nil {
		return
	}
	for _, part := range p.crash.parts {
		if t := p.tests[part.test]; t != nil {
			t.out = append(t.out, part.text)
		} else if part.test == "" {
			p.out = append(p.out, part.text)
		}
	}
	p.crash = nil
}

// settle gives a crash to the first test it is about that has not ended, or
// else to the package.
func (p *pkgState) settle() {
	if p.crash == nil {
		return
	}
	for _, name := range sortedTests(p.tests) {
		if p.crash.about(name) && !p.hasInner(name) {
			p.tests[name].out = append(p.tests[name].out, p.crash.text())
			p.crash = nil
			return
		}
	}
	p.out = append(p.out, p.crash.text())
	p.crash = nil
}

// hasInner reports whether a subtest of a test is running.
func (p *pkgState) hasInner(test string) bool {
	for name := range p.tests {
		if strings.HasPrefix(name, test+"/") {
			return true
		}
	}
	return false
}
