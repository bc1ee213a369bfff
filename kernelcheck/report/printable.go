package report

import (
	"fmt"
	"strings"
	"unicode"
)

// Printable shows control characters as escapes, so that nothing that comes
// from a repository, a binary, a snapshot or a file name can steer the terminal.
func Printable(s string) string { return printable(s, false, false) }

// printable is Printable for a whole text: lines stay lines, and the colours
// that [Human] paints with stay colours, where they are wanted.
func printable(s string, text, color bool) string {
	var b strings.Builder
	for i, r := range s {
		switch {
		case text && r == '\n', color && r == '\x1b' && painted(s[i:]):
			b.WriteRune(r)
		case unicode.IsControl(r), unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp):
			fmt.Fprintf(&b, "\\x%02x", r)
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// painted reports whether an escape sequence is one of those of [Human.paint].
func painted(s string) bool {
	for _, code := range []string{"0", "1", "2", "31", "32", "33"} {
		if strings.HasPrefix(s, "\x1b["+code+"m") {
			return true
		}
	}
	return false
}
