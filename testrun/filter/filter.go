// Package filter selects tests by an expression over what is known of them.
//
// The grammar:
//
//	expr    = and { "or" and }
//	and     = not { "and" not }
//	not     = "not" not | "(" expr ")" | term
//	term    = field op value
//	field   = "package" | "test" | "last" | "duration"
//	op      = "=" | "!=" | "~" | "!~" | "<" | "<=" | ">" | ">="
//	value   = word | Go string literal
//
// "=" compares package with a go package pattern (example.com/app/...), where
// a pattern that begins with ./ is relative to the main module, and test with
// a name. "~" matches a regular expression anywhere in either. last is pass,
// fail, flaky, skip or none, duration is compared with one such as 1.5s by
// the four last operators. A test without history has the last result none,
// and every comparison of its duration is false.
//
// Parse errors carry the place in the text, for a caret below it.
package filter

import (
	"cmp"
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"
	"time"
)

// A Test is what a filter sees.
type Test struct {
	Package, Name string
	// Last is the latest result, "" if there is none.
	Last string
	// Duration is negative if nobody knows.
	Duration time.Duration
}

// An Expr is a parsed expression. The zero value selects everything.
type Expr struct {
	match func(Test) bool
	text  string
}

// Match reports whether the expression selects t.
func (e Expr) Match(t Test) bool { return e.match == nil || e.match(t) }

// String returns the text that was parsed.
func (e Expr) String() string { return e.text }

// A SyntaxError is a text that is no expression.
type SyntaxError struct {
	// Text is the whole text and Pos the byte at which it goes wrong.
	Text string
	Pos  int
	Msg  string
}

func (e *SyntaxError) Error() string {
	return fmt.Sprintf("%s at character %d of the filter", e.Msg, len([]rune(e.Text[:e.Pos]))+1)
}

// Caret returns the text and, in a second line, a caret below the place of
// the error.
func (e *SyntaxError) Caret() string {
	line := strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, e.Text)
	return line + "\n" + strings.Repeat(" ", len([]rune(e.Text[:e.Pos]))) + "^"
}

// term makes the condition of one term.
func term(module, field, op, value string) (func(Test) bool, error) {
	switch field {
	case "package":
		return textTerm(op, value, func(t Test) string { return t.Package }, packagePattern(module, value))
	case "test":
		return textTerm(op, value, func(t Test) string { return t.Name }, func(s string) bool { return s == value })
	case "last":
		return lastTerm(op, value)
	case "duration":
		return durationTerm(op, value)
	}
	return nil, fmt.Errorf("unknown field %q; the fields are package, test, last and duration", field)
}

func textTerm(op, value string, of func(Test) string, equal func(string) bool) (func(Test) bool, error) {
	match := equal
	switch op {
	case "=", "!=":
	case "~", "!~":
		re, err := regexp.Compile(value)
		if err != nil {
			return nil, fmt.Errorf("%q is not a regular expression", value)
		}
		match = re.MatchString
	default:
		return nil, fmt.Errorf("operator %s does not go with text; use = != ~ or !~", op)
	}
	negate := op[0] == '!'
	return func(t Test) bool { return match(of(t)) != negate }, nil
}

// packagePattern matches import paths as go does: "..." stands for anything,
// and a final "/..." for nothing as well.
func packagePattern(module, pattern string) func(string) bool {
	if pattern == "." || strings.HasPrefix(pattern, "./") {
		pattern = path.Join(module, pattern)
	}
	expr := strings.ReplaceAll(regexp.QuoteMeta(pattern), `\.\.\.`, ".*")
	if root, ok := strings.CutSuffix(expr, "/.*"); ok {
		expr = root + "(/.*)?"
	}
	re, err := regexp.Compile("^(?s:" + expr + ")$")
	if err != nil {
		// The text is not valid UTF-8, which no import path is either.
		return func(string) bool { return false }
	}
	return re.MatchString
}

func lastTerm(op, value string) (func(Test) bool, error) {
	results := []string{"pass", "fail", "flaky", "skip", "none"}
	if !slices.Contains(results, value) {
		return nil, fmt.Errorf("%q is not a result; the results are pass, fail, flaky, skip and none", value)
	}
	if op != "=" && op != "!=" {
		return nil, fmt.Errorf("operator %s does not go with results; use = or !=", op)
	}
	return func(t Test) bool { return (cmp.Or(t.Last, "none") == value) == (op == "=") }, nil
}

func durationTerm(op, value string) (func(Test) bool, error) {
	limit, err := time.ParseDuration(value)
	if err != nil {
		return nil, fmt.Errorf("%q is not a duration such as 1.5s or 200ms", value)
	}
	holds := map[string]func(d time.Duration) bool{
		"<":  func(d time.Duration) bool { return d < limit },
		"<=": func(d time.Duration) bool { return d <= limit },
		">":  func(d time.Duration) bool { return d > limit },
		">=": func(d time.Duration) bool { return d >= limit },
	}[op]
	if holds == nil {
		return nil, fmt.Errorf("operator %s does not go with durations; use < <= > or >=", op)
	}
	return func(t Test) bool { return t.Duration >= 0 && holds(t.Duration) }, nil
}
