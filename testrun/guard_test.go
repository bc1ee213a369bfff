package testrun

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"gotest.tools/gotestsum/testjson"

	"github.com/gust-go/gust/internal/event"
)

// counter is a View that keeps everything it is shown.
type counter struct {
	noView
	output, foreign, errs strings.Builder
}

func (c *counter) Event(e testjson.TestEvent, _ *testjson.Execution) error {
	c.output.WriteString(e.Output)
	return nil
}

func (c *counter) Err(text string) error {
	c.errs.WriteString(text + "\n")
	return nil
}

func (c *counter) Foreign(text []byte) { c.foreign.Write(text) }

// scanAll runs a stream through all of the reader.
func scanAll(t *testing.T, stream io.Reader, sink event.Sink) (*counter, Result) {
	t.Helper()
	c := new(counter)
	res, err := Report(stream, Options{View: c, Execution: true, Verbose: true, Now: func() time.Time { return time.Unix(0, 0) }}, sink)
	if err != nil {
		t.Fatal(err)
	}
	return c, res
}

// outputs is the output of all events of a stream, read line by line.
func outputs(t *testing.T, stream []byte) string {
	t.Helper()
	var b strings.Builder
	for line := range bytes.Lines(stream) {
		var e struct{ Output string }
		if err := json.Unmarshal(line, &e); err != nil {
			t.Fatalf("%v in %q", err, line)
		}
		b.WriteString(e.Output)
	}
	return b.String()
}

// TestNothingIsLost compares the output in recorded streams with what a view
// and, in a verbose run, the sink get.
func TestNothingIsLost(t *testing.T) {
	files, err := filepath.Glob(filepath.Join("..", "testdata", "streams", "*.json"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no streams: %v", err)
	}
	for _, file := range files {
		stream, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		want := outputs(t, stream)
		sink := new(texts)
		c, _ := scanAll(t, bytes.NewReader(stream), sink)
		if got := c.output.String(); got != want {
			t.Errorf("%s: the view got %d bytes of output, want %d", file, len(got), len(want))
		}
		if c.foreign.Len()+c.errs.Len() > 0 {
			t.Errorf("%s: %q and %q were not taken for events", file, c.foreign.String(), c.errs.String())
		}
		if len(want) != sink.bytes {
			t.Errorf("%s: the sink got %d bytes of output, want %d", file, sink.bytes, len(want))
		}
	}
}

// texts counts the bytes of output and build output in events. What the
// compiler said of a package that several need is in one event only.
type texts struct{ bytes int }

func (s *texts) Emit(e event.Event) {
	switch e := e.(type) {
	case event.TestOutput:
		s.bytes += len(e.Text)
	case event.TestPackage:
		if e.ErrorsWith == "" {
			s.bytes += len(e.BuildOutput)
		}
	}
}

// TestLongLines reads an event of ten megabytes, which testjson alone gives
// up at.
func TestLongLines(t *testing.T) {
	text := strings.Repeat("0123456789 <ü> ", 10<<20/16) + "\n"
	event, err := json.Marshal(map[string]any{"Action": "output", "Package": "p", "Test": "T", "Output": text})
	if err != nil {
		t.Fatal(err)
	}
	stream := `{"Action":"run","Package":"p","Test":"T"}` + "\n" + string(event) + "\n" + `{"Action":"fail","Package":"p","Test":"T"}` + "\n"
	c, res := scanAll(t, strings.NewReader(stream), new(texts))
	if c.output.String() != text {
		t.Errorf("%d bytes of output came of %d", c.output.Len(), len(text))
	}
	if c.foreign.Len() > 0 || res.Summary.Failed != 1 {
		t.Errorf("foreign %d bytes, summary %+v", c.foreign.Len(), res.Summary)
	}
}

// TestForeignLines finds what is no event in the view.
func TestForeignLines(t *testing.T) {
	good := `{"Action":"output","Package":"p","Output":"good\n"}` + "\n"
	stream := "FAIL\tp [setup failed]\n" + good + "\x00\xff binary\n" + `{"torn":` + "\n" + good + "\n" + `{"Action":"out`
	c, _ := scanAll(t, strings.NewReader(stream), new(texts))
	if got := c.output.String(); got != "good\ngood\n" {
		t.Errorf("output %q", got)
	}
	if got, want := c.foreign.String(), "FAIL\tp [setup failed]\n\x00\xff binary\n{\"torn\":\n\n{\"Action\":\"out"; got != want {
		t.Errorf("foreign text %q, want %q", got, want)
	}
}

// FuzzGuard feeds any bytes: none may be lost, and no line may be longer than
// testjson can read.
func FuzzGuard(f *testing.F) {
	f.Add([]byte(`{"Action":"output","Package":"p","Output":"x\n"}`+"\nFAIL\n"), 1)
	f.Add([]byte("{\"Output\":\""+strings.Repeat("é\\u0000", 20)+"\"}\n{torn"), 4000)
	f.Fuzz(func(t *testing.T, data []byte, times int) {
		data = bytes.Repeat(data, 1+max(0, min(times, 1<<20/(1+len(data)))))
		var foreign []byte
		in := newGuard(bytes.NewReader(data), maxLine, func(b []byte) { foreign = append(foreign, b...) })
		var events []byte
		for {
			lines, err := in.next()
			events = append(events, lines...)
			if err == io.EOF {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		for line := range bytes.Lines(events) {
			if len(line) > maxLine+1 {
				t.Fatalf("a line of %d bytes", len(line))
			}
		}
		if a, b := weigh(data), weigh(events)+weigh(foreign); a != b {
			t.Errorf("%d bytes of text went in, %d came out", a, b)
		}
	})
}

// weigh is the number of bytes in a stream: of the output of events and all of
// other lines.
func weigh(stream []byte) (n int) {
	for line := range bytes.Lines(stream) {
		var e struct{ Output *string }
		if body := bytes.TrimRight(line, "\r\n"); isEvent(line) && json.Unmarshal(body, &e) == nil && e.Output != nil && *e.Output != "" {
			n += len(*e.Output)
		} else {
			n += len(line)
		}
	}
	return n
}

// TestMemory reads many events; what passed must not pile up.
func TestMemory(t *testing.T) {
	r := newRunner(Options{Execution: true}, event.Discard{})
	if err := r.scan(&manyTests{n: 20_000}, noReader{}, 0); err != nil {
		t.Fatal(err)
	}
	pkg := r.exec.Package("p")
	if pkg.Total != 20_000 || len(pkg.Passed) > 0 || len(r.digest.packages["p"].tests) > 0 {
		t.Errorf("of %d tests %d are kept", pkg.Total, len(pkg.Passed)+len(r.digest.packages["p"].tests))
	}
}

// manyTests is a stream of n tests that pass.
type manyTests struct {
	n, done int
	buf     []byte
}

func (m *manyTests) Read(p []byte) (int, error) {
	if len(m.buf) == 0 {
		if m.done == m.n {
			return 0, io.EOF
		}
		m.done++
		for _, rest := range []string{`"run"`, `"output","Output":"=== RUN\n"`, `"output","Output":"text\n"`, `"pass"`} {
			m.buf = fmt.Appendf(m.buf, `{"Package":"p","Test":"Test%d","Action":%s}`+"\n", m.done, rest)
		}
	}
	n := copy(p, m.buf)
	m.buf = m.buf[n:]
	return n, nil
}

// recorder writes down all that it is told.
type recorder struct {
	noView
	lines []string
}

func (r *recorder) Emit(e event.Event)  { r.lines = append(r.lines, fmt.Sprintf("%T %+v", e, e)) }
func (r *recorder) Foreign(text []byte) { r.lines = append(r.lines, fmt.Sprintf("foreign %q", text)) }
func (r *recorder) Err(text string) error {
	r.lines = append(r.lines, fmt.Sprintf("err %q", text))
	return nil
}

// TestTwoReaders reads streams with and without testjson: what the sink and
// the view are told must be the same.
func TestTwoReaders(t *testing.T) {
	files, err := filepath.Glob(filepath.Join("..", "testdata", "streams", "*.json"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no streams: %v", err)
	}
	for _, file := range files {
		stream, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, torn := range []int{0, len(stream) / 3, len(stream) / 2} {
			var seen [2]recorder
			for i := range seen {
				now := time.Unix(0, 0)
				o := Options{View: &seen[i], Execution: i > 0, Verbose: true, Now: func() time.Time { now = now.Add(time.Millisecond); return now }}
				if _, err := Report(bytes.NewReader(stream[:len(stream)-torn]), o, &seen[i]); err != nil {
					t.Fatal(err)
				}
			}
			if a, b := seen[0].lines, seen[1].lines; !slices.Equal(a, b) {
				t.Errorf("%s without its last %d bytes: %d lines alone, %d beside testjson\n%s", file, torn, len(a), len(b), firstDifference(a, b))
			}
		}
	}
}

func firstDifference(a, b []string) string {
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			return a[i] + "\n" + b[i]
		}
	}
	return "one has more lines"
}
