package runlog

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/gust-go/gust/internal/event"
)

// MaxLine is how much of a line is read. What gust test --json writes about a
// failed test can be as long as what the test wrote.
const MaxLine = 1 << 20

// An Entry is one line of a run.
type Entry struct {
	Event event.Event
	// At is the time since the run began; zero in a file that --json wrote.
	At time.Duration
	// Text is the line, without its end, if it is no event.
	Text string
}

// A Reader reads events from a log or from what --json writes. It holds no
// more than MaxLine of a line in memory.
type Reader struct {
	in  *bufio.Reader
	buf []byte
}

// NewReader returns a reader of r.
func NewReader(r io.Reader) *Reader { return &Reader{in: bufio.NewReaderSize(r, 64<<10)} }

// Next returns the next entry, io.EOF behind the last. A line that is torn by a
// crash is skipped; one that is too long loses the end of its last text.
func (r *Reader) Next() (Entry, error) {
	for {
		line, long, err := r.line()
		if err != nil {
			return Entry{}, err
		}
		if long {
			line = mend(line)
		}
		e, decodeErr := event.Decode(line)
		switch {
		case decodeErr == nil:
			return Entry{Event: e, At: at(line)}, nil
		case errors.Is(decodeErr, event.ErrUnknown) && len(line) > 0 && line[0] != '{':
			return Entry{Text: string(line)}, nil
		}
		// An event of a version to come, or a torn one.
	}
}

// line reads a line into the buffer; long says that its end was dropped.
func (r *Reader) line() (line []byte, long bool, err error) {
	r.buf = r.buf[:0]
	for {
		part, err := r.in.ReadSlice('\n')
		if room := MaxLine - len(r.buf); len(part) > room {
			part, long = part[:room], true
		}
		r.buf = append(r.buf, part...)
		switch {
		case err == nil:
			if n := len(r.buf); !long {
				r.buf = r.buf[:n-1]
			}
			return r.buf, long, nil
		case errors.Is(err, bufio.ErrBufferFull):
		case errors.Is(err, io.EOF) && len(r.buf) > 0:
			return r.buf, long, nil
		default:
			return nil, false, err
		}
	}
}

// mend closes the strings and objects that are open at the end of a line that
// was cut. Fields that stood behind the cut are lost.
func mend(line []byte) []byte {
	var open []byte // what is to be closed, innermost last
	inString := false
	for i := 0; i < len(line); i++ {
		switch c := line[i]; {
		case inString && c == '\\':
			width := 2
			if i+1 < len(line) && line[i+1] == 'u' {
				width = 6
			}
			if i+width > len(line) {
				line = line[:i] // half an escape
				continue
			}
			i += width - 1
		case c == '"':
			inString = !inString
		case inString:
		case c == '{':
			open = append(open, '}')
		case c == '[':
			open = append(open, ']')
		case c == '}' || c == ']':
			if len(open) > 0 {
				open = open[:len(open)-1]
			}
		}
	}
	out := append([]byte(nil), line...)
	if inString {
		out = append(out, '"')
	}
	for i := len(open) - 1; i >= 0; i-- {
		out = append(out, open[i])
	}
	return out
}

// ReadFile calls f for each entry in a file until it returns false.
func ReadFile(path string, f func(Entry) bool) error {
	file, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("read a run: %w", err)
	}
	defer file.Close()
	r := NewReader(file)
	for {
		e, err := r.Next()
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return fmt.Errorf("read the run in %q: %w", path, err)
		case !f(e):
			return nil
		}
	}
}
