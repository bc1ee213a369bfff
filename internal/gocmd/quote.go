package gocmd

import (
	"fmt"
	"strings"
)

// SplitGOFLAGS cuts a GOFLAGS value, or the value of a flag such as
// -toolexec or -ldflags, into its fields by go's rules: fields are separated
// by ASCII space; one that begins with a single or double quote runs to the
// next quote of that kind; nothing is unescaped, and a quote further inside
// a field is an ordinary character.
func SplitGOFLAGS(s string) ([]string, error) {
	var fields []string
	for {
		s = strings.TrimLeft(s, spaces)
		if s == "" {
			return fields, nil
		}
		if quote := s[0]; quote == '\'' || quote == '"' {
			end := strings.IndexByte(s[1:], quote)
			if end < 0 {
				return nil, fmt.Errorf("unterminated %c string in %q", quote, s)
			}
			fields, s = append(fields, s[1:1+end]), s[2+end:]
			continue
		}
		end := strings.IndexAny(s, spaces)
		if end < 0 {
			end = len(s)
		}
		fields, s = append(fields, s[:end]), s[end:]
	}
}

// Quote joins arguments into one value that go (and [SplitGOFLAGS]) splits
// into the same fields again. An argument that needs quotes but holds both
// kinds cannot be expressed; that is an error.
func Quote(args ...string) (string, error) {
	quoted := make([]string, len(args))
	for i, arg := range args {
		q, err := quoteOne(arg)
		if err != nil {
			return "", err
		}
		quoted[i] = q
	}
	return strings.Join(quoted, " "), nil
}

const spaces = " \t\n\r"

func quoteOne(arg string) (string, error) {
	plain := arg != "" && !strings.ContainsAny(arg, spaces) && arg[0] != '\'' && arg[0] != '"'
	switch {
	case plain:
		return arg, nil
	case !strings.Contains(arg, "'"):
		return "'" + arg + "'", nil
	case !strings.Contains(arg, `"`):
		return `"` + arg + `"`, nil
	}
	return "", fmt.Errorf("quote %q: it contains both kinds of quotes", arg)
}
