package overlay

import (
	"context"
	"encoding/hex"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// trimLimit is how long an entry is safe from trimming after it was written
// (trimLimit in cmd/go/internal/cache/cache.go).
const trimLimit = 5 * 24 * time.Hour

// A witnessSearch finds the witness of a directory while it is scanned.
type witnessSearch struct {
	was    witness  // of the previous sync
	listed bool     // was.id is still there
	any    [32]byte // an action entry, if some
	some   bool
	best   witness
}

// saw takes note of an action entry; e is zero if it was not read.
func (w *witnessSearch) saw(id [32]byte, e entry) {
	w.any, w.some = id, true
	w.listed = w.listed || w.was.time != 0 && id == w.was.id
	if e.time > w.best.time {
		w.best = witness{id, e.time}
	}
}

// result returns the newest entry known. Entries that the scan had no reason
// to read are older than the previous witness, which may have been overwritten
// since.
func (w *witnessSearch) result(dir string) witness {
	if w.best.time == 0 && w.some && !w.listed {
		w.was, w.listed = witness{id: w.any}, true
	}
	if w.listed {
		w.saw(w.was.id, witnessEntry(dir, w.was.id))
	}
	return w.best
}

// witnessEntry reads the entry of a witness. Its time is 0 if it is gone.
func witnessEntry(dir string, id [32]byte) entry {
	e, _, _, err := readEntry(filepath.Join(dir, hex.EncodeToString(id[:])+"-a"), id)
	if err != nil {
		return entry{}
	}
	return e
}

// cleaned reports whether the user has emptied the cache since old, be it that
// a build has filled it again. Most directories must say so: single entries
// and directories may disappear for any reason.
func (s *syncer) cleaned(old *state, mtimes [256]int64, now time.Time) bool {
	if old == nil {
		return false
	}
	held, renewed := 0, 0
	for i, d := range old.dirs {
		if d.witness.time == 0 {
			continue
		}
		held++
		if s.renewed(i, d, mtimes[i], now) {
			renewed++
		}
	}
	return held > 0 && 2*renewed > held
}

// renewed reports whether the entries that a directory had are gone.
func (s *syncer) renewed(i int, d dirState, mtime int64, now time.Time) bool {
	if mtime == missing {
		return true
	}
	if d.current(mtime) {
		return false
	}
	e := witnessEntry(filepath.Join(s.user, subName(i)), d.witness.id)
	if e.time == 0 {
		return now.Sub(time.Unix(0, d.witness.time)) < trimLimit
	}
	// "go build -a" writes entries anew as well, but in place.
	return e.time > d.witness.time && mtime != d.mtime
}

// reset drops all entries of the overlay. The state stays until it is
// replaced: if this is killed, the next sync comes to the same conclusion.
func (s *syncer) reset(ctx context.Context) error {
	s.stats.Reset = true
	for i := range 256 {
		if err := ctx.Err(); err != nil {
			return err
		}
		dir := filepath.Join(s.dir, subName(i))
		names, err := os.ReadDir(dir)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		for _, n := range names {
			if n.Name() == stateName {
				continue
			}
			if err := os.RemoveAll(filepath.Join(dir, n.Name())); err != nil {
				return err
			}
			s.stats.Removed++
		}
	}
	return nil
}
