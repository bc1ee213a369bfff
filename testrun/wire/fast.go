package wire

import (
	"bytes"
	"strconv"
	"unicode/utf8"
)

// fast decodes a line that has the form in which go writes events. If it
// returns false, e may be half filled.
func (d *Decoder) fast(line []byte, e *Event) bool {
	s := scanner{rest: bytes.TrimRight(line, "\r\n"), scratch: d.scratch}
	defer func() { d.scratch = s.scratch[:0] }()
	if !s.skip('{') {
		return false
	}
	for {
		key, ok := s.plain()
		if !ok || !s.skip(':') || !d.field(&s, string(key), e) {
			return false
		}
		if s.skip(',') {
			continue
		}
		return s.skip('}') && len(s.rest) == 0
	}
}

// field decodes the value of a key.
func (d *Decoder) field(s *scanner, key string, e *Event) bool {
	if key == "Elapsed" {
		var ok bool
		e.Elapsed, ok = s.number()
		return ok
	}
	v, ok := s.text()
	if !ok {
		return false
	}
	switch key {
	case "Time":
		e.Time = string(v)
		return isTime(v)
	case "Action":
		e.Action, ok = action(v)
		return ok
	case "Package":
		if string(v) != d.pkg {
			d.pkg = d.name(v)
		}
		e.Package = d.pkg
	case "Test":
		e.Test = d.name(v)
	case "Output":
		e.Output = string(v)
	case "ImportPath":
		e.ImportPath = d.name(v)
	case "FailedBuild":
		e.FailedBuild = string(v)
	case "Key", "Value", "OutputType", "Path": // of no interest
	default:
		return false // encoding/json ignores case
	}
	return true
}

// action is one of those there are.
func action(v []byte) (string, bool) {
	for _, a := range [...]string{Output, Run, Pass, Fail, Skip, Pause, Cont, Start, Attr, Bench, BuildOutput, BuildFail} {
		if string(v) == a {
			return a, true
		}
	}
	return "", false
}

// scanner is what is left of a line.
type scanner struct {
	rest    []byte
	scratch []byte
}

func (s *scanner) skip(c byte) bool {
	if len(s.rest) == 0 || s.rest[0] != c {
		return false
	}
	s.rest = s.rest[1:]
	return true
}

// plain reads a string without escapes, of ASCII.
func (s *scanner) plain() ([]byte, bool) {
	if !s.skip('"') {
		return nil, false
	}
	for i, c := range s.rest {
		switch {
		case c == '"':
			v := s.rest[:i]
			s.rest = s.rest[i+1:]
			return v, true
		case c < ' ', c == '\\', c >= utf8.RuneSelf:
			return nil, false
		}
	}
	return nil, false
}

// text reads a string. The result is valid until the next one is read.
func (s *scanner) text() ([]byte, bool) {
	if !s.skip('"') {
		return nil, false
	}
	ascii := true
	for i, c := range s.rest {
		switch {
		case c == '"':
			v := s.rest[:i]
			s.rest = s.rest[i+1:]
			return v, ascii || utf8.Valid(v)
		case c == '\\':
			return s.escaped(i, ascii)
		case c < ' ':
			return nil, false
		case c >= utf8.RuneSelf:
			ascii = false
		}
	}
	return nil, false
}

// escaped goes on with a string that has an escape at i.
func (s *scanner) escaped(i int, ascii bool) ([]byte, bool) {
	v := append(s.scratch[:0], s.rest[:i]...)
	defer func() { s.scratch = v[:0] }()
	for i < len(s.rest) {
		c := s.rest[i]
		switch {
		case c == '"':
			s.rest = s.rest[i+1:]
			return v, ascii || utf8.Valid(v)
		case c == '\\':
			r, n := escape(s.rest[i:])
			if n == 0 {
				return nil, false
			}
			v = utf8.AppendRune(v, r)
			i += n
			continue
		case c < ' ':
			return nil, false
		case c >= utf8.RuneSelf:
			ascii = false
		}
		v = append(v, c)
		i++
	}
	return nil, false
}

// escape reads an escape and returns its length, 0 if it is none, or one half
// of a surrogate pair.
func escape(b []byte) (r rune, n int) {
	if len(b) < 2 {
		return 0, 0
	}
	switch b[1] {
	case '"', '\\', '/':
		return rune(b[1]), 2
	case 'n':
		return '\n', 2
	case 't':
		return '\t', 2
	case 'r':
		return '\r', 2
	case 'b':
		return '\b', 2
	case 'f':
		return '\f', 2
	case 'u':
		if len(b) < 6 {
			return 0, 0
		}
		for _, c := range b[2:6] {
			digit, ok := unhex(c)
			if !ok {
				return 0, 0
			}
			r = r<<4 | digit
		}
		if 0xd800 <= r && r < 0xe000 {
			return 0, 0
		}
		return r, 6
	}
	return 0, 0
}

func unhex(c byte) (rune, bool) {
	switch {
	case '0' <= c && c <= '9':
		return rune(c - '0'), true
	case 'a' <= c && c <= 'f':
		return rune(c-'a') + 10, true
	case 'A' <= c && c <= 'F':
		return rune(c-'A') + 10, true
	}
	return 0, false
}

// number reads a number of digits with at most one point among them. Others,
// with a sign or an exponent, go does not write.
func (s *scanner) number() (float64, bool) {
	n, point := 0, -1
	for n < len(s.rest) {
		c := s.rest[n]
		if c == '.' && point < 0 {
			point = n
		} else if c < '0' || c > '9' {
			break
		}
		n++
	}
	digits := s.rest[:n]
	if n == 0 || point == 0 || point == n-1 || digits[0] == '0' && n > 1 && point != 1 {
		return 0, false
	}
	s.rest = s.rest[n:]
	v, err := strconv.ParseFloat(string(digits), 64)
	return v, err == nil
}

// isTime reports whether v is a time as go writes it, and one that there is on
// every calendar: the 29th of February is left to package time.
func isTime(v []byte) bool {
	const form = "0000-00-00T00:00:00"
	if len(v) <= len(form) {
		return false
	}
	for i := range form {
		if form[i] == '0' && !isDigit(v[i]) || form[i] != '0' && v[i] != form[i] {
			return false
		}
	}
	if !between(v[5:], 1, 12) || !between(v[8:], 1, 28) || !between(v[11:], 0, 23) || !between(v[14:], 0, 59) || !between(v[17:], 0, 59) {
		return false
	}
	v = v[len(form):]
	if v[0] == '.' {
		n := 1
		for n < len(v) && isDigit(v[n]) {
			n++
		}
		if n == 1 {
			return false
		}
		v = v[n:]
	}
	if string(v) == "Z" {
		return true
	}
	return len(v) == 6 && (v[0] == '+' || v[0] == '-') && v[3] == ':' && isDigit(v[1]) && isDigit(v[2]) &&
		isDigit(v[4]) && isDigit(v[5]) && between(v[1:], 0, 23) && between(v[4:], 0, 59)
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

// between reports whether two digits are a number from low to high.
func between(v []byte, low, high int) bool {
	n := int(v[0]-'0')*10 + int(v[1]-'0')
	return low <= n && n <= high
}
