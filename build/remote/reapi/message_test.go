package reapi

import (
	"bytes"
	"io"
	"reflect"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"
)

// TestActionResult: bytes as protoc encodes them, and fields that are not known.
func TestActionResult(t *testing.T) {
	r := ActionResult{Output: Digest{"ab", 300}, Stdout: []byte("out")}
	// output_files { path: "output" digest { hash: "ab" size_bytes: 300 } } stdout_raw: "out"
	want := "\x12\x11\x0a\x06output\x12\x07\x0a\x02ab\x10\xac\x02" + "\x2a\x03out"
	if got := string(r.Marshal()); got != want {
		t.Errorf("%q, want %q", got, want)
	}
	more := "\x20\x01" + "\x09abcdefgh" + "\x4d1234" + want + "\x4a\x02\x0a\x00"
	if got, err := UnmarshalActionResult([]byte(more)); err != nil || !reflect.DeepEqual(got, r) {
		t.Errorf("%+v, %v", got, err)
	}
	for i := range len(want) {
		if got, err := UnmarshalActionResult([]byte(want[:i])); err == nil && reflect.DeepEqual(got, r) {
			t.Errorf("cut after %d bytes it is whole", i)
		}
	}
}

func TestCapabilities(t *testing.T) {
	for text, want := range map[string]capabilities{
		"": {},
		// cache_capabilities { digest_functions: 1,2 (packed) update { enabled } compressors: 1 (packed) }
		"\x0a\x0b" + "\x0a\x02\x02\x01" + "\x12\x02\x08\x01" + "\x32\x01\x01": {sha256: true, zstd: true, update: true},
		"\x0a\x04" + "\x08\x01" + "\x30\x01":                                  {sha256: true, zstd: true}, // not packed
		"\x0a\x06" + "\x08\x02" + "\x12\x00" + "\x32\x00":                     {},
	} {
		if got, err := unmarshalCapabilities([]byte(text)); err != nil || got != want {
			t.Errorf("%q: %+v, %v, want %+v", text, got, err, want)
		}
	}
}

// TestFrames: a content in messages, compressed or not, is that content.
func TestFrames(t *testing.T) {
	for _, n := range []int{1, chunk - 1, chunk, chunk + 1, 3*chunk + 5} {
		for _, compressed := range []bool{false, true} {
			content := strings.Repeat("content ", n/8+1)[:n]
			w := &frames{resource: "name", content: strings.NewReader(content)}
			if compressed {
				var err error
				if w.encoder, err = zstd.NewWriter(&w.deflated, zstd.WithEncoderConcurrency(1)); err != nil {
					t.Fatal(err)
				}
			}
			got, finished := unframe(t, w)
			if compressed {
				d, err := zstd.NewReader(nil)
				if err != nil {
					t.Fatal(err)
				}
				if got, err = d.DecodeAll(got, nil); err != nil {
					t.Fatal(err)
				}
			}
			if string(got) != content || !finished {
				t.Errorf("%d bytes, compressed %t: %d come, finished %t", n, compressed, len(got), finished)
			}
		}
	}
}

// unframe reads messages of a Write as a server does.
func unframe(t *testing.T, r io.Reader) (content []byte, finished bool) {
	t.Helper()
	all, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	for first := true; len(all) > 0; first = false {
		n := int(all[1])<<24 | int(all[2])<<16 | int(all[3])<<8 | int(all[4])
		resource, offset, data := "", int64(0), []byte(nil)
		err := fields(all[5:5+n], func(field int, n uint64, b []byte) error {
			switch field {
			case 1:
				resource = string(b)
			case 2:
				offset = int64(n)
			case 3:
				finished = n == 1
			case 10:
				data = b
			}
			return nil
		})
		if err != nil || first != (resource == "name") || offset != int64(len(content)) {
			t.Errorf("%v: resource %q, offset %d of %d", err, resource, offset, len(content))
		}
		content = append(content, data...)
		all = all[5+n:]
	}
	return content, finished
}

// FuzzFields: whatever a server sends, reading it ends, and hands out no more than
// there was.
func FuzzFields(f *testing.F) {
	f.Add(ActionResult{Output: Digest{"ab", 300}, Stdout: []byte("out")}.Marshal())
	f.Add([]byte("\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"))
	f.Fuzz(func(t *testing.T, b []byte) {
		n := 0
		_ = fields(b, func(field int, _ uint64, data []byte) error {
			if n += len(data) + 1; n > len(b) || data != nil && !bytes.Contains(b, data) || field <= 0 {
				t.Errorf("field %d with %q of %q", field, data, b)
			}
			return nil
		})
		_, _ = UnmarshalActionResult(b)
		_, _ = unmarshalCapabilities(b)
	})
}
