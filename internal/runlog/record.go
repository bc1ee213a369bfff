package runlog

import (
	"bytes"
	"crypto/sha256"
	"encoding/base32"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/gust-go/gust/internal/event"
	"github.com/gust-go/gust/internal/filelock"
)

// flushEvery is how long an event may wait for others to be written with.
const flushEvery = 200 * time.Millisecond

// A Recorder writes one run. It is an event.Sink; a nil one records nothing.
// The file is made with the first event, so a command that has nothing to
// report leaves nothing.
type Recorder struct {
	log   Log
	begin event.RunBegin
	began time.Time
	now   func() time.Time

	mu      sync.Mutex
	file    *os.File // nil until the first event
	err     error    // the first; nothing is written after it
	pending bytes.Buffer
	timer   *time.Timer // nil unless pending is about to be written
	size    int
	dropped int
	ended   bool
}

// New prepares to record a run. The ID in begin and the time are set here.
func (l Log) New(begin event.RunBegin, now func() time.Time) *Recorder {
	began := now()
	begin.Began = began.Format(time.RFC3339Nano)
	begin.PID = os.Getpid()
	begin.Args = args(begin.Args)
	begin.ID = newID(began, begin.PID)
	return &Recorder{log: l, begin: begin, began: began, now: now}
}

// newID is short, since people type it, and tells a few hundred runs apart.
func newID(t time.Time, pid int) string {
	sum := sha256.Sum256([]byte(strconv.FormatInt(t.UnixNano(), 10) + " " + strconv.Itoa(pid)))
	return base32.NewEncoding("abcdefghjkmnpqrstvwxyz0123456789").EncodeToString(sum[:5])[:6]
}

// ID is what gust report takes.
func (r *Recorder) ID() string {
	if r == nil {
		return ""
	}
	return r.begin.ID
}

// Emit records an event.
func (r *Recorder) Emit(e event.Event) {
	if r == nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.ended || r.err != nil {
		return
	}
	r.open()
	r.add(e)
}

// open makes the file and writes the first line.
func (r *Recorder) open() {
	if r.file != nil || r.err != nil {
		return
	}
	if r.err = os.MkdirAll(r.log.Dir, 0o700); r.err != nil {
		return
	}
	name := fileName(r.began, r.begin.Command, r.begin.ID)
	r.file, r.err = os.OpenFile(filepath.Join(r.log.Dir, name), os.O_WRONLY|os.O_CREATE|os.O_EXCL|os.O_APPEND, 0o600)
	if r.err != nil {
		return
	}
	// Where there are no locks a run that goes on looks like one that was killed.
	_, _ = filelock.Try(r.file, filelock.Exclusive)
	r.add(r.begin)
}

// add appends an event to what is to be written.
func (r *Recorder) add(e event.Event) {
	if r.err != nil {
		return
	}
	_, end := e.(event.RunEnd)
	if !end && (r.size > maxRunBytes && !vital(e) || r.size > maxRunBytes*3/2) {
		r.dropped++
		return
	}
	line, err := encode(clipped(e), r.now().Sub(r.began))
	if err != nil {
		r.err = err
		return
	}
	r.size += len(line)
	r.pending.Write(line)
	if r.pending.Len() > 64<<10 {
		r.flush()
	} else if r.timer == nil {
		r.timer = time.AfterFunc(flushEvery, func() {
			r.mu.Lock()
			defer r.mu.Unlock()
			r.flush()
		})
	}
}

// encode is a line of the log: the event with its time.
func encode(e event.Event, at time.Duration) ([]byte, error) {
	data, err := event.Marshal(e)
	if err != nil {
		return nil, err
	}
	front := fmt.Sprintf(`{"v":%d,`, event.Version)
	rest := bytes.TrimPrefix(data, []byte(front))
	line := make([]byte, 0, len(data)+32)
	line = append(line, front...)
	line = fmt.Appendf(line, `"at_ns":%d,`, at.Nanoseconds())
	line = append(line, rest...)
	return append(line, '\n'), nil
}

// flush writes what is pending, whole lines in one write.
func (r *Recorder) flush() {
	if r.timer != nil {
		r.timer.Stop()
		r.timer = nil
	}
	if r.file == nil || r.pending.Len() == 0 {
		return
	}
	if _, err := r.file.Write(r.pending.Bytes()); err != nil && r.err == nil {
		r.err = err
	}
	r.pending.Reset()
}

// End writes the last line, if there were others, and removes old runs. The
// error is the first met in recording.
func (r *Recorder) End(code int) error {
	if r == nil {
		return nil
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.ended {
		return r.wrapped()
	}
	r.ended = true
	if r.file == nil {
		return r.wrapped()
	}
	r.add(event.RunEnd{Code: code, WallNS: r.now().Sub(r.began).Nanoseconds(), Dropped: r.dropped})
	r.flush()
	if err := r.file.Close(); r.err == nil {
		r.err = err
	}
	if err := r.log.trim(); r.err == nil {
		r.err = err
	}
	return r.wrapped()
}

func (r *Recorder) wrapped() error {
	if r.err == nil {
		return nil
	}
	return fmt.Errorf("record the run: %w", r.err)
}

// args are the arguments that are recorded: nobody wants to read a thousand
// file names, and the first line must not be long.
func args(args []string) []string {
	const most, length = 50, 512
	out := make([]string, 0, min(len(args), most))
	for _, a := range args[:min(len(args), most)] {
		out = append(out, strings.ToValidUTF8(a[:min(len(a), length)], ""))
	}
	return out
}

// header reads the first line of a run.
func header(line []byte) (event.RunBegin, error) {
	var b event.RunBegin
	e, err := event.Decode(line)
	if err != nil {
		return b, fmt.Errorf("%w: %w", errNoHeader, err)
	}
	b, ok := e.(event.RunBegin)
	if !ok {
		return b, fmt.Errorf("%w but %s", errNoHeader, e.EventType())
	}
	return b, nil
}

// at is the time of an event in a line.
func at(line []byte) time.Duration {
	var t struct {
		At int64 `json:"at_ns"`
	}
	_ = json.Unmarshal(line, &t) // no time is the beginning
	return time.Duration(t.At)
}
