package cacheprog

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"errors"
	"strconv"
	"time"
)

// A warm build asks a thousand times for what is there, most of the time once it
// has the answer to the question before. For these questions and answers, as cmd/go
// writes and reads them, package encoding/json takes longer than all the rest.

// readLine reads a line, which is valid until the next read.
func readLine(r *bufio.Reader) ([]byte, error) {
	line, err := r.ReadSlice('\n')
	if !errors.Is(err, bufio.ErrBufferFull) {
		return line, err
	}
	begin := bytes.Clone(line)
	rest, err := r.ReadBytes('\n')
	return append(begin, rest...), err
}

// parseGet reads a get if it is written as cmd/go does.
func parseGet(line []byte) (req request, ok bool) {
	rest, ok := bytes.CutPrefix(line, []byte(`{"ID":`))
	if !ok {
		return req, false
	}
	number, rest, ok := bytes.Cut(rest, []byte(`,"Command":"get","ActionID":"`))
	if !ok || len(number) == 0 || len(number) > 18 || number[0] == '0' {
		return req, false
	}
	action, ok := bytes.CutSuffix(rest, []byte("\"}\n"))
	if !ok || bytes.ContainsAny(action, "\r\n") { // which base64 passes over
		return req, false
	}
	for _, c := range number {
		if c < '0' || c > '9' {
			return req, false
		}
		req.ID = 10*req.ID + int64(c-'0')
	}
	id := make([]byte, base64.StdEncoding.DecodedLen(len(action)))
	n, err := base64.StdEncoding.Decode(id, action)
	req.Command, req.ActionID = "get", id[:n]
	return req, err == nil
}

// appendFound writes an answer that has a file, unless its name has anything in it
// that JSON would escape.
func appendFound(b []byte, r response) []byte {
	if r.ID <= 0 || r.Err != "" || r.KnownCommands != nil || r.Miss || len(r.OutputID) == 0 || r.Size <= 0 || r.Time == nil || r.DiskPath == "" {
		return b
	}
	if year := r.Time.Year(); year < 1970 || year > 9999 {
		return b
	}
	for _, c := range []byte(r.DiskPath) {
		if c < ' ' || c > '~' || c == '"' || c == '\\' || c == '<' || c == '>' || c == '&' {
			return b
		}
	}
	b = strconv.AppendInt(append(b, `{"ID":`...), r.ID, 10)
	b = base64.StdEncoding.AppendEncode(append(b, `,"OutputID":"`...), r.OutputID)
	b = strconv.AppendInt(append(b, `","Size":`...), r.Size, 10)
	b = r.Time.AppendFormat(append(b, `,"Time":"`...), time.RFC3339Nano)
	b = append(append(b, `","DiskPath":"`...), r.DiskPath...)
	return append(b, "\"}\n"...)
}
