package build

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/gust-go/gust/build/testresult"
)

// A record is a run of tests that may stand for the next ones.
type record struct {
	Release string
	Vars    map[string]string
	Tests   []tested
	// Stream is what go test -json wrote.
	Stream []byte `json:"-"`
}

// tested is a package of which go had the result.
type tested struct {
	testresult.Package
	testresult.Result
}

// encode puts the stream behind a line with the rest.
func (r *record) encode() ([]byte, error) {
	head, err := json.Marshal(r)
	if err != nil {
		return nil, err
	}
	return slices.Concat(head, []byte("\n"), r.Stream), nil
}

func decodeRecord(data []byte) (*record, error) {
	head, stream, ok := bytes.Cut(data, []byte("\n"))
	if !ok {
		return nil, fmt.Errorf("%w: no record", errNotKept)
	}
	r := &record{Stream: stream}
	return r, json.Unmarshal(head, r)
}

// write writes the events as if they happened now.
func (r *record) write(w io.Writer, now time.Time) error {
	const prefix = `{"Time":"`
	stamp := now.Format(time.RFC3339Nano)
	var b bytes.Buffer
	for line := range bytes.Lines(r.Stream) {
		if rest, ok := bytes.CutPrefix(line, []byte(prefix)); ok {
			if _, rest, ok := bytes.Cut(rest, []byte(`"`)); ok {
				b.WriteString(prefix)
				b.WriteString(stamp)
				b.WriteByte('"')
				line = rest
			}
		}
		b.Write(line)
		if b.Len() >= 1<<16 {
			if _, err := b.WriteTo(w); err != nil {
				return err
			}
		}
	}
	_, err := b.WriteTo(w)
	return err
}

// cachedPackages reads a stream in which go found every result, and returns the
// packages with tests. Anything else in it is an error.
func cachedPackages(stream []byte) (map[string]bool, error) {
	var event struct{ Action, Package, Test, Output, ImportPath string }
	said, ended := make(map[string]string), make(map[string]string)
	for line := range bytes.Lines(stream) {
		if bytes.Contains(line, []byte(`","Test":"`)) && bytes.HasPrefix(line, []byte(`{"Time":"`)) {
			continue // what a test did; what it printed cannot look like that, as its quotes are escaped
		}
		event.Action, event.Package, event.Test, event.Output, event.ImportPath = "", "", "", "", ""
		if err := json.Unmarshal(line, &event); err != nil {
			return nil, fmt.Errorf("%w: go did not only write events", errNotKept)
		}
		switch event.Action {
		case "start", "run", "pause", "cont":
		case "output":
			if event.Test == "" && (strings.HasPrefix(event.Output, "ok  \t") || strings.HasPrefix(event.Output, "?   \t")) {
				said[event.Package] = event.Output
			}
		case "pass", "skip":
			if event.Test == "" {
				ended[event.Package] = event.Action
			}
		default:
			return nil, fmt.Errorf("%w: %s of %s%s", errNotKept, event.Action, event.Package, event.ImportPath)
		}
	}
	tests := make(map[string]bool)
	for pkg, action := range ended {
		switch {
		case action == "pass" && strings.HasPrefix(said[pkg], "ok  \t"+pkg+"\t(cached)"):
			tests[pkg] = true
		case action == "skip" && strings.HasPrefix(said[pkg], "?   \t"+pkg+"\t[no test files]"):
		default:
			return nil, fmt.Errorf("%w: %s was not cached", errNotKept, pkg)
		}
	}
	return tests, nil
}

// maxRecording is how much of a run's events is kept in memory, in bytes.
const maxRecording = 64 << 20

// A Recording is what whoever reads the events of a go test hands back, so that
// [Run] can tell the same again. It is written to while Run is at work, and its
// other methods are Run's.
type Recording struct {
	mu   sync.Mutex
	on   bool
	data []byte
}

// Write implements io.Writer. It keeps nothing unless Run wants it, and never
// fails.
func (r *Recording) Write(b []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.on {
		return len(b), nil
	}
	if len(r.data)+len(b) > maxRecording {
		r.on, r.data = false, nil
		return len(b), nil
	}
	r.data = append(r.data, b...)
	return len(b), nil
}

func (r *Recording) start() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.on = true
}

// stop returns everything that was written; ok is false if that was too much.
func (r *Recording) stop() (data []byte, ok bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	data, ok = r.data, r.on
	r.on, r.data = false, nil
	return data, ok
}
