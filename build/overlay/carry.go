package overlay

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

const readme = `This directory is gust's build cache, kept in step with go's own (go env GOCACHE)
by hard links. It may be deleted at any time.
`

// carryTestExpire makes go clean -testcache work for the overlay: cmd/go
// ignores test results from before the time in testexpire.txt. Like cmd/go
// itself (runClean in cmd/go/internal/clean) it never turns the time back.
func (s *syncer) carryTestExpire() error {
	const name = "testexpire.txt"
	users := expireTime(filepath.Join(s.user, name))
	if users <= expireTime(filepath.Join(s.dir, name)) {
		return nil
	}
	return s.replaceFile(filepath.Join(s.dir, name), fmt.Appendf(nil, "%d\n", users), time.Time{})
}

// expireTime reads a testexpire.txt as cmd/go/internal/test does; 0 means none.
func expireTime(name string) int64 {
	data, err := os.ReadFile(name)
	if err != nil {
		return 0
	}
	text, ok := strings.CutSuffix(string(data), "\n")
	t, err := strconv.ParseInt(text, 10, 64)
	if !ok || err != nil {
		return 0
	}
	return t
}

// tidy removes what killed syncs have left and, for a new overlay, adds what
// belongs into one besides entries.
func (s *syncer) tidy(first bool) error {
	temp := filepath.Join(s.dir, tempName)
	if files, err := os.ReadDir(temp); err == nil {
		for _, f := range files {
			info, err := f.Info()
			if err == nil && s.now().Sub(info.ModTime()) > tempAge {
				os.Remove(filepath.Join(temp, f.Name()))
			}
		}
	}
	if !first {
		return nil
	}
	if err := s.seed("README", []byte(readme)); err != nil {
		return err
	}
	trim, err := os.ReadFile(filepath.Join(s.user, "trim.txt"))
	if err != nil {
		return nil // then the first go command trims
	}
	return s.seed("trim.txt", trim)
}

// seed writes a file unless there is one of that name.
func (s *syncer) seed(name string, data []byte) error {
	path := filepath.Join(s.dir, name)
	if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return s.replaceFile(path, data, time.Time{})
}
