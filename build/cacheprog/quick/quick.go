// Package quick answers go's requests for what go's build cache has, for as long as
// there are no others: the whole of a warm build, which waits a thousand times for an
// answer and each time for the other process to be woken.
//
// It reads and writes with bare system calls, of which the scheduler of goroutines
// knows nothing, allocates nothing, and imports nothing that package os does not: what
// imports it early is ready before the rest of gust has begun to start. Whatever is
// not the question for an entry that is there, or is not, it leaves to package cacheprog.
package quick

import "time"

// The sizes and times of cmd/go/internal/cache.
const (
	entrySize   = len("v1 ") + 64 + 1 + 64 + 1 + 20 + 1 + 20 + 1
	markEvery   = time.Hour
	trimEvery   = 24 * time.Hour
	outputStart = len("v1 ") + 64 + 1
	sizeStart   = outputStart + 64 + 1
	timeStart   = sizeStart + 20 + 1
)

// Hello is what a program for GOCACHEPROG begins with.
const Hello = `{"ID":0,"KnownCommands":["get","put","close"]}` + "\n"

const (
	get     = `,"Command":"get","ActionID":"`
	getEnd  = `"}` + "\n"
	closing = `,"Command":"close"}` + "\n"
)

// A question is a line of go's.
type question struct {
	id     []byte // digits
	action [32]byte
	close  bool
}

// parse reads a line as cmd/go writes it; ok is false for all that is not to be
// answered here.
func parse(line []byte) (q question, ok bool) {
	const start = `{"ID":`
	if len(line) < len(start) || string(line[:len(start)]) != start {
		return q, false
	}
	rest := line[len(start):]
	n := 0
	for n < len(rest) && '0' <= rest[n] && rest[n] <= '9' {
		n++
	}
	if n == 0 || n > 18 || rest[0] == '0' {
		return q, false
	}
	q.id, rest = rest[:n], rest[n:]
	if string(rest) == closing {
		q.close = true
		return q, true
	}
	const length = 44 // of 32 bytes in base64
	if len(rest) != len(get)+length+len(getEnd) || string(rest[:len(get)]) != get || string(rest[len(get)+length:]) != getEnd {
		return q, false
	}
	return q, decode(&q.action, rest[len(get):len(get)+length])
}

const digits64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

// decode reads base64 of 32 bytes.
func decode(out *[32]byte, text []byte) bool {
	var bits uint32
	n := 0
	for i, c := range text[:43] {
		v := value64(c)
		if v < 0 {
			return false
		}
		bits = bits<<6 | uint32(v)
		if i%4 != 0 && n < len(out) {
			out[n] = byte(bits >> (6 - 2*(i%4)))
			n++
		}
	}
	return n == len(out) && bits&3 == 0 && text[43] == '='
}

func value64(c byte) int {
	switch {
	case 'A' <= c && c <= 'Z':
		return int(c - 'A')
	case 'a' <= c && c <= 'z':
		return int(c-'a') + 26
	case '0' <= c && c <= '9':
		return int(c-'0') + 52
	case c == '+':
		return 62
	case c == '/':
		return 63
	}
	return -1
}

// encode appends base64 of 32 bytes.
func encode(b []byte, in *[32]byte) []byte {
	for i := 0; i < 30; i += 3 {
		v := uint32(in[i])<<16 | uint32(in[i+1])<<8 | uint32(in[i+2])
		b = append(b, digits64[v>>18], digits64[v>>12&63], digits64[v>>6&63], digits64[v&63])
	}
	v := uint32(in[30])<<16 | uint32(in[31])<<8
	return append(b, digits64[v>>18], digits64[v>>12&63], digits64[v>>6&63], '=')
}

// An entry is what the cache says of an action.
type entry struct {
	output  [32]byte
	size    int64
	made    int64 // nanoseconds since 1970
	inHex   []byte
	correct bool
}

// parseEntry reads the entry of an action, whose name it has in it.
func parseEntry(name, data []byte) (e entry) {
	if len(data) != entrySize || string(data[:3]) != "v1 " || string(data[3:3+64]) != string(name) ||
		data[outputStart-1] != ' ' || data[sizeStart-1] != ' ' || data[timeStart-1] != ' ' || data[entrySize-1] != '\n' {
		return e
	}
	e.inHex = data[outputStart : outputStart+64]
	for i := range e.output {
		high, low := hexValue(e.inHex[2*i]), hexValue(e.inHex[2*i+1])
		if high < 0 || low < 0 {
			return e
		}
		e.output[i] = byte(high<<4 | low)
	}
	var ok1, ok2 bool
	e.size, ok1 = number(data[sizeStart : sizeStart+20])
	e.made, ok2 = number(data[timeStart : timeStart+20])
	e.correct = ok1 && ok2
	return e
}

func hexValue(c byte) int {
	switch {
	case '0' <= c && c <= '9':
		return int(c - '0')
	case 'a' <= c && c <= 'f':
		return int(c-'a') + 10
	}
	return -1
}

// number reads digits behind spaces.
func number(b []byte) (n int64, ok bool) {
	i := 0
	for i < len(b) && b[i] == ' ' {
		i++
	}
	if i == len(b) || len(b)-i > 18+1 {
		return 0, false
	}
	for ; i < len(b); i++ {
		if b[i] < '0' || b[i] > '9' || n > (1<<63-10)/10 {
			return 0, false
		}
		n = 10*n + int64(b[i]-'0')
	}
	return n, true
}

const hexDigits = "0123456789abcdef"

// appendHex appends bytes in hexadecimal.
func appendHex(b []byte, id *[32]byte) []byte {
	for _, c := range id {
		b = append(b, hexDigits[c>>4], hexDigits[c&15])
	}
	return b
}

func appendNumber(b []byte, n int64) []byte {
	var buf [20]byte
	i := len(buf)
	for i--; ; i-- {
		buf[i] = byte('0' + n%10)
		if n /= 10; n == 0 {
			return append(b, buf[i:]...)
		}
	}
}

// appendFound appends the answer for what is at a path.
func appendFound(b []byte, id []byte, e *entry, path []byte) []byte {
	b = append(append(b, `{"ID":`...), id...)
	b = encode(append(b, `,"OutputID":"`...), &e.output)
	b = append(b, '"')
	if e.size > 0 { // as encoding/json leaves it out
		b = appendNumber(append(b, `,"Size":`...), e.size)
	}
	b = time.Unix(0, e.made).UTC().AppendFormat(append(b, `,"Time":"`...), time.RFC3339Nano)
	b = append(append(b, `","DiskPath":"`...), path...)
	return append(b, getEnd...)
}

// plain reports whether a directory can stand in JSON as it is.
func plain(dir string) bool {
	for _, c := range []byte(dir) {
		if c < ' ' || c > '~' || c == '"' || c == '\\' || c == '<' || c == '>' || c == '&' {
			return false
		}
	}
	return len(dir) > 0 && dir[0] == '/'
}
