//go:build linux && (amd64 || arm64)

package quick_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/gust-go/gust/build/cacheprog"
	"github.com/gust-go/gust/build/cacheprog/quick"
	"github.com/gust-go/gust/build/gocache"
)

// A fixture is a cache, and the names of what is in it.
type fixture struct {
	t   *testing.T
	dir string
	c   *gocache.Cache
}

func newFixture(t *testing.T) *fixture {
	t.Helper()
	f := &fixture{t: t, dir: t.TempDir()}
	var err error
	if f.c, err = gocache.Open(f.dir, time.Now); err != nil {
		t.Fatal(err)
	}
	f.write("trim.txt", fmt.Sprint(time.Now().Unix()))
	return f
}

func (f *fixture) write(name, text string) {
	f.t.Helper()
	if err := os.WriteFile(filepath.Join(f.dir, name), []byte(text), 0o666); err != nil {
		f.t.Fatal(err)
	}
}

// put stores a content and returns the names of the files, relative to the cache.
func (f *fixture) put(name, content string) (action, output string) {
	f.t.Helper()
	e := gocache.Entry{Output: sha256.Sum256([]byte(content)), Size: int64(len(content)), Time: time.Now()}
	if _, err := f.c.PutBytes(sha256.Sum256([]byte(name)), e, []byte(content)); err != nil {
		f.t.Fatal(err)
	}
	a, o := sha256.Sum256([]byte(name)), hex.EncodeToString(e.Output[:])
	return fmt.Sprintf("%x/%x-a", a[:1], a), o[:2] + "/" + o + "-d"
}

func get(id int, name string) string {
	a := sha256.Sum256([]byte(name))
	return fmt.Sprintf(`{"ID":%d,"Command":"get","ActionID":%q}`+"\n", id, base64.StdEncoding.EncodeToString(a[:]))
}

// serve answers requests with package quick and leaves to package cacheprog what that
// leaves; left is how many lines that is.
func (f *fixture) serve(requests string) (answers []map[string]any, left int) {
	f.t.Helper()
	in, out := f.file(), f.file()
	if _, err := in.WriteAt([]byte(requests), 0); err != nil {
		f.t.Fatal(err)
	}
	rest, begun, done := quick.Serve(f.dir, int(in.Fd()), int(out.Fd()))
	if done && (len(rest) > 0 || !begun) {
		f.t.Errorf("done with %q left", rest)
	}
	text, err := os.ReadFile(out.Name())
	if err != nil {
		f.t.Fatal(err)
	}
	if !done {
		more, err := io.ReadAll(in) // from where it stands
		if err != nil {
			f.t.Fatal(err)
		}
		rest = append(bytes.Clone(rest), more...)
		var b bytes.Buffer
		_ = (&cacheprog.Server{Local: f.c, Now: time.Now, Greeted: begun}).Serve(f.t.Context(), bytes.NewReader(rest), &b)
		text = append(text, b.Bytes()...)
	}
	return f.decode(text), strings.Count(string(rest), "\n")
}

func (f *fixture) file() *os.File {
	f.t.Helper()
	file, err := os.CreateTemp(f.t.TempDir(), "")
	if err != nil {
		f.t.Fatal(err)
	}
	f.t.Cleanup(func() { file.Close() })
	return file
}

func (f *fixture) decode(text []byte) (answers []map[string]any) {
	f.t.Helper()
	for dec := json.NewDecoder(bytes.NewReader(text)); ; {
		var m map[string]any
		err := dec.Decode(&m)
		if err == io.EOF {
			return answers
		}
		if err != nil {
			f.t.Fatalf("%v: %s", err, text)
		}
		if m["ID"] == float64(0) {
			delete(m, "ID") // as the other one leaves it out
		}
		if s, ok := m["Time"].(string); ok {
			at, err := time.Parse(time.RFC3339Nano, s)
			if err != nil {
				f.t.Fatal(err)
			}
			m["Time"] = at.UnixNano()
		}
		answers = append(answers, m)
	}
}

// plain answers the same requests without package quick.
func (f *fixture) plain(requests string) []map[string]any {
	f.t.Helper()
	var b bytes.Buffer
	_ = (&cacheprog.Server{Local: f.c, Now: time.Now}).Serve(f.t.Context(), strings.NewReader(requests), &b)
	return f.decode(b.Bytes())
}

// TestServe holds it to package cacheprog, whatever is asked and whatever is there.
func TestServe(t *testing.T) {
	const end = `{"ID":99,"Command":"close"}` + "\n"
	for name, test := range map[string]struct {
		prepare  func(f *fixture)
		requests string
		left     bool // to package cacheprog
	}{
		"nothing":            {requests: ""},
		"close":              {requests: end},
		"found":              {requests: get(1, "one") + "\n" + get(2, "two") + get(3, "none") + get(4, "one") + end},
		"no close":           {requests: get(1, "one") + get(2, "two")},
		"empty output":       {requests: get(1, "empty") + end},
		"many":               {requests: strings.Repeat(get(7, "one")+get(8, "none"), 2000) + end},
		"cut off":            {requests: get(1, "one") + `{"ID":2,"Comm`, left: true},
		"put":                {requests: get(1, "one") + `{"ID":2,"Command":"put","ActionID":"` + strings.Repeat("A", 43) + `=","OutputID":"47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=","BodySize":0}` + "\n" + get(3, "two") + end, left: true},
		"unknown":            {requests: `{"ID":2,"Command":"dance"}` + "\n" + end, left: true},
		"otherwise written":  {requests: `{"Command":"get","ID":2,"ActionID":"` + strings.Repeat("A", 43) + `="}` + "\n" + end, left: true},
		"no base64":          {requests: `{"ID":2,"Command":"get","ActionID":"` + strings.Repeat("A", 42) + "-=\"}\n" + end, left: true},
		"too long":           {requests: `{"ID":2,"Command":"get","ActionID":"` + strings.Repeat("A", 100<<10) + "=\"}\n" + end, left: true},
		"ID too large":       {requests: `{"ID":99999999999999999999,"Command":"close"}` + "\n", left: true},
		"old entry":          {prepare: func(f *fixture) { a, _ := f.put("one", "first"); f.age(a) }, requests: get(1, "one") + end, left: true},
		"old output":         {prepare: func(f *fixture) { _, o := f.put("one", "first"); f.age(o) }, requests: get(1, "one") + end, left: true},
		"no output":          {prepare: func(f *fixture) { _, o := f.put("one", "first"); f.remove(o) }, requests: get(1, "one") + end, left: true},
		"short output":       {prepare: func(f *fixture) { _, o := f.put("one", "first"); f.write(o, "fir") }, requests: get(1, "one") + end, left: true},
		"executable":         {prepare: func(f *fixture) { _, o := f.put("one", "first"); f.executable(o, "first") }, requests: get(1, "one") + end, left: true},
		"damaged entry":      {prepare: func(f *fixture) { a, _ := f.put("one", "first"); f.write(a, "v1 "+strings.Repeat("0", 172)) }, requests: get(1, "one") + end, left: true},
		"short entry":        {prepare: func(f *fixture) { a, _ := f.put("one", "first"); f.write(a, "v1 ") }, requests: get(1, "one") + end, left: true},
		"somebody's entry":   {prepare: func(f *fixture) { a, _ := f.put("one", "first"); b, _ := f.put("two", "2"); f.move(b, a) }, requests: get(1, "one") + end, left: true},
		"to be trimmed":      {prepare: func(f *fixture) { f.write("trim.txt", "1000") }, requests: get(1, "one") + end, left: true},
		"never been trimmed": {prepare: func(f *fixture) { f.remove("trim.txt") }, requests: get(1, "one") + end, left: true},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t)
			f.put("one", "first")
			f.put("two", "second")
			f.put("empty", "")
			if test.prepare != nil {
				test.prepare(f)
			}
			want := f.plain(test.requests)
			if test.prepare != nil {
				test.prepare(f) // that it was used is noted by now
			}
			got, left := f.serve(test.requests)
			if test.prepare != nil {
				want = f.plain(test.requests) // when it was made is another time
			}
			if !reflect.DeepEqual(got, want) {
				t.Errorf("got  %v\nwant %v", got, want)
			}
			if (left > 0) != test.left && name != "cut off" {
				t.Errorf("%d lines are left to others", left)
			}
		})
	}
}

func (f *fixture) age(name string) {
	long := time.Now().Add(-3 * time.Hour)
	if err := os.Chtimes(filepath.Join(f.dir, name), long, long); err != nil {
		f.t.Fatal(err)
	}
}

func (f *fixture) remove(name string) {
	if err := os.RemoveAll(filepath.Join(f.dir, name)); err != nil {
		f.t.Fatal(err)
	}
}

func (f *fixture) move(from, to string) {
	if err := os.Rename(filepath.Join(f.dir, from), filepath.Join(f.dir, to)); err != nil {
		f.t.Fatal(err)
	}
}

// executable puts an output where cmd/go keeps programs.
func (f *fixture) executable(name, content string) {
	f.remove(name)
	if err := os.Mkdir(filepath.Join(f.dir, name), 0o777); err != nil {
		f.t.Fatal(err)
	}
	f.write(filepath.Join(name, "a.out"), content)
}

// TestServeElsewhere leaves caches alone that are none, or whose name JSON would have
// to escape.
func TestServeElsewhere(t *testing.T) {
	dir := t.TempDir()
	named := filepath.Join(dir, `a"b`)
	if _, err := gocache.Open(named, time.Now); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(named, "trim.txt"), fmt.Append(nil, time.Now().Unix()), 0o666); err != nil {
		t.Fatal(err)
	}
	for _, dir := range []string{"", "off", "relative", dir, named, filepath.Join(dir, "none")} {
		if _, begun, done := quick.Serve(dir, -1, -1); begun || done {
			t.Errorf("%q is answered from", dir)
		}
	}
}

func TestBase64(t *testing.T) {
	for i := range 1000 {
		id := sha256.Sum256(fmt.Append(nil, i))
		text := base64.StdEncoding.EncodeToString(id[:])
		if got, ok := quick.Decode([]byte(text)); !ok || got != id || string(quick.Encode(nil, &id)) != text {
			t.Fatalf("%s: got %x", text, got)
		}
	}
}
