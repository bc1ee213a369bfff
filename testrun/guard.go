package testrun

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"unicode/utf8"
)

// maxLine is the longest line given to testjson, which reads with a
// bufio.Scanner: that gives up at 64 KiB, and the rest of the run with it.
const maxLine = 60 << 10

// A guard reads go test's stdout: lines that are no events go to foreign
// instead, and an event whose line is too long for testjson becomes several
// with a part of the output each.
type guard struct {
	in      *bufio.Reader
	max     int // length of a line, 0 for any
	foreign func([]byte)
	err     error
}

func newGuard(r io.Reader, max int, foreign func([]byte)) *guard {
	return &guard{in: bufio.NewReaderSize(r, 256<<10), max: max, foreign: foreign}
}

// next returns the next event, or the several that were made of one, as whole
// lines. They are valid until the next call.
func (g *guard) next() ([]byte, error) {
	for g.err == nil {
		if lines := g.fill(); len(lines) > 0 {
			return lines, nil
		}
	}
	return nil, g.err
}

// idle reports whether go has to write before there is more to read.
func (g *guard) idle() bool { return g.in.Buffered() == 0 }

// fill reads one line.
func (g *guard) fill() []byte {
	line, err := g.in.ReadSlice('\n')
	if err == bufio.ErrBufferFull {
		line = append([]byte(nil), line...)
		var rest []byte
		rest, err = g.in.ReadBytes('\n')
		line = append(line, rest...)
	}
	g.err = err
	switch {
	case len(line) == 0:
	case !isEvent(line):
		g.foreign(line)
	case g.max == 0 || len(line) <= g.max:
		return line
	default:
		return g.split(line)
	}
	return nil
}

// isEvent reports whether a line is an event: an object that is whole. Torn
// lines, as of a go that was killed, are not.
func isEvent(line []byte) bool {
	body := bytes.TrimRight(line, "\r\n")
	return len(body) > 1 && body[0] == '{' && body[len(body)-1] == '}' &&
		(len(line) <= maxLine || json.Valid(body))
}

// partSize is how much output an event that was split carries. Escapes can
// make a byte six times as long.
const partSize = maxLine / 8

// split turns one event into several that differ in their output only.
func (g *guard) split(line []byte) []byte {
	var e map[string]json.RawMessage
	var output string
	if json.Unmarshal(line, &e) != nil || json.Unmarshal(e["Output"], &output) != nil {
		g.foreign(line)
		return nil
	}
	var all []byte
	for len(output) > 0 {
		n := cutText(output, partSize)
		part, err := json.Marshal(output[:n])
		if err != nil {
			break // a string can always be encoded
		}
		e["Output"], output = part, output[n:]
		one, err := json.Marshal(e)
		if err != nil || len(one) > maxLine {
			g.foreign(line)
			return nil
		}
		all = append(append(all, one...), '\n')
	}
	return all
}

// cutText is where to cut s after at most n bytes without splitting a rune.
func cutText(s string, n int) int {
	if len(s) <= n {
		return len(s)
	}
	for i := n; i > n-utf8.UTFMax; i-- {
		if utf8.RuneStart(s[i]) {
			return i
		}
	}
	return n
}

// A lineGuard is the same for stderr, where any text is allowed: it breaks
// lines that are too long.
type lineGuard struct {
	in    *bufio.Reader
	ready []byte
	err   error
}

func newLineGuard(r io.Reader) *lineGuard {
	return &lineGuard{in: bufio.NewReaderSize(r, maxLine)}
}

// Read implements io.Reader.
func (g *lineGuard) Read(p []byte) (int, error) {
	if len(g.ready) == 0 {
		if g.err != nil {
			return 0, g.err
		}
		line, err := g.in.ReadSlice('\n')
		g.ready = line
		if err == bufio.ErrBufferFull {
			g.ready, err = append(line[:len(line):len(line)], '\n'), nil
		}
		g.err = err
	}
	n := copy(p, g.ready)
	g.ready = g.ready[n:]
	return n, nil
}
