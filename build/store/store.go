// Package store keeps what gust remembers of compiles: files named by a key,
// each with a checksum over its content.
//
// The wrapper in package toolexec reads and writes it from many processes at
// once, without locks: a file is written under a temporary name and renamed,
// so a reader sees it whole or not at all, and a build killed at any moment
// leaves at most a temporary file. What does not match its checksum is
// dropped, which makes it a miss. Nothing here is needed for a correct build.
package store

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// ErrMiss means that there is no usable entry under a key.
var ErrMiss = errors.New("not in the store")

// A Kind is one sort of content; each has a directory of its own.
type Kind string

// The kinds of entries.
const (
	Object    Kind = "object"    // compiler archives, by content
	Interface Kind = "interface" // export data and its layout, by digest of the export data
	Compile   Kind = "compile"   // results of a compile, by digest of its inputs but imports
	Vet       Kind = "vet"       // results of a vet that found nothing, by digest of its inputs
	Last      Kind = "last"      // inputs of a package's last compile, by package
	Inputs    Kind = "inputs"    // what the last compiles of a package were made of, by its import path
	Source    Kind = "source"    // source files, by content
	Tool      Kind = "tool"      // what tools say of their version, by file identity
)

const magic = "gust store 1\n"

// markEvery is how old an entry's time stamp may be before a use renews it.
const markEvery = time.Hour

// A Store is a directory of entries. The zero value misses everything and
// refuses to store.
type Store struct {
	// Dir is the root; it is made when first needed.
	Dir string
	// Now tells the time for marking entries as used; nil means not to mark.
	Now func() time.Time
}

// Key is the store's name for arbitrary content.
func Key(content ...[]byte) string {
	h := sha256.New()
	for _, c := range content {
		h.Write(c)
	}
	return hex.EncodeToString(h.Sum(nil))
}

// FileKey is [Key] of a file's content, which it does not hold in memory: files
// that are embedded can be of any size. Its error is the file system's.
func FileKey(name string) (string, error) {
	f, err := os.Open(name)
	if err != nil {
		return "", err
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

func (s *Store) path(k Kind, key string) (string, error) {
	if s.Dir == "" {
		return "", errors.New("no store directory")
	}
	if len(key) < 4 || filepath.Base(key) != key {
		return "", fmt.Errorf("bad store key %q", key)
	}
	return filepath.Join(s.Dir, string(k), key[:2], key[2:]), nil
}

// Get returns the entry under key; the error wraps ErrMiss if there is none
// or it is damaged, in which case it is dropped.
func (s *Store) Get(k Kind, key string) ([]byte, error) {
	file, err := s.path(k, key)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrMiss, err)
	}
	b, err := os.ReadFile(file)
	if err != nil {
		if !errors.Is(err, fs.ErrNotExist) {
			_ = os.RemoveAll(file) // unreadable: make room for one that is not
		}
		return nil, fmt.Errorf("%w: %w", ErrMiss, err)
	}
	body, ok := open(b)
	if !ok {
		os.Remove(file)
		return nil, fmt.Errorf("%w: %s entry %s is damaged and was dropped", ErrMiss, k, key)
	}
	s.mark(file)
	return body, nil
}

// Has reports whether there is a regular file under key, damaged or not, and
// marks it as used.
func (s *Store) Has(k Kind, key string) bool {
	file, err := s.path(k, key)
	if err != nil {
		return false
	}
	if info, err := os.Lstat(file); err != nil || !info.Mode().IsRegular() {
		return false
	}
	s.mark(file)
	return true
}

// Put stores body under key, replacing what was there.
func (s *Store) Put(k Kind, key string, body ...[]byte) error {
	file, err := s.path(k, key)
	if err != nil {
		return err
	}
	if err := write(file, append([][]byte{head(body)}, body...)...); err != nil {
		return fmt.Errorf("store %s: %w", k, err)
	}
	return nil
}

// ErrDamaged means that an entry from elsewhere is not one.
var ErrDamaged = errors.New("not an entry of the store")

// Import adds an entry as it is in another store: fill writes its file.
func (s *Store) Import(k Kind, key string, fill func(io.Writer) error) error {
	file, err := s.path(k, key)
	if err != nil {
		return err
	}
	var b bytes.Buffer
	if err := fill(&b); err != nil {
		return err
	}
	if err := check(k, key, bytes.NewReader(b.Bytes())); err != nil {
		return fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	return write(file, b.Bytes())
}

// Path is the file of an entry, which need not exist.
func (s *Store) Path(k Kind, key string) (string, error) { return s.path(k, key) }

// head is what an entry begins with.
func head(body [][]byte) []byte {
	h := sha256.New()
	for _, b := range body {
		h.Write(b)
	}
	return h.Sum([]byte(magic))
}

func open(b []byte) (body []byte, ok bool) {
	b, ok = bytes.CutPrefix(b, []byte(magic))
	if !ok || len(b) < sha256.Size {
		return nil, false
	}
	sum, body := b[:sha256.Size], b[sha256.Size:]
	return body, sha256.Sum256(body) == [sha256.Size]byte(sum)
}

// write puts parts at file by way of a temporary name in the same directory.
func write(file string, parts ...[]byte) error {
	dir := filepath.Dir(file)
	f, err := os.CreateTemp(dir, "tmp-*")
	if errors.Is(err, fs.ErrNotExist) {
		if err := os.MkdirAll(dir, 0o777); err != nil {
			return err
		}
		f, err = os.CreateTemp(dir, "tmp-*")
	}
	if err != nil {
		return err
	}
	for _, b := range parts {
		if err == nil {
			_, err = f.Write(b)
		}
	}
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err == nil {
		if err = os.Rename(f.Name(), file); err != nil && os.RemoveAll(file) == nil {
			err = os.Rename(f.Name(), file) // a directory stood in the way
		}
	}
	if err != nil {
		os.Remove(f.Name())
	}
	return err
}

// mark renews file's time stamp for trimming by last use, at most once an
// hour as cmd/go/internal/cache does. Failing to is harmless.
func (s *Store) mark(file string) {
	if s.Now == nil {
		return
	}
	now := s.Now()
	if info, err := os.Stat(file); err == nil && now.Sub(info.ModTime()) > markEvery {
		_ = os.Chtimes(file, now, now)
	}
}
