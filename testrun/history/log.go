package history

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/gust-go/gust/internal/filelock"
)

// DefaultMaxBytes bounds a log unless it says otherwise. That is about
// 150,000 results.
const DefaultMaxBytes = 8 << 20

// A Log is the file with the records of one module, one JSON object a line,
// oldest first. Several processes may use it at once.
type Log struct {
	// Path is the file. Its directory is made when it is first written.
	Path string
	// MaxBytes bounds the file; 0 means DefaultMaxBytes. When it is reached
	// the older half goes.
	MaxBytes int64
}

// ForModule returns the log of a module in a directory of logs.
func ForModule(dir, modulePath string) Log {
	sum := sha256.Sum256([]byte(modulePath))
	return Log{Path: filepath.Join(dir, fmt.Sprintf("%x.jsonl", sum[:12]))}
}

// Append adds the records of a run. They are written at once, so that a crash
// leaves at most one torn line. A cached package is left out unless the log
// has it as failed: its result is on record already, and a run that is all
// cached must not push out what is worth remembering.
func (l Log) Append(ctx context.Context, records []Record) error {
	if len(records) == 0 {
		return nil
	}
	unlock, err := l.lock(ctx)
	if err != nil {
		return err
	}
	defer unlock()
	old, err := os.ReadFile(l.Path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("read the test history: %w", err)
	}
	var lines bytes.Buffer
	enc := json.NewEncoder(&lines)
	for _, r := range news(old, records) {
		if err := enc.Encode(r); err != nil {
			return fmt.Errorf("encode the test history: %w", err)
		}
	}
	if limit := l.limit(); int64(len(old)+lines.Len()) > limit {
		return l.rewrite(newest(append(endLine(old), lines.Bytes()...), limit/2))
	}
	f, err := os.OpenFile(l.Path, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return fmt.Errorf("write the test history: %w", err)
	}
	data := lines.Bytes()
	if len(old) > 0 && old[len(old)-1] != '\n' {
		data = append([]byte{'\n'}, data...) // behind the torn line of a crash
	}
	_, err = f.Write(data)
	if err := errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("write the test history: %w", err)
	}
	return nil
}

// news are the records that say something the log does not: all but those of
// cached packages whose latest record in the same checkout is not a failure.
func news(old []byte, records []Record) []Record {
	type key struct{ root, pkg string }
	cached := make(map[key]bool)
	for _, r := range records {
		if r.Cached {
			cached[key{r.Root, r.Package}] = true
		}
	}
	failed := make(map[key]bool)
	if len(cached) > 0 && bytes.Contains(old, []byte(`"result":"fail"`)) {
		for line := range bytes.Lines(old) {
			if r, ok := header(line); ok {
				failed[key{r.Root, r.Package}] = r.Result == Fail
			}
		}
	}
	var out []Record
	for _, r := range records {
		if !r.Cached || failed[key{r.Root, r.Package}] {
			out = append(out, r)
		}
	}
	return out
}

// header decodes a line without its tests, which stand last.
func header(line []byte) (r Record, ok bool) {
	if head, _, found := bytes.Cut(line, []byte(`,"tests":[`)); found {
		line = append(bytes.Clone(head), '}')
	}
	return r, json.Unmarshal(line, &r) == nil
}

func (l Log) limit() int64 {
	if l.MaxBytes > 0 {
		return l.MaxBytes
	}
	return DefaultMaxBytes
}

// lock keeps other writers out. The lock is a file of its own because the log
// is replaced when it is cut.
func (l Log) lock(ctx context.Context) (unlock func(), err error) {
	if err := os.MkdirAll(filepath.Dir(l.Path), 0o700); err != nil {
		return nil, fmt.Errorf("make the directory of the test history: %w", err)
	}
	f, err := os.OpenFile(l.Path+".lock", os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("lock the test history: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	if err := filelock.Wait(ctx, f); err != nil {
		f.Close()
		return nil, fmt.Errorf("lock the test history: %w", err)
	}
	return func() { f.Close() }, nil
}

// rewrite replaces the log.
func (l Log) rewrite(data []byte) error {
	tmp := l.Path + ".new"
	if err := os.WriteFile(tmp, data, 0o600); err != nil {
		return fmt.Errorf("cut the test history: %w", err)
	}
	if err := os.Rename(tmp, l.Path); err != nil {
		return fmt.Errorf("cut the test history: %w", err)
	}
	return nil
}

func endLine(data []byte) []byte {
	if len(data) > 0 && data[len(data)-1] != '\n' {
		data = append(data, '\n')
	}
	return data
}

// newest returns the lines that end data, at most limit bytes of them.
func newest(data []byte, limit int64) []byte {
	if int64(len(data)) <= limit {
		return data
	}
	data = data[int64(len(data))-limit-1:]
	_, rest, _ := bytes.Cut(data, []byte{'\n'})
	return rest
}

// Read returns the records, oldest first, without those that are damaged or
// of a version to come. A log that does not exist is empty.
func (l Log) Read() ([]Record, error) {
	data, err := os.ReadFile(l.Path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read the test history: %w", err)
	}
	return decode(data), nil
}

func decode(data []byte) []Record {
	var records []Record
	for line := range bytes.Lines(data) {
		var r Record
		if json.Unmarshal(line, &r) == nil && r.V == 1 && r.Package != "" {
			records = append(records, r)
		}
	}
	return records
}
