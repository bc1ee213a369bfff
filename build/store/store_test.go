package store

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"
)

func TestPutGet(t *testing.T) {
	s := &Store{Dir: filepath.Join(t.TempDir(), "not", "there", "yet")}
	key := Key([]byte("a"), []byte("b"))
	if key != Key([]byte("ab")) {
		t.Error("keys depend on how content is split")
	}
	if _, err := s.Get(Object, key); !errors.Is(err, ErrMiss) {
		t.Fatalf("empty store: %v, want ErrMiss", err)
	}
	if err := s.Put(Object, key, []byte("one "), []byte("two")); err != nil {
		t.Fatal(err)
	}
	got, err := s.Get(Object, key)
	if err != nil || string(got) != "one two" {
		t.Fatalf("got %q, %v", got, err)
	}
	if s.Has(Source, key) || !s.Has(Object, key) {
		t.Error("kinds are not kept apart")
	}
}

func TestDamageIsDropped(t *testing.T) {
	for name, damage := range map[string]func([]byte) []byte{
		"flipped":   func(b []byte) []byte { b[len(b)-1] ^= 1; return b },
		"truncated": func(b []byte) []byte { return b[:len(b)-1] },
		"empty":     func([]byte) []byte { return nil },
		"foreign":   func([]byte) []byte { return bytes.Repeat([]byte("x"), 100) },
	} {
		t.Run(name, func(t *testing.T) {
			s := &Store{Dir: t.TempDir()}
			key := Key([]byte(name))
			if err := s.Put(Object, key, []byte("content")); err != nil {
				t.Fatal(err)
			}
			file, _ := s.path(Object, key)
			b, _ := os.ReadFile(file)
			if err := os.WriteFile(file, damage(b), 0o666); err != nil {
				t.Fatal(err)
			}
			if _, err := s.Get(Object, key); !errors.Is(err, ErrMiss) {
				t.Fatalf("damaged entry: %v, want ErrMiss", err)
			}
			if _, err := os.Stat(file); !errors.Is(err, os.ErrNotExist) {
				t.Errorf("damaged entry is still there: %v", err)
			}
		})
	}
}

// What stands in an entry's place and is none gives way.
func TestOddEntries(t *testing.T) {
	for name, put := range map[string]func(string) error{
		"directory": func(file string) error { return os.MkdirAll(filepath.Join(file, "x"), 0o777) },
		"link":      func(file string) error { return os.Symlink(file, file) },
	} {
		t.Run(name, func(t *testing.T) {
			s := &Store{Dir: t.TempDir()}
			key := Key([]byte(name))
			file, _ := s.path(Object, key)
			odd := func() {
				t.Helper()
				if err := os.MkdirAll(filepath.Dir(file), 0o777); err != nil {
					t.Fatal(err)
				}
				if err := put(file); err != nil {
					t.Fatal(err)
				}
			}
			odd()
			if s.Has(Object, key) {
				t.Error("taken for an entry")
			}
			if err := s.Put(Object, key, []byte("content")); err != nil {
				t.Fatalf("put in its place: %v", err)
			}
			if got, err := s.Get(Object, key); err != nil || string(got) != "content" {
				t.Fatalf("got %q, %v", got, err)
			}
			os.Remove(file)
			odd()
			if _, err := s.Get(Object, key); !errors.Is(err, ErrMiss) {
				t.Errorf("read: %v, want ErrMiss", err)
			}
			if _, err := os.Lstat(file); !errors.Is(err, os.ErrNotExist) {
				t.Error("still there after it could not be read")
			}
		})
	}
}

func TestBadKeys(t *testing.T) {
	s := &Store{Dir: t.TempDir()}
	for _, key := range []string{"", "ab", "../../etc/passwd", "ab/cdef"} {
		if err := s.Put(Object, key, nil); err == nil {
			t.Errorf("Put accepted key %q", key)
		}
	}
	if err := new(Store).Put(Object, Key(nil), nil); err == nil {
		t.Error("a store without a directory accepted an entry")
	}
}

func TestConcurrentWriters(t *testing.T) {
	s := &Store{Dir: t.TempDir()}
	key := Key([]byte("shared"))
	var wg sync.WaitGroup
	for i := range 20 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			body := bytes.Repeat([]byte(fmt.Sprint(i%10)), 1<<16)
			if err := s.Put(Compile, key, body); err != nil {
				t.Error(err)
			}
			if got, err := s.Get(Compile, key); err != nil || len(got) != 1<<16 {
				t.Errorf("read %d bytes, %v", len(got), err)
			}
		}()
	}
	wg.Wait()
	left, _ := filepath.Glob(filepath.Join(s.Dir, "*", "*", "tmp-*"))
	if len(left) != 0 {
		t.Errorf("temporary files left: %v", left)
	}
}

func TestUseRenewsTimeStamp(t *testing.T) {
	now := time.Now()
	s := &Store{Dir: t.TempDir(), Now: func() time.Time { return now }}
	key := Key([]byte("old"))
	if err := s.Put(Object, key, nil); err != nil {
		t.Fatal(err)
	}
	file, _ := s.path(Object, key)
	old := now.Add(-48 * time.Hour)
	if err := os.Chtimes(file, old, old); err != nil {
		t.Fatal(err)
	}
	if !s.Has(Object, key) {
		t.Fatal("entry is gone")
	}
	info, err := os.Stat(file)
	if err != nil || now.Sub(info.ModTime()) > time.Minute {
		t.Errorf("time stamp %v not renewed (%v)", info.ModTime(), err)
	}
}

func TestTrim(t *testing.T) {
	now := time.Now()
	s := &Store{Dir: t.TempDir(), Now: func() time.Time { return now }}
	old, fresh := Key([]byte("old")), Key([]byte("fresh"))
	for _, key := range []string{old, fresh} {
		if err := s.Put(Object, key, nil); err != nil {
			t.Fatal(err)
		}
	}
	file, _ := s.path(Object, old)
	temp := filepath.Join(filepath.Dir(file), "tmp-1")
	if err := os.WriteFile(temp, nil, 0o666); err != nil {
		t.Fatal(err)
	}
	age := func(name string, d time.Duration) {
		t.Helper()
		if err := os.Chtimes(name, now.Add(-d), now.Add(-d)); err != nil {
			t.Fatal(err)
		}
	}
	age(temp, 2*time.Hour)
	age(file, 6*24*time.Hour)
	if err := s.Trim(); err != nil {
		t.Fatal(err)
	}
	if s.Has(Object, old) || !s.Has(Object, fresh) {
		t.Errorf("after trimming: old %v, fresh %v", s.Has(Object, old), s.Has(Object, fresh))
	}
	if _, err := os.Stat(temp); err == nil {
		t.Error("an abandoned temporary file is still there")
	}

	// The second time on the same day nothing is looked at.
	if err := s.Put(Object, old, nil); err != nil {
		t.Fatal(err)
	}
	age(file, 6*24*time.Hour)
	if err := s.Trim(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(file); err != nil {
		t.Error("trimmed twice a day")
	}
	now = now.Add(25 * time.Hour)
	if err := s.Trim(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(file); err == nil {
		t.Error("not trimmed the next day")
	}
}
