package sandbox

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/gust-go/gust/testrun/sandbox/box"
)

// A Record is what the tests of a package did when they were last traced.
type Record struct {
	Package string
	// Time is when they ran, Trace what was recorded. Full is true if there was
	// more than was kept.
	Time  time.Time
	Trace box.Trace
	Full  bool `json:",omitempty"`
	// Lost is how many files were opened that nothing is known of; then it is Full.
	Lost    uint64 `json:",omitempty"`
	Touched []box.Touch
}

// recordPath is where the record of a package of a checkout is.
func recordPath(cache, root, pkg string) string {
	sum := sha256.Sum256([]byte(root + "\x00" + pkg))
	return filepath.Join(cache, "touched", hex.EncodeToString(sum[:16])+".json")
}

// saveRecord replaces the record of a package.
func (o Options) saveRecord(r Record) error {
	data, err := json.Marshal(r)
	if err != nil {
		return fmt.Errorf("keep what tests touched: %w", err)
	}
	path := recordPath(o.CacheDir, o.root(), r.Package)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return fmt.Errorf("keep what tests touched: %w", err)
	}
	// The name appears when all of it is there.
	if err := os.WriteFile(path+".new", data, 0o600); err != nil {
		return fmt.Errorf("keep what tests touched: %w", err)
	}
	if err := os.Rename(path+".new", path); err != nil {
		return fmt.Errorf("keep what tests touched: %w", err)
	}
	return nil
}

// LoadRecord reads the record of a package of a checkout. Without any, the
// error is fs.ErrNotExist.
func LoadRecord(cache, root, pkg string) (Record, error) {
	var r Record
	data, err := os.ReadFile(recordPath(cache, root, pkg))
	if errors.Is(err, fs.ErrNotExist) {
		return r, err
	}
	if err == nil {
		err = json.Unmarshal(data, &r)
	}
	if err != nil {
		return r, fmt.Errorf("read what tests touched: %w", err)
	}
	return r, nil
}
