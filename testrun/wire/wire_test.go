package wire

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

// lines are all lines of the recorded streams.
func lines(t testing.TB) [][]byte {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("..", "..", "testdata", "streams", "*.json"))
	if err != nil || len(files) < 40 {
		t.Fatalf("found %d streams, %v", len(files), err)
	}
	var all [][]byte
	for _, file := range files {
		stream, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for line := range bytes.Lines(stream) {
			all = append(all, bytes.Clone(line))
		}
	}
	return all
}

// agree compares Decode with encoding/json alone. It reports whether the fast
// way was taken.
func agree(d *Decoder, line []byte) (fast bool, err error) {
	var got, want Event
	ok, wantOK := d.Decode(line, &got), slow(line, &want)
	if ok != wantOK {
		return false, fmt.Errorf("%q: an event is %v, want %v", line, ok, wantOK)
	}
	if !ok {
		return false, nil
	}
	if !got.When().Equal(want.When()) {
		return false, fmt.Errorf("%q: at %v, want %v", line, got.When(), want.When())
	}
	got.Time, want.Time = "", ""
	if got != want {
		return false, fmt.Errorf("%q:\n got %+v\nwant %+v", line, got, want)
	}
	return d.fast(line, &got), nil
}

// TestStreams decodes what go of all releases writes, all of it the fast way.
func TestStreams(t *testing.T) {
	d := new(Decoder)
	slowly := 0
	all := lines(t)
	for _, line := range all {
		fast, err := agree(d, line)
		if err != nil {
			t.Fatal(err)
		}
		if !fast {
			slowly++
			t.Logf("not the fast way: %s", line)
		}
	}
	if slowly > len(all)/100 {
		t.Errorf("%d of %d lines were left to encoding/json", slowly, len(all))
	}
}

// odd are lines that go does not write, or seldom.
var odd = []string{
	``, `{}`, `{"Action":"output"}` + "\r\n", ` {"Action":"output"}`, `{"Action":"output" }`, `{"action":"run","PACKAGE":"p"}`,
	`{"Action":null}`, `{"Action":"output","Output":null}`, `{"Action":"output","Output":3}`, `{"Action":"new","Package":"p"}`,
	`{"Action":"output","Output":"\u00e9\ud83d\ude00\ud800 \/ \b\f"}`, `{"Output":"é \u003c` + "\xff" + `"}`, `{"Output":"` + "\x01" + `"}`,
	`{"Output":"\x"}`, `{"Output":"\u12"}`, `{"Output":"`, `{"Output":"a"`, `{"Output":"a"},`, `{"Output":"a"}{`, `{"Output":"a",}`,
	`{"Elapsed":0}`, `{"Elapsed":00}`, `{"Elapsed":01.5}`, `{"Elapsed":0.5}`, `{"Elapsed":.5}`, `{"Elapsed":5.}`, `{"Elapsed":-1}`,
	`{"Elapsed":1e3}`, `{"Elapsed":1.2.3}`, `{"Elapsed":"1"}`, `{"Elapsed":99999999999999999999999999}`,
	`{"Time":"2026-02-29T00:00:00Z"}`, `{"Time":"2024-02-29T00:00:00Z"}`, `{"Time":"2026-01-02T03:04:05.123456789+01:00"}`,
	`{"Time":"2026-01-02T03:04:05"}`, `{"Time":"2026-01-02T24:04:05Z"}`, `{"Time":"2026-01-02t03:04:05z"}`, `{"Time":"2026-01-02T03:04:05,1Z"}`,
	`{"Time":"2026-01-02T03:04:05.Z"}`, `{"Time":"2026-01-02T03:04:05+24:00"}`, `{"Time":"2026-01-02T03:04:60Z"}`, `{"Time":""}`, `{"Time":"0000-01-01T00:00:00Z"}`,
	`{"Package":"a","Package":"b"}`, `{"Unknown":{"a":[1]},"Package":"p"}`, `{"OutputType":"frame","Path":"p"}`, `{"OutputType":{}}`, `[]`, `"x"`, `{"Key":"k","Value":"v"}`, `{"Key":1}`,
}

func TestOdd(t *testing.T) {
	d := new(Decoder)
	for _, line := range odd {
		if _, err := agree(d, []byte(line)); err != nil {
			t.Error(err)
		}
	}
}

// FuzzDecode holds Decode to encoding/json for any line.
func FuzzDecode(f *testing.F) {
	for _, line := range odd {
		f.Add([]byte(line))
	}
	for i, line := range lines(f) {
		if i%50 == 0 {
			f.Add(line)
		}
	}
	d := new(Decoder)
	f.Fuzz(func(t *testing.T, line []byte) {
		if _, err := agree(d, line); err != nil {
			t.Error(err)
		}
	})
}

// A Decoder does not remember more than so many names.
func TestNamesAreBounded(t *testing.T) {
	d := new(Decoder)
	var e Event
	for i := range 3 * maxNames {
		name := fmt.Sprintf("Test%d", i)
		if !d.Decode([]byte(`{"Action":"run","Package":"p","Test":"`+name+`"}`), &e) || e.Test != name || e.Package != "p" {
			t.Fatalf("decoded %+v", e)
		}
	}
	if len(d.names) > maxNames {
		t.Errorf("%d names are remembered", len(d.names))
	}
}

func BenchmarkDecode(b *testing.B) {
	all := lines(b)
	d := new(Decoder)
	var e Event
	b.ReportAllocs()
	for i := range b.N {
		d.Decode(all[i%len(all)], &e)
	}
}

func BenchmarkEncodingJSON(b *testing.B) {
	all := lines(b)
	var e Event
	b.ReportAllocs()
	for i := range b.N {
		slow(all[i%len(all)], &e)
	}
}
