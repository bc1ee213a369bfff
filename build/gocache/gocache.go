// Package gocache reads and writes a build cache in the format of cmd/go
// (cmd/go/internal/cache), so that go commands with and without gust cacheprog
// share one. Several processes may use it at once, go commands among them.
package gocache

import (
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// An ID is an action ID or an output ID, the SHA-256 of an output.
type ID [32]byte

// An Entry is what an action has made.
type Entry struct {
	Output ID
	Size   int64
	// Time is when it was made.
	Time time.Time
}

// ErrMiss means that the cache does not have what was asked for.
var ErrMiss = errors.New("not in the cache")

// A Cache is a directory.
type Cache struct {
	// TempDir is where in the cache new files are written; empty means 00.
	TempDir string

	dir string
	now func() time.Time
}

// The times of cmd/go/internal/cache/cache.go.
const (
	mtimeInterval = time.Hour
	trimInterval  = 24 * time.Hour
	trimLimit     = 5 * 24 * time.Hour
)

// entrySize is the length of an action entry: "v1 <action> <output> <size> <time>\n".
const entrySize = len("v1 ") + 64 + 1 + 64 + 1 + 20 + 1 + 20 + 1

// Open opens a cache, which is made if it is missing.
func Open(dir string, now func() time.Time) (*Cache, error) {
	if !filepath.IsAbs(dir) {
		return nil, fmt.Errorf("open build cache: %q is not absolute", dir)
	}
	if _, err := os.Stat(filepath.Join(dir, "ff")); err == nil {
		return &Cache{dir: filepath.Clean(dir), now: now}, nil // the last one that is made
	}
	for i := range 256 {
		if err := os.MkdirAll(filepath.Join(dir, fmt.Sprintf("%02x", i)), 0o777); err != nil {
			return nil, fmt.Errorf("open build cache: %w", err)
		}
	}
	return &Cache{dir: filepath.Clean(dir), now: now}, nil
}

func (c *Cache) file(id ID, kind string) string {
	var name [3 + 2*len(id)]byte
	hex.Encode(name[:2], id[:1])
	name[2] = filepath.Separator
	hex.Encode(name[3:], id[:])
	return c.dir + string(filepath.Separator) + string(name[:]) + "-" + kind
}

// Temp creates a file in which to write an output for [Cache.Put].
func (c *Cache) Temp() (*os.File, error) {
	// os.CreateTemp would make it unreadable for those that the umask admits.
	name := fmt.Sprintf("gust-%d-%016x", os.Getpid(), rand.Uint64())
	sub := c.TempDir
	if sub == "" {
		sub = "00"
	}
	f, err := os.OpenFile(filepath.Join(c.dir, sub, name), os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o666)
	if errors.Is(err, fs.ErrNotExist) {
		_ = os.Mkdir(filepath.Join(c.dir, sub), 0o777)
		f, err = os.OpenFile(filepath.Join(c.dir, sub, name), os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o666)
	}
	if err != nil {
		return nil, fmt.Errorf("write to the build cache: %w", err)
	}
	return f, nil
}

// Get finds what an action has made. The error is ErrMiss if there is nothing,
// or nothing whole.
func (c *Cache) Get(action ID) (e Entry, path string, err error) {
	name := c.file(action, "a")
	var data [entrySize + 1]byte
	n, last, err := readStart(name, data[:])
	if err != nil {
		return e, "", ErrMiss
	}
	if e, err = parse(action, data[:n]); err != nil {
		return e, "", ErrMiss
	}
	path, info, err := c.output(e.Output)
	if err != nil || info.Size() != e.Size {
		return e, "", ErrMiss
	}
	c.used(name, last)
	c.used(path, info.ModTime())
	return e, path, nil
}

// output is the file of an output: cmd/go keeps executables in directories of
// their own.
func (c *Cache) output(out ID) (string, fs.FileInfo, error) {
	path := c.file(out, "d")
	info, err := os.Stat(path)
	if err == nil && info.IsDir() {
		files, err := os.ReadDir(path)
		if err != nil || len(files) != 1 {
			return "", nil, ErrMiss
		}
		path = filepath.Join(path, files[0].Name())
		info, err = os.Stat(path)
		return path, info, err
	}
	return path, info, err
}

// used keeps a file from being trimmed, which was last used at some time. Of an
// executable it is the directory that counts.
func (c *Cache) used(name string, last time.Time) {
	now := c.now()
	if now.Sub(last) < mtimeInterval {
		return
	}
	_ = os.Chtimes(name, now, now) // what is trimmed is made again
	if dir := filepath.Dir(name); strings.HasSuffix(dir, "-d") {
		_ = os.Chtimes(dir, now, now)
	}
}

func parse(action ID, data []byte) (e Entry, err error) {
	fields := strings.Fields(string(data))
	if len(data) != entrySize || len(fields) != 5 || fields[0] != "v1" || fields[1] != hex.EncodeToString(action[:]) || len(fields[2]) != 64 {
		return e, errors.New("not an action entry")
	}
	if _, err := hex.Decode(e.Output[:], []byte(fields[2])); err != nil {
		return e, err
	}
	size, err1 := strconv.ParseInt(fields[3], 10, 64)
	stamp, err2 := strconv.ParseInt(fields[4], 10, 64)
	e.Size, e.Time = size, time.Unix(0, stamp)
	if size < 0 || stamp < 0 {
		return e, errors.New("negative number")
	}
	return e, errors.Join(err1, err2)
}

// Put stores what an action has made: a file of [Cache.Temp] that is closed and
// whole, of which it disposes. The caller has checked its size and hash.
func (c *Cache) Put(action ID, e Entry, temp string) (path string, err error) {
	defer os.Remove(temp) // fails once it is renamed
	if path, err = c.place(e, temp); err != nil {
		return "", fmt.Errorf("write to the build cache: %w", err)
	}
	return path, c.Name(action, e)
}

// PutBytes is Put for what is in memory, without a file that is renamed, which takes
// as long again as all the rest of a small one.
func (c *Cache) PutBytes(action ID, e Entry, content []byte) (path string, err error) {
	if path, info, err := c.output(e.Output); err == nil && info.Size() == e.Size {
		return path, c.Name(action, e)
	}
	if path = c.file(e.Output, "d"); create(path, content) == nil {
		return path, c.Name(action, e)
	}
	f, err := c.Temp()
	if err != nil {
		return "", err
	}
	_, err = f.Write(content)
	if err = errors.Join(err, f.Close()); err != nil {
		_ = os.Remove(f.Name())
		return "", fmt.Errorf("write to the build cache: %w", err)
	}
	return c.Put(action, e, f.Name())
}

// Name stores that an action has made an output that is there.
func (c *Cache) Name(action ID, e Entry) error {
	line := fmt.Appendf(nil, "v1 %x %x %20d %20d\n", action, e.Output, e.Size, e.Time.UnixNano())
	if create(c.file(action, "a"), line) == nil {
		return nil
	}
	f, err := c.Temp()
	if err != nil {
		return err
	}
	defer os.Remove(f.Name()) // fails once it is renamed
	_, err = f.Write(line)
	if closeErr := f.Close(); err == nil {
		err = closeErr
	}
	if err == nil {
		err = os.Rename(f.Name(), c.file(action, "a"))
	}
	if err != nil {
		return fmt.Errorf("write to the build cache: %w", err)
	}
	return nil
}

// create writes a file that is not there. Whoever finds it before it is whole sees by
// its size that it is not, as with those that go writes; so it is if this is killed.
func create(name string, content []byte) error {
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	if err = errors.Join(err, f.Close()); err != nil {
		_ = os.Remove(name) // a full disk
	}
	return err
}

// place moves an output to its name, whatever is there: it may have been cut
// short.
func (c *Cache) place(e Entry, temp string) (string, error) {
	path, info, err := c.output(e.Output)
	if err == nil && path != c.file(e.Output, "d") && info.Size() == e.Size {
		return path, nil // an executable
	}
	path = c.file(e.Output, "d")
	err = os.Rename(temp, path)
	if info, statErr := os.Stat(path); err != nil && statErr == nil && info.Size() == e.Size {
		return path, nil // Windows, while somebody reads it
	}
	return path, err
}

// Trim removes what was not used for five days, once a day, as cmd/go does.
func (c *Cache) Trim() error {
	now := c.now()
	stamp := filepath.Join(c.dir, "trim.txt")
	if data, err := os.ReadFile(stamp); err == nil {
		if t, err := strconv.ParseInt(strings.TrimSpace(string(data)), 10, 64); err == nil {
			if last := time.Unix(t, 0); now.Sub(last) < trimInterval && last.Sub(now) < mtimeInterval {
				return nil
			}
		}
	}
	cutoff := now.Add(-trimLimit - mtimeInterval)
	for i := range 256 {
		c.trimDir(filepath.Join(c.dir, fmt.Sprintf("%02x", i)), cutoff)
	}
	if err := os.WriteFile(stamp, fmt.Appendf(nil, "%d", now.Unix()), 0o666); err != nil {
		return fmt.Errorf("trim the build cache: %w", err)
	}
	return nil
}

func (c *Cache) trimDir(dir string, cutoff time.Time) {
	entries, _ := os.ReadDir(dir) // what cannot be read cannot be trimmed
	for _, e := range entries {
		name := e.Name()
		if !strings.HasSuffix(name, "-a") && !strings.HasSuffix(name, "-d") && !strings.HasPrefix(name, "gust-") {
			continue
		}
		if info, err := e.Info(); err == nil && info.ModTime().Before(cutoff) {
			_ = os.RemoveAll(filepath.Join(dir, name))
		}
	}
}
