// Package stabletime gives the files of a checkout times of modification that
// follow from what is in them, instead of from when they were written.
//
// go caches the result of a test together with size, mode and time of the files
// that the test looked at (cmd/go/internal/test.computeTestInputsID). A fresh
// checkout has new times, so nothing that reads testdata is ever found in a cache
// (golang/go#58571). With times made from contents, equal files have equal times
// everywhere, and other contents have other times: go's question "is this the
// file that I have seen" gets the right answer.
package stabletime

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"
)

// Result says what came of it.
type Result struct {
	// Files and Dirs have the time of their content now, Changed of them had
	// another one.
	Files, Dirs, Changed int
	// Skipped were not there, or are no files.
	Skipped int
}

// Set gives the files below root, which are named relative to it with slashes,
// and the directories that they are in, the times of their contents. What a
// directory contains is the names among files; others in it do not count.
func Set(ctx context.Context, root string, files []string) (Result, error) {
	r, err := os.OpenRoot(root)
	if err != nil {
		return Result{}, fmt.Errorf("open the checkout: %w", err)
	}
	defer r.Close()
	s := &setter{root: r, dirs: map[string]map[string]bool{}}
	for _, name := range files {
		s.enter(name)
	}
	if err := s.each(ctx, files, s.file); err != nil {
		return s.result, err
	}
	// Directories come last: a file that is written beside would change them.
	dirs := make([]string, 0, len(s.dirs))
	for dir := range s.dirs {
		dirs = append(dirs, dir)
	}
	return s.result, s.each(ctx, dirs, s.dir)
}

// setter is one run of Set.
type setter struct {
	root *os.Root
	dirs map[string]map[string]bool // names by directory

	mu     sync.Mutex
	result Result
}

// enter notes a name in its directory, and that one in its own.
func (s *setter) enter(name string) {
	for name != "." {
		dir := path.Dir(name)
		names := s.dirs[dir]
		if names == nil {
			names = map[string]bool{}
			s.dirs[dir] = names
		}
		if names[path.Base(name)] {
			return
		}
		names[path.Base(name)] = true
		name = dir
	}
}

// each calls do for all names, on all processors.
func (s *setter) each(ctx context.Context, names []string, do func(string) error) error {
	todo := make(chan string)
	var wg sync.WaitGroup
	var errs []error
	for range runtime.GOMAXPROCS(0) {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for name := range todo {
				if err := do(name); err != nil {
					s.mu.Lock()
					errs = append(errs, err)
					s.mu.Unlock()
				}
			}
		}()
	}
	for _, name := range names {
		if ctx.Err() != nil {
			break
		}
		todo <- name
	}
	close(todo)
	wg.Wait()
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if len(errs) > 0 {
		return fmt.Errorf("set times: %w", errs[0])
	}
	return nil
}

// file gives a file its time.
func (s *setter) file(name string) error {
	before, err := s.root.Lstat(name)
	if err != nil || !before.Mode().IsRegular() && before.Mode().Type() != fs.ModeSymlink {
		return s.skip(err)
	}
	if before.Mode().Type() == fs.ModeSymlink {
		return s.link(name)
	}
	h := sha256.New()
	f, err := s.root.Open(name)
	if err != nil {
		return err
	}
	_, err = io.Copy(h, f)
	if closeErr := f.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		return err
	}
	now, err := s.root.Lstat(name)
	if err != nil || !now.ModTime().Equal(before.ModTime()) || now.Size() != before.Size() {
		return s.skip(err) // somebody writes it: its time is that of the writing
	}
	return s.set(name, before.ModTime(), of("file", h.Sum(nil)), &s.result.Files)
}

// dir gives a directory its time.
func (s *setter) dir(name string) error {
	info, err := s.root.Lstat(name)
	if err != nil || !info.IsDir() {
		return s.skip(err)
	}
	names := make([]string, 0, len(s.dirs[name]))
	for n := range s.dirs[name] {
		names = append(names, n)
	}
	slices.Sort(names)
	return s.set(name, info.ModTime(), of("dir", []byte(strings.Join(names, "\x00"))), &s.result.Dirs)
}

// set changes a time, and counts.
func (s *setter) set(name string, was, t time.Time, kind *int) error {
	changed := !was.Equal(t)
	if changed {
		if err := s.root.Chtimes(name, t, t); err != nil {
			return err
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	*kind++
	if changed {
		s.result.Changed++
	}
	return nil
}

// skip counts what is not there, or no file.
func (s *setter) skip(err error) error {
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.result.Skipped++
	return nil
}

// of is the time of a content: within the sixteen years from 1990 on, to the
// nanosecond, so that another content has another time. It is long past, since
// go does not trust files that changed a moment ago.
func of(kind string, content []byte) time.Time {
	sum := sha256.Sum256(append([]byte(kind+"\x00"), content...))
	const span = uint64(16 * 365 * 24 * time.Hour)
	n := binary.BigEndian.Uint64(sum[:]) % span
	return time.Date(1990, 1, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(n))
}
