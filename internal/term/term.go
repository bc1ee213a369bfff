// Package term knows the terminal: the standard streams, whether they are
// terminals, how wide, and whether to colour. Commands get a [Term] and never
// touch os.Stdout themselves, so that tests can hand them buffers.
package term

import (
	"fmt"
	"io"
	"os"

	"golang.org/x/term"
)

// A Term is where a command reads and writes. The zero value of every field
// but the streams is usable and stands for a plain pipe.
type Term struct {
	In       io.Reader
	Out, Err io.Writer
	// OutTTY and ErrTTY report whether Out and Err are terminals.
	OutTTY, ErrTTY bool
	// Columns returns the width of the terminal on Err, 0 if unknown.
	Columns func() int
	// Environ is the environment in os.Environ form; nil means empty.
	Environ []string
}

// Std returns the process's own streams and environment.
func Std() *Term {
	return &Term{
		In: os.Stdin, Out: os.Stdout, Err: os.Stderr,
		OutTTY: isTerminal(os.Stdout), ErrTTY: isTerminal(os.Stderr),
		Columns: columns,
		Environ: os.Environ(),
	}
}

func isTerminal(f *os.File) bool {
	return term.IsTerminal(int(f.Fd())) && understandsEscapes(f)
}

func columns() int {
	width, _, err := term.GetSize(int(os.Stderr.Fd()))
	if err != nil {
		return 0
	}
	return width
}

// Getenv returns the value of a variable, "" if it is not set.
func (t *Term) Getenv(name string) string {
	for i := len(t.Environ) - 1; i >= 0; i-- {
		kv := t.Environ[i]
		if len(kv) > len(name) && kv[len(name)] == '=' && kv[:len(name)] == name {
			return kv[len(name)+1:]
		}
	}
	return ""
}

// Width is the number of columns to assume for the terminal on Err.
func (t *Term) Width() int {
	if t.Columns != nil {
		if n := t.Columns(); n > 0 {
			return n
		}
	}
	return 80
}

// Repaints reports whether a status line can be repainted on Err.
func (t *Term) Repaints() bool {
	return t.ErrTTY && t.Getenv("TERM") != "dumb"
}

// A ColorMode is the value of --color.
type ColorMode string

// The values of --color.
const (
	ColorAuto   ColorMode = "auto"
	ColorAlways ColorMode = "always"
	ColorNever  ColorMode = "never"
)

// ParseColor reads the value of --color.
func ParseColor(s string) (ColorMode, error) {
	switch mode := ColorMode(s); mode {
	case ColorAuto, ColorAlways, ColorNever:
		return mode, nil
	}
	return "", fmt.Errorf("%q is none of auto, always and never", s)
}

// Color decides whether to colour output that goes to a stream, given
// whether that is a terminal. The flag comes first, then NO_COLOR,
// CLICOLOR_FORCE and TERM=dumb.
func (t *Term) Color(mode ColorMode, tty bool) bool {
	switch {
	case mode == ColorAlways:
		return true
	case mode == ColorNever, t.Getenv("NO_COLOR") != "":
		return false
	case t.Getenv("CLICOLOR_FORCE") != "" && t.Getenv("CLICOLOR_FORCE") != "0":
		return true
	}
	return tty && t.Getenv("TERM") != "dumb"
}
