package testrun

import (
	"io"
	"sync"

	"gotest.tools/gotestsum/testjson"
)

// A feed hands lines from one goroutine to a reader in another, many at a
// time where many come at once.
type feed struct {
	full    chan []byte
	free    chan []byte
	stopped chan struct{}
	once    sync.Once
	err     error // what Read returns at the end

	filling []byte // the writer's
	reading []byte // the reader's, of which rest is left
	rest    []byte
}

// feedSize is how much is handed over at a time, at most, but for a line that
// is longer.
const feedSize = 64 << 10

func newFeed() *feed {
	return &feed{full: make(chan []byte, 4), free: make(chan []byte, 6), stopped: make(chan struct{})}
}

func (f *feed) line(line []byte) {
	if len(f.filling)+len(line) > feedSize {
		f.flush()
	}
	f.filling = append(f.filling, line...)
	if line[len(line)-1] != '\n' {
		f.filling = append(f.filling, '\n')
	}
}

func (f *feed) flush() {
	if len(f.filling) == 0 {
		return
	}
	select {
	case f.full <- f.filling:
	case <-f.stopped:
	}
	select {
	case f.filling = <-f.free:
	default:
		f.filling = make([]byte, 0, feedSize)
	}
}

// end is called by the writer behind the last line.
func (f *feed) end(err error) {
	f.err = err
	close(f.full)
}

// stop is called by the reader; from then on lines go nowhere.
func (f *feed) stop() { f.once.Do(func() { close(f.stopped) }) }

// Read implements io.Reader.
func (f *feed) Read(p []byte) (int, error) {
	if len(f.rest) == 0 {
		if f.reading != nil {
			select {
			case f.free <- f.reading[:0]:
			default:
			}
		}
		var ok bool
		if f.reading, ok = <-f.full; !ok {
			if f.err != nil {
				return 0, f.err
			}
			return 0, io.EOF
		}
		f.rest = f.reading
	}
	n := copy(p, f.rest)
	f.rest = f.rest[n:]
	return n, nil
}

// A pruner drops what passed from an Execution, since nobody looks at it
// again. A root test stays while subtests of it run: testjson wants to know
// whether it passed should they never end.
type pruner struct {
	running map[testKey]map[string]bool // the subtests of a root test
}

func (p *pruner) event(e testjson.TestEvent, exec *testjson.Execution) {
	if e.Test == "" {
		return
	}
	root, sub := testjson.TestName(e.Test).Split()
	key := testKey{e.Package, root}
	if sub != "" && e.Action == testjson.ActionRun {
		if p.running == nil {
			p.running = make(map[testKey]map[string]bool)
		}
		if p.running[key] == nil {
			p.running[key] = make(map[string]bool)
		}
		p.running[key][sub] = true
	}
	if !e.Action.IsTerminal() {
		return
	}
	if sub != "" {
		delete(p.running[key], sub)
	}
	left := len(p.running[key]) > 0
	if !left {
		delete(p.running, key)
	}
	if e.Action != testjson.ActionPass || left && sub == "" {
		return
	}
	if pkg := exec.Package(e.Package); len(pkg.Passed) > 0 {
		pkg.Passed = pkg.Passed[:len(pkg.Passed)-1]
	}
}
