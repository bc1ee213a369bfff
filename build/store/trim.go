package store

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

const (
	// trimEvery and keepFor are cmd/go's own for its build cache
	// (cmd/go/internal/cache: trimInterval, trimLimit).
	trimEvery = 24 * time.Hour
	keepFor   = 5 * 24 * time.Hour
	// abandoned is the age at which a temporary file belongs to nobody.
	abandoned = time.Hour
)

// Trim removes entries not used for five days and abandoned temporary files,
// at most once a day; otherwise it costs one file read. An entry that a build
// misses for it is compiled again. It does nothing if s.Now is nil.
func (s *Store) Trim() error {
	if s.Dir == "" || s.Now == nil {
		return nil
	}
	now := s.Now()
	stamp := filepath.Join(s.Dir, "trim.txt")
	if b, err := os.ReadFile(stamp); err == nil {
		sec, err := strconv.ParseInt(strings.TrimSpace(string(b)), 10, 64)
		if d := now.Sub(time.Unix(sec, 0)); err == nil && d < trimEvery && d > -trimEvery {
			return nil
		}
	} else if _, err := os.Stat(s.Dir); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	// The stamp comes first, so that builds running at the same time do not
	// all trim.
	if err := write(stamp, fmt.Appendln(nil, now.Unix())); err != nil {
		return fmt.Errorf("trim the store: %w", err)
	}
	return filepath.WalkDir(s.Dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() || path == stamp {
			return nil // unreadable or foreign: not ours to judge
		}
		info, err := d.Info()
		if err != nil {
			return nil
		}
		limit := keepFor + markEvery
		if strings.HasPrefix(d.Name(), "tmp-") {
			limit = abandoned
		}
		if now.Sub(info.ModTime()) > limit {
			_ = os.Remove(path)
		}
		return nil
	})
}
