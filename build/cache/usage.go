package cache

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"time"

	"github.com/gust-go/gust/internal/event"
)

const (
	// usageKept is how far back usage is summed up.
	usageKept = 30 * 24 * time.Hour
	// usageMax is the size at which the record is begun anew, less what is
	// recent: some 5,000 builds.
	usageMax = 512 << 10
)

// Usage sums up the builds that used the cache within 30 days.
type Usage struct {
	// Builds counts builds that asked for compiles.
	Builds int
	// Compiled, Reused and Relinked count the compiles that go asked for.
	Compiled, Reused, Relinked int
	// Saved is the compile time that reuse made unnecessary.
	Saved time.Duration
}

// usageLine is one build in the record.
type usageLine struct {
	Unix     int64 `json:"t"`
	Compiled int   `json:"c"`
	Reused   int   `json:"r"`
	Relinked int   `json:"l"`
	SavedNS  int64 `json:"s"`
}

// Record adds a build to the record of the cache at dir, unless go found all in
// its own cache. Losing a line harms nothing but a number.
func (c *Cache) Record(b event.BuildSummary) error {
	if b.Compiled+b.Reused+b.Relinked == 0 {
		return nil
	}
	return c.note(usageName, usageLine{c.now().Unix(), b.Compiled, b.Reused, b.Relinked, b.SavedNS})
}

// note adds a line to one of the cache's records.
func (c *Cache) note(name string, line any) error {
	root, err := c.open()
	if root == nil {
		return err
	}
	defer root.Close()
	data, err := json.Marshal(line)
	if err != nil {
		return err
	}
	f, err := openUsage(root, name, os.O_APPEND|os.O_WRONLY|os.O_CREATE)
	if err != nil {
		return fmt.Errorf("record the build: %w", err)
	}
	_, err = f.Write(append(data, '\n'))
	return errors.Join(err, f.Close())
}

// openUsage opens a record if it is, or can become, a regular file.
func openUsage(root *os.Root, name string, flag int) (*os.File, error) {
	if info, err := root.Lstat(name); err == nil && !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%q is not a regular file", name)
	}
	return root.OpenFile(name, flag, 0o666)
}

// readUsage sums up the record. Lines that do not parse are skipped: two
// writers on a network file system can mix theirs up.
func readUsage(root *os.Root, now time.Time) (Usage, error) {
	var u Usage
	err := eachUsage(root, usageName, func(_ []byte, l usageLine) {
		if now.Sub(time.Unix(l.Unix, 0)) > usageKept {
			return
		}
		u.Builds++
		u.Compiled += max(0, l.Compiled)
		u.Reused += max(0, l.Reused)
		u.Relinked += max(0, l.Relinked)
		u.Saved += time.Duration(max(0, l.SavedNS))
	})
	return u, err
}

// eachUsage goes through the lines of a record.
func eachUsage[Line interface{ unix() int64 }](root *os.Root, name string, do func(raw []byte, l Line)) error {
	f, err := openUsage(root, name, os.O_RDONLY)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer f.Close()
	in := bufio.NewScanner(io.LimitReader(f, 8*usageMax))
	for in.Scan() {
		var l Line
		if json.Unmarshal(in.Bytes(), &l) == nil && l.unix() > 0 {
			do(in.Bytes(), l)
		}
	}
	return nil // what cannot be read is lost, and only numbers are
}

func (l usageLine) unix() int64 { return l.Unix }

// shortenUsage drops old lines from a record that has grown large.
func shortenUsage(root *os.Root, name string, now time.Time) error {
	info, err := root.Lstat(name)
	if err != nil || info.Size() < usageMax {
		return nil
	}
	var kept bytes.Buffer
	err = eachUsage(root, name, func(raw []byte, l usageLine) { // all have the time
		if now.Sub(time.Unix(l.Unix, 0)) <= usageKept {
			kept.Write(append(raw, '\n'))
		}
	})
	if err != nil {
		return err
	}
	if kept.Len() > usageMax {
		b := kept.Bytes()[kept.Len()-usageMax/2:]
		kept = *bytes.NewBuffer(b[bytes.IndexByte(b, '\n')+1:])
	}
	if err := root.Remove(name); err != nil {
		return err
	}
	f, err := openUsage(root, name, os.O_CREATE|os.O_EXCL|os.O_WRONLY)
	if err != nil {
		return err
	}
	_, err = f.Write(kept.Bytes())
	return errors.Join(err, f.Close())
}
