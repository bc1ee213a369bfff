package report

import (
	"io"
	"sync"
)

// clearLine goes to the first column and erases what stands there.
const clearLine = "\r\x1b[K"

// A Line is the last line of a terminal, repainted in place. Everything else
// that is written to the terminal must go through one of its writers, which
// take the line away first and put it back after the next full line.
type Line struct {
	mu      sync.Mutex
	w       io.Writer
	text    string
	painted bool
	// midLine is true while what was written last does not end in a
	// newline; painting then would glue the status to it.
	midLine bool
}

// NewLine returns a line that is painted on w, a terminal.
func NewLine(w io.Writer) *Line { return &Line{w: w} }

// Set replaces the text; an empty text removes the line. The status is
// decoration, so a terminal that refuses it is nobody's error.
func (l *Line) Set(text string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if text == l.text {
		return
	}
	l.text = text
	if l.midLine {
		return
	}
	l.clear()
	l.paint()
}

func (l *Line) clear() {
	if l.painted {
		_, _ = io.WriteString(l.w, clearLine)
		l.painted = false
	}
}

func (l *Line) paint() {
	if l.text != "" && !l.midLine {
		_, _ = io.WriteString(l.w, l.text)
		l.painted = true
	}
}

// Writer returns a writer to w, which shares the terminal with the line. The
// bytes arrive unchanged.
func (l *Line) Writer(w io.Writer) io.Writer { return &lineWriter{l, w} }

type lineWriter struct {
	line *Line
	w    io.Writer
}

func (lw *lineWriter) Write(p []byte) (int, error) {
	lw.line.mu.Lock()
	defer lw.line.mu.Unlock()
	lw.line.clear()
	n, err := lw.w.Write(p)
	if n > 0 {
		lw.line.midLine = p[n-1] != '\n'
	}
	lw.line.paint()
	return n, err
}
