// Package quarantine holds the list of tests whose failure does not fail the
// run, for a while and for a stated reason.
//
// The list is a file, [File], beside go.mod and under version control, so
// that an entry is reviewed like code. One line is one entry:
//
//	example.com/app/db TestFlush expires=2026-12-31 reason="loses a race with the clock"
//
// Blank lines and lines that begin with # are skipped. Both keys are
// required, a third one, issue=URL, is not; any other key is an error, and so
// is an entry that has expired: somebody must look at it again. An entry for
// a test covers its subtests.
//
// [Excuse] decides after a run which packages would have passed without the
// quarantined failures. It errs on the side of failure.
package quarantine

import (
	"bufio"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// File is the name of the list.
const File = "gust.quarantine"

// An Entry is one quarantined test.
type Entry struct {
	Package, Test string
	// Expires is the last day, UTC, on which the entry holds.
	Expires time.Time
	Reason  string
	// Issue is where the failure is being worked on; it may be empty.
	Issue string
	// Line is where the entry stands, counted from 1.
	Line int
}

// A List is the entries of one file, in its order.
type List []Entry

// A SyntaxError is a line that is no entry.
type SyntaxError struct {
	Line int
	Text string
}

func (e *SyntaxError) Error() string { return fmt.Sprintf("line %d: %s", e.Line, e.Text) }

// Parse reads a list. An error that is about the content is a *SyntaxError.
func Parse(r io.Reader) (List, error) {
	var list List
	seen := make(map[[2]string]int)
	lines := bufio.NewScanner(r)
	for n := 1; lines.Scan(); n++ {
		text := strings.TrimSpace(lines.Text())
		if text == "" || text[0] == '#' {
			continue
		}
		e, err := parseEntry(text)
		if err != nil {
			return nil, &SyntaxError{Line: n, Text: err.Error()}
		}
		e.Line = n
		key := [2]string{e.Package, e.Test}
		if first := seen[key]; first != 0 {
			return nil, &SyntaxError{Line: n, Text: fmt.Sprintf("%s %s is quarantined by line %d already", e.Package, e.Test, first)}
		}
		seen[key] = n
		list = append(list, e)
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("read the quarantine list: %w", err)
	}
	return list, nil
}

func parseEntry(text string) (Entry, error) {
	words, err := split(text)
	if err != nil {
		return Entry{}, err
	}
	if len(words) < 2 || strings.Contains(words[0], "=") || strings.Contains(words[1], "=") {
		return Entry{}, fmt.Errorf("want: PACKAGE TEST expires=YYYY-MM-DD reason=\"...\"")
	}
	e := Entry{Package: words[0], Test: words[1]}
	for _, word := range words[2:] {
		key, value, ok := strings.Cut(word, "=")
		if !ok {
			return Entry{}, fmt.Errorf("%q is not key=value; put quotes around values with spaces", word)
		}
		if err := e.set(key, value); err != nil {
			return Entry{}, err
		}
	}
	if e.Expires.IsZero() || e.Reason == "" {
		return Entry{}, fmt.Errorf("an entry needs expires=YYYY-MM-DD and reason=\"...\"")
	}
	return e, nil
}

func (e *Entry) set(key, value string) error {
	switch key {
	case "expires":
		day, err := time.Parse(time.DateOnly, value)
		if err != nil {
			return fmt.Errorf("expires=%s: want a date such as 2026-12-31", value)
		}
		e.Expires = day
	case "reason":
		e.Reason = strings.TrimSpace(value)
	case "issue":
		e.Issue = value
	default:
		return fmt.Errorf("unknown key %q; the keys are expires, reason and issue", key)
	}
	return nil
}

// split cuts a line at white space that is not between double quotes. A
// quoted part is a Go string literal.
func split(text string) ([]string, error) {
	var words []string
	for text = strings.TrimSpace(text); text != ""; text = strings.TrimLeftFunc(text, unicode.IsSpace) {
		var word strings.Builder
		for text != "" && !unicode.IsSpace(rune(text[0])) {
			if text[0] != '"' {
				word.WriteByte(text[0])
				text = text[1:]
				continue
			}
			quoted, err := strconv.QuotedPrefix(text)
			if err != nil {
				return nil, fmt.Errorf("the quotes in %s do not match", text)
			}
			value, err := strconv.Unquote(quoted)
			if err != nil {
				return nil, fmt.Errorf("%s is not a string", quoted)
			}
			word.WriteString(value)
			text = text[len(quoted):]
		}
		words = append(words, word.String())
	}
	return words, nil
}

// Expired returns the entries that no longer hold on the day of now.
func (l List) Expired(now time.Time) List {
	var expired List
	for _, e := range l {
		if !now.UTC().Before(e.Expires.AddDate(0, 0, 1)) {
			expired = append(expired, e)
		}
	}
	return expired
}

// Find returns the entry for a test or for one of the tests it is a subtest
// of.
func (l List) Find(importPath, test string) (Entry, bool) {
	for _, e := range l {
		if e.Package == importPath && (e.Test == test || strings.HasPrefix(test, e.Test+"/")) {
			return e, true
		}
	}
	return Entry{}, false
}
