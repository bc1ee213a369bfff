package cache

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gust-go/gust/build/overlay"
)

const (
	// abandoned is the age at which what is being written belongs to nobody.
	abandoned = time.Hour
	// markedEvery is how often cmd/go renews the time stamp of what it uses
	// (mtimeInterval in cmd/go/internal/cache/cache.go).
	markedEvery = time.Hour
	// sizeEvery is how often builds look at the size of the cache. Looking
	// costs about as much as listing the files.
	sizeEvery = time.Hour
)

// Trimmed says what a trim did.
type Trimmed struct {
	// Before and After are what removing the cache would free.
	Before, After int64
	// Removed counts entries, Freed the bytes.
	Removed int
	Freed   int64
}

// Trim removes the entries that were not used for longest until the cache is
// no larger than limit, and what killed builds left behind. Entries that have
// names elsewhere free nothing and are not touched. An *InUseError comes with a
// valid result: what the store could spare is gone, and the rest was kept.
func (c *Cache) Trim(ctx context.Context, limit int64) (Trimmed, error) {
	root, err := c.open()
	if root == nil {
		return Trimmed{}, err
	}
	defer root.Close()
	found, err := scan(ctx, c.Dir)
	if err != nil {
		return Trimmed{}, err
	}
	t := &trimmer{c: c, root: root, found: found, done: Trimmed{Before: found.frees()}}
	t.done.After = t.done.Before
	if err := errors.Join(shortenUsage(root, usageName, c.now()), shortenUsage(root, remoteName, c.now())); err != nil {
		return t.done, fmt.Errorf("shorten the record of builds: %w", err)
	}
	err = t.run(ctx, limit)
	return t.done, err
}

// TrimNowAndThen is what builds do: a Trim at most once an hour, that does
// not wait for other builds. Otherwise it costs one file read.
func (c *Cache) TrimNowAndThen(ctx context.Context, limit int64) error {
	if limit == NoLimit {
		return nil
	}
	root, err := c.open()
	if root == nil {
		return err
	}
	defer root.Close()
	if age := c.now().Sub(readStamp(root)); age < sizeEvery && age > -sizeEvery {
		return nil
	}
	// The stamp comes first, so that builds that end at the same time do not
	// all look.
	if err := writeStamp(root, c.now()); err != nil {
		return fmt.Errorf("trim gust's cache: %w", err)
	}
	_, err = (&Cache{Dir: c.Dir, Now: c.Now}).Trim(ctx, limit)
	var busy *InUseError
	if errors.As(err, &busy) {
		return nil // there will be another hour
	}
	return err
}

// trimmer is one Trim.
type trimmer struct {
	c     *Cache
	root  *os.Root
	found *contents
	done  Trimmed

	// What is to go: from the store at any time, the rest with the lock.
	fromStore, fromOverlay, sessions []*node
}

func (t *trimmer) run(ctx context.Context, limit int64) error {
	t.choose(limit)
	for _, n := range t.fromStore {
		if err := ctx.Err(); err != nil {
			return err
		}
		t.remove(n)
	}
	if len(t.fromOverlay)+len(t.sessions) == 0 {
		return nil
	}
	busy, err := t.c.exclusive(ctx, t.root, func() error {
		t.removeSessions()
		return t.trimOverlays(ctx)
	})
	if busy != nil && len(t.fromOverlay) > 0 {
		busy.Kept = len(t.fromOverlay)
		return busy
	}
	return err
}

// choose chooses what has to go. What is behind several names was used when
// the latest of them was.
func (t *trimmer) choose(limit int64) {
	type candidate struct {
		n    *node
		used time.Time
	}
	var list []candidate
	excess := t.done.Before - limit
	for _, n := range t.found.nodes {
		switch used := n.used(); {
		case n.all(temp):
			if t.c.now().Sub(used) <= abandoned {
				break
			}
			excess -= n.disk
			if n.names[0].area == sessionDir {
				t.sessions = append(t.sessions, n) // a long build's is as old
			} else {
				t.fromStore = append(t.fromStore, n)
			}
		case n.freeable() && (n.all(entry) || n.all(data)):
			list = append(list, candidate{n, used})
		}
	}
	slices.SortStableFunc(list, func(a, b candidate) int { return a.used.Compare(b.used) })
	for _, v := range list {
		if excess <= 0 {
			break
		}
		excess -= v.n.disk
		if v.n.all(entry) {
			t.fromStore = append(t.fromStore, v.n)
		} else {
			t.fromOverlay = append(t.fromOverlay, v.n)
		}
	}
}

// removeSessions removes what killed builds left.
func (t *trimmer) removeSessions() {
	for _, n := range t.sessions {
		t.remove(n)
	}
	for _, f := range slices.Backward(t.found.files) {
		if f.area == sessionDir && f.kind == temp && f.dir && t.c.now().Sub(f.used) > abandoned {
			_ = t.root.Remove(f.rel) // unless something is left in it
		}
	}
}

func (n *node) used() time.Time {
	var latest time.Time
	for _, f := range n.names {
		if f.used.After(latest) {
			latest = f.used
		}
	}
	return latest
}

// all reports whether all names of the node are of one kind.
func (n *node) all(k kind) bool {
	return !slices.ContainsFunc(n.names, func(f *file) bool { return f.kind != k })
}

// trimOverlays removes data of overlays and the action entries that lead to it.
// It has the lock, so no build that gust knows of is running.
func (t *trimmer) trimOverlays(ctx context.Context) error {
	keepFrom := t.orphansSince()
	gone := map[string]bool{}
	for _, n := range t.fromOverlay {
		if err := ctx.Err(); err != nil {
			return err
		}
		if !n.used().Before(keepFrom) || !t.remove(n) {
			continue
		}
		for _, f := range n.names {
			gone[dataName(f)] = true
		}
	}
	if len(gone) > 0 {
		t.removeActions(gone)
	}
	return nil
}

// orphansSince is the time from which on an entry was used by a go command that
// may have outlived its gust. With the lock taken, a session that is still
// there is such a one's, unless it has long been.
func (t *trimmer) orphansSince() time.Time {
	now := t.c.now()
	from := now.Add(24 * time.Hour)
	for _, f := range t.found.files {
		if f.kind != temp || f.area != sessionDir || !f.dir || now.Sub(f.used) > 24*time.Hour {
			continue
		}
		if since := f.used.Add(-markedEvery - time.Minute); since.Before(from) {
			from = since
		}
	}
	return from
}

// dataName is the path of a data file, or of an executable's directory.
func dataName(f *file) string {
	parts := strings.Split(f.rel, string(filepath.Separator))
	return filepath.Join(parts[:min(len(parts), 4)]...)
}

// remove removes all names of a node and reports whether it is gone. It looks
// once more whether it was used since the scan.
func (t *trimmer) remove(n *node) bool {
	for _, f := range n.names {
		info, err := t.root.Lstat(f.rel)
		if err != nil || !info.ModTime().Equal(f.used) {
			return false
		}
	}
	for _, f := range n.names {
		if err := t.root.Remove(f.rel); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return false
		}
		if dir := filepath.Dir(f.rel); f.kind == data && strings.HasSuffix(dir, "-d") {
			_ = t.root.Remove(dir) // an executable's; go takes an empty one for a miss
		}
	}
	t.done.Removed++
	if n.freeable() {
		t.done.Freed += n.disk
		t.done.After -= n.disk
	}
	return true
}

// removeActions removes the action entries whose data is gone; they would be
// misses, but take up a block each.
func (t *trimmer) removeActions(gone map[string]bool) {
	for _, f := range t.found.files {
		if f.kind != action || f.dir {
			continue
		}
		b, err := readSmall(t.root, f.rel)
		if err != nil {
			continue
		}
		if to, ok := overlay.ActionOutput(f.rel, b); ok && gone[filepath.Join(f.area, to)] {
			t.remove(f.node)
		}
	}
}

// readSmall reads a regular file of at most a few hundred bytes.
func readSmall(root *os.Root, name string) ([]byte, error) {
	f, err := openRegular(root, name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, 512))
}

// openRegular opens a regular file; a pipe would block, and links lead away.
func openRegular(root *os.Root, name string) (*os.File, error) {
	info, err := root.Lstat(name)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%q is not a regular file", name)
	}
	return root.Open(name)
}

// readStamp returns when builds last looked at the size, zero if never.
func readStamp(root *os.Root) time.Time {
	b, err := readSmall(root, stampName)
	if err != nil {
		return time.Time{}
	}
	sec, err := strconv.ParseInt(strings.TrimSpace(string(b)), 10, 64)
	if err != nil {
		return time.Time{}
	}
	return time.Unix(sec, 0)
}

// writeStamp is not atomic: half a stamp is none.
func writeStamp(root *os.Root, now time.Time) error {
	if info, err := root.Lstat(stampName); err == nil && !info.Mode().IsRegular() {
		return fmt.Errorf("%q is not a regular file", stampName)
	}
	f, err := root.OpenFile(stampName, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o666)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(f, now.Unix())
	return errors.Join(err, f.Close())
}
