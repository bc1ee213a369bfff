package cacheprog

import (
	"bytes"
	"encoding/json"
	"reflect"
	"testing"
	"time"
)

// FuzzParseGet: what is read by hand is what package json reads.
func FuzzParseGet(f *testing.F) {
	for _, line := range []string{
		`{"ID":12,"Command":"get","ActionID":"AAECAw=="}`, `{"ID":12,"Command":"get","ActionID":""}`, `{"ID":,"Command":"get","ActionID":"AAEC"}`,
		`{"ID":012,"Command":"get","ActionID":"AAEC"}`, `{"ID":-1,"Command":"get","ActionID":"AAEC"}`, `{"ID":1,"Command":"get","ActionID":"AA\nEC"}`,
		`{"ID":1,"Command":"get","ActionID":"AAEC","ObjectID":"AAEC"}`, `{"ID":1,"Command":"get","ActionID":"AAE"}`, `{"ID":9999999999999999999,"Command":"get","ActionID":"AAEC"}`,
		`{"ID":1,"Command":"put","ActionID":"AAEC"}`, "{\"ID\":1,\"Command\":\"get\",\"ActionID\":\"AA\rEC\"}",
	} {
		f.Add([]byte(line + "\n"))
	}
	f.Fuzz(func(t *testing.T, line []byte) {
		got, ok := parseGet(line)
		if !ok {
			return
		}
		var want request
		if err := json.Unmarshal(line, &want); err != nil || got.ID != want.ID || got.Command != want.Command || !bytes.Equal(got.ActionID, want.ActionID) {
			t.Errorf("%q is read as %+v, by json as %+v, %v", line, got, want, err)
		}
	})
}

// TestParseGet: what cmd/go writes is read by hand.
func TestParseGet(t *testing.T) {
	line, err := json.Marshal(struct {
		ID       int64
		Command  string
		ActionID []byte `json:",omitempty"`
	}{7, "get", make([]byte, 32)})
	if err != nil {
		t.Fatal(err)
	}
	if req, ok := parseGet(append(line, '\n')); !ok || req.ID != 7 || len(req.ActionID) != 32 {
		t.Errorf("%s: %+v, %t", line, req, ok)
	}
}

// FuzzAppendFound: what is written by hand is what package json writes.
func FuzzAppendFound(f *testing.F) {
	f.Add(int64(1), []byte("abc"), int64(3), int64(1_700_000_000_123_456_789), "/cache/aa/bb-d")
	f.Add(int64(0), []byte(nil), int64(0), int64(-1), "/ä\x00\"<>&\\\x7f")
	f.Add(int64(5), []byte{0}, int64(5), int64(0), "a\u2028b")
	f.Fuzz(func(t *testing.T, id int64, out []byte, size, stamp int64, path string) {
		at := time.Unix(0, stamp)
		r := response{ID: id, OutputID: out, Size: size, Time: &at, DiskPath: path}
		got := appendFound(nil, r)
		if len(got) == 0 {
			return
		}
		var back response
		want, err := json.Marshal(r)
		if err != nil || string(got) != string(want)+"\n" {
			t.Errorf("%s, want %s, %v", got, want, err)
		}
		if err := json.Unmarshal(got, &back); err != nil || back.DiskPath != path || !reflect.DeepEqual(back.OutputID, out) {
			t.Errorf("%s is read as %+v, %v", got, back, err)
		}
	})
}
