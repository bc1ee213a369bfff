package report

import (
	"bytes"
	"io"
	"strings"
	"testing"
)

// screen shows what a terminal would: a line that is cleared is gone.
func screen(raw string) string {
	var out strings.Builder
	current := ""
	for raw != "" {
		if rest, ok := strings.CutPrefix(raw, clearLine); ok {
			current, raw = "", rest
			continue
		}
		if raw[0] == '\n' {
			out.WriteString(current + "\n")
			current = ""
		} else {
			current += raw[:1]
		}
		raw = raw[1:]
	}
	return out.String() + current
}

func TestLineStaysBelowOutput(t *testing.T) {
	var terminal bytes.Buffer
	l := &Line{w: &terminal}
	goErr := l.Writer(&terminal)
	l.Set("[1 compiled] a")
	write := func(s string) {
		t.Helper()
		if n, err := io.WriteString(goErr, s); n != len(s) || err != nil {
			t.Fatalf("Write(%q) = %d, %v", s, n, err)
		}
	}
	write("# pkg\n")
	l.Set("[2 compiled] b")
	write("main.go:1: unde")
	l.Set("[3 compiled] c") // must not be glued to half a line
	write("fined: x\n")
	if got, want := screen(terminal.String()), "# pkg\nmain.go:1: undefined: x\n[3 compiled] c"; got != want {
		t.Errorf("the terminal shows %q, want %q", got, want)
	}
	l.Set("")
	if got, want := screen(terminal.String()), "# pkg\nmain.go:1: undefined: x\n"; got != want {
		t.Errorf("at the end the terminal shows %q, want %q", got, want)
	}
}

func TestLineWriterChangesNothing(t *testing.T) {
	var status, out bytes.Buffer
	l := &Line{w: &status}
	w := l.Writer(&out)
	l.Set("busy")
	data := "\x00\r\n\x1b[31mred\xff"
	if _, err := io.WriteString(w, data); err != nil {
		t.Fatal(err)
	}
	if out.String() != data {
		t.Errorf("the bytes %q arrived as %q", data, out.String())
	}
}

type fullDisk struct{}

func (fullDisk) Write([]byte) (int, error) { return 0, io.ErrShortWrite }

func TestLineWriterReportsErrors(t *testing.T) {
	l := &Line{w: io.Discard}
	if _, err := l.Writer(fullDisk{}).Write([]byte("x")); err != io.ErrShortWrite {
		t.Errorf("error = %v, want that of the writer below", err)
	}
}
