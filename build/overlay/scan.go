package overlay

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// scanAll reads the sub-directories that have changed since old, which may be
// nil, brings over what is new and fills in next.
func (s *syncer) scanAll(ctx context.Context, old, next *state, mtimes [256]int64, start time.Time) error {
	if old == nil || old.trim != next.trim || next.trim == unsettledTrim {
		old = forget(old)
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	todo := make(chan int)
	var wg sync.WaitGroup
	for range s.workers {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for i := range todo {
				d, err := s.scan(ctx, i, old.dirs[i].witness)
				if err != nil {
					cancel(err)
				}
				d.mtime = mtimes[i]
				d.settled = d.settled && !racy(mtimes[i], start)
				next.dirs[i] = d
			}
		}()
	}
	for i := range mtimes {
		if old.dirs[i].current(mtimes[i]) {
			next.dirs[i] = old.dirs[i]
			continue
		}
		s.count(func(st *Stats) { st.Scanned++ })
		todo <- i
	}
	close(todo)
	wg.Wait()
	return context.Cause(ctx)
}

// forget returns a state that makes every directory be read, with the
// witnesses of st if it is not nil.
func forget(st *state) *state {
	all := new(state)
	if st != nil {
		all.dirs = st.dirs
	}
	for i := range all.dirs {
		all.dirs[i].settled = false
	}
	return all
}

// scan brings over what the user's i-th sub-directory has and ours has not.
// The result lacks the mtime.
func (s *syncer) scan(ctx context.Context, i int, was witness) (dirState, error) {
	var d dirState
	sub := subName(i)
	entries, err := readDir(filepath.Join(s.user, sub))
	if err != nil {
		s.skip(err)
		d.settled = errors.Is(err, fs.ErrNotExist)
		return d, nil
	}
	have, err := s.overlayNames(sub)
	if err != nil {
		return d, err
	}
	d.settled = true
	w := witnessSearch{was: was}
	for _, e := range entries {
		if err := ctx.Err(); err != nil {
			return d, err
		}
		err := s.bring(sub, e, have, &w)
		if errors.Is(err, errAgain) || errors.Is(err, fs.ErrNotExist) {
			// The latter is another sync's reset, or somebody's rm.
			d.settled = false
		} else if err != nil {
			return d, err
		}
	}
	d.witness = w.result(filepath.Join(s.user, sub))
	return d, nil
}

// bring brings over one entry of a sub-directory.
func (s *syncer) bring(sub string, e fs.DirEntry, have map[string]bool, w *witnessSearch) error {
	name := e.Name()
	kind, id := classify(sub, name)
	exists := have[name]
	src, dst := filepath.Join(s.user, sub, name), filepath.Join(s.dir, sub, name)
	switch {
	case kind == dataName && e.Type().IsRegular():
		if exists {
			return nil
		}
		return s.place(src, dst, id)
	case kind == dataName && e.IsDir():
		// A kill may have left an empty directory, so existence proves nothing.
		return s.executable(src, dst, id)
	case kind == actionName && e.Type().IsRegular():
		got, err := s.action(sub, name, id, exists)
		w.saw(id, got)
		return err
	}
	s.count(func(st *Stats) { st.Skipped++ })
	return nil
}

// readDir reads a directory that is not a symbolic link. Unlike os.ReadDir it
// does not sort.
func readDir(name string) ([]fs.DirEntry, error) {
	info, err := os.Lstat(name)
	if err != nil {
		return nil, err
	}
	if !info.IsDir() {
		// It is as good as missing: statDirs says so as well.
		return nil, fs.ErrNotExist
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return f.ReadDir(-1)
}

// overlayNames returns the names in the overlay's sub-directory, which it
// creates.
func (s *syncer) overlayNames(sub string) (map[string]bool, error) {
	dir := filepath.Join(s.dir, sub)
	if err := os.Mkdir(dir, 0o777); err == nil {
		return nil, nil
	} else if !errors.Is(err, fs.ErrExist) {
		return nil, err
	}
	f, err := os.Open(dir)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	names, err := f.Readdirnames(-1)
	if err != nil {
		return nil, err
	}
	have := make(map[string]bool, len(names))
	for _, n := range names {
		have[n] = true
	}
	return have, nil
}
