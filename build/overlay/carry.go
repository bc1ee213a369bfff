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
	users := TestExpire(s.user)
	if !users.After(TestExpire(s.dir)) {
		return nil
	}
	return s.replaceFile(filepath.Join(s.dir, testExpireName), fmt.Appendf(nil, "%d\n", users.UnixNano()), time.Time{})
}

const testExpireName = "testexpire.txt"

// TestExpire reads when go clean -testcache was run for a build cache, as
// cmd/go/internal/test does. Without a time that can be read it is that of 1970,
// before any result.
func TestExpire(dir string) time.Time {
	data, err := os.ReadFile(filepath.Join(dir, testExpireName))
	if err != nil {
		return time.Unix(0, 0)
	}
	text, ok := strings.CutSuffix(string(data), "\n")
	t, err := strconv.ParseInt(text, 10, 64)
	if !ok || err != nil {
		return time.Unix(0, 0)
	}
	return time.Unix(0, t)
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
