package runlog

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/gust-go/gust/internal/event"
	"github.com/gust-go/gust/internal/filelock"
)

// stamp is the form of the time in a file's name. It sorts like the time.
const stamp = "20060102T150405.000"

// fileName names the file of a run.
func fileName(t time.Time, command, id string) string {
	return t.UTC().Format(stamp) + "-" + command + "-" + id + ".jsonl"
}

// IsName reports whether a file of a log's directory is a run.
func IsName(name string) bool {
	_, ok := parseName(name)
	return ok
}

type runName struct {
	file, command, id string
	began             time.Time
}

func parseName(file string) (n runName, ok bool) {
	base, ok := strings.CutSuffix(file, ".jsonl")
	if !ok {
		return n, false
	}
	parts := strings.Split(base, "-")
	if len(parts) != 3 || parts[1] == "" || len(parts[2]) != 6 {
		return n, false
	}
	t, err := time.Parse(stamp, parts[0])
	return runName{file: file, command: parts[1], id: parts[2], began: t}, err == nil
}

// names lists the runs, newest first.
func (l Log) names() ([]runName, error) {
	entries, err := os.ReadDir(l.Dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("list the recorded runs: %w", err)
	}
	var all []runName
	for _, e := range entries {
		if n, ok := parseName(e.Name()); ok {
			all = append(all, n)
		}
	}
	slices.SortFunc(all, func(a, b runName) int { return cmp.Compare(b.file, a.file) })
	return all, nil
}

// A State says how a run ended.
type State int

// The states of a [Run].
const (
	// Ended: it has an exit code.
	Ended State = iota
	// Running: it goes on.
	Running
	// Killed: it was killed, or the machine was.
	Killed
)

// A Run is one recorded run.
type Run struct {
	event.RunBegin
	// Path is its file.
	Path string
	// Time is when it began.
	Time time.Time
	// State says whether End is set.
	State State
	End   event.RunEnd
	// Gist is its last summary: a build.summary, test.summary,
	// kernel.summary or cache event, nil if there is none.
	Gist event.Event
}

// ErrNotFound means that no run is called so.
var ErrNotFound = errors.New("no such run")

var (
	errNoHeader = errors.New("no run.begin")
	errNoEvents = errors.New("it has no events of gust's")
)

// List returns the runs that match, newest first, at most limit of them; 0 is
// no limit. Files that cannot be read are left out.
func (l Log) List(match func(*Run) bool, limit int) ([]Run, error) {
	names, err := l.names()
	if err != nil {
		return nil, err
	}
	var runs []Run
	for _, n := range names {
		r, err := Load(filepath.Join(l.Dir, n.file))
		if err != nil || match != nil && !match(r) {
			continue
		}
		if runs = append(runs, *r); len(runs) == limit {
			break
		}
	}
	return runs, nil
}

// Load reads what there is to know about the run in a file without reading
// all of it.
func Load(path string) (*Run, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	const ends = 64 << 10
	front := make([]byte, ends)
	n, err := io.ReadFull(f, front)
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("read the run in %q: %w", path, err)
	}
	first, rest, _ := bytes.Cut(front[:n], []byte("\n"))
	r := &Run{Path: path}
	if r.RunBegin, err = header(first); err != nil {
		return nil, fmt.Errorf("read the run in %q: %w", path, err)
	}
	r.Time, _ = time.Parse(time.RFC3339Nano, r.Began) // the zero time sorts last
	if n == ends {
		rest = r.tail(f, ends)
	}
	r.conclude(rest)
	if r.State = Ended; r.End == (event.RunEnd{}) && !bytes.Contains(rest, []byte(`"run.end"`)) {
		r.State = liveness(f)
	}
	return r, nil
}

// loadPlain makes a run of a file that --json wrote, which says of itself
// neither what command it is of nor when it was.
func loadPlain(path string) (*Run, error) {
	r := &Run{Path: path}
	known := false
	err := ReadFile(path, func(e Entry) bool {
		if e.Event != nil {
			known = true
			r.Command, _, _ = strings.Cut(e.Event.EventType(), ".")
		}
		return r.Command != "test"
	})
	if err == nil && !known {
		err = fmt.Errorf("read the run in %q: %w", path, errNoEvents)
	}
	return r, err
}

// tail is the end of the file.
func (r *Run) tail(f *os.File, size int64) []byte {
	info, err := f.Stat()
	if err != nil {
		return nil
	}
	b := make([]byte, size)
	n, _ := f.ReadAt(b, max(0, info.Size()-size)) // as much as there is
	return b[:n]
}

// conclude finds the last summary and the end.
func (r *Run) conclude(lines []byte) {
	for line := range bytes.Lines(lines) {
		if !bytes.Contains(line, []byte(`.summary"`)) && !bytes.Contains(line, []byte(`"run.end"`)) && !bytes.Contains(line, []byte(`"cache.stats"`)) {
			continue
		}
		e, err := event.Decode(line)
		if err != nil {
			continue
		}
		switch e := e.(type) {
		case event.RunEnd:
			r.End = e
		case event.BuildSummary, event.TestSummary, event.KernelSummary, event.CacheStats, event.CacheSummary, event.TagsSummary, event.MatrixSummary:
			r.Gist = e
		}
	}
}

// liveness tells a run that goes on from one that was killed: the former's
// process holds a lock on the file.
func liveness(f *os.File) State {
	if free, err := filelock.Try(f, filelock.Shared); err == nil && !free {
		return Running
	}
	return Killed
}

// Find finds a run by what the user calls it: a file, an ID or the beginning of
// one, last, last~2, or a command for its last run. last and commands look at
// the runs that match only.
func (l Log) Find(name string, match func(*Run) bool) (*Run, error) {
	if strings.HasSuffix(name, ".jsonl") {
		r, err := Load(name)
		if errors.Is(err, errNoHeader) {
			return loadPlain(name)
		}
		return r, err
	}
	names, err := l.names()
	if err != nil {
		return nil, err
	}
	back, isLast := lastN(name)
	var found []runName
	for _, n := range names {
		switch {
		case isLast || n.command == name:
			r, err := Load(filepath.Join(l.Dir, n.file))
			if err != nil || match != nil && !match(r) {
				continue
			}
			if back--; back < 0 {
				return r, nil
			}
		case strings.HasPrefix(n.id, name) && name != "":
			found = append(found, n)
		}
	}
	switch {
	case len(found) == 0:
		return nil, fmt.Errorf("%w: %q", ErrNotFound, name)
	case len(found) > 1:
		return nil, fmt.Errorf("%w: %q stands for %d runs, such as %s and %s", ErrNotFound, name, len(found), found[0].id, found[1].id)
	}
	return Load(filepath.Join(l.Dir, found[0].file))
}

// lastN reads last and last~N.
func lastN(name string) (n int, ok bool) {
	if name == "last" {
		return 0, true
	}
	_, err := fmt.Sscanf(name, "last~%d", &n)
	return n, err == nil && n >= 0
}
