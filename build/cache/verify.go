package cache

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/gust-go/gust/build/astcache"
	"github.com/gust-go/gust/build/overlay"
	"github.com/gust-go/gust/build/store"
	"github.com/gust-go/gust/internal/event"
)

// settled is how long a data file must have been left alone for its content to
// be final: cmd/go writes data in place (copyFile in cmd/go/internal/cache).
const settled = time.Minute

// Verified says what a verification came to.
type Verified struct {
	// Checked counts the entries that were read and hashed, Damaged those that
	// are not what they should be, Dropped those of them that were removed.
	Checked, Damaged, Dropped int
}

// Verify hashes every entry, tells sink of each one that is not what its name or
// checksum says, and removes it. An *InUseError comes with a valid result: the
// store's damaged entries are gone, those of overlays were kept.
func (c *Cache) Verify(ctx context.Context, sink event.Sink) (Verified, error) {
	var done Verified
	root, err := c.open()
	if root == nil {
		return done, err
	}
	defer root.Close()
	found, err := scan(ctx, c.Dir)
	if err != nil {
		return done, err
	}
	v := &verifier{c: c, root: root}
	if err := v.checkAll(ctx, found); err != nil {
		return v.done, err
	}
	slices.SortFunc(v.bad, func(a, b damage) int { return strings.Compare(a.f.rel, b.f.rel) })
	err = v.drop(ctx)
	for _, d := range v.bad {
		sink.Emit(event.CacheDamage{
			Path: filepath.ToSlash(d.f.rel), Why: d.why.Error(), Dropped: d.dropped, Shared: !d.f.node.freeable(),
		})
	}
	return v.done, err
}

// verifier is one Verify.
type verifier struct {
	c    *Cache
	root *os.Root

	mu   sync.Mutex
	done Verified
	bad  []damage
}

type damage struct {
	f       *file
	why     error
	dropped bool
}

// checkAll hashes on all cores. A file with several names is read for each:
// they promise different things only if something is wrong.
func (v *verifier) checkAll(ctx context.Context, found *contents) error {
	todo := make(chan *file)
	var wg sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for f := range todo {
				v.note(f, v.check(f))
			}
		}()
	}
	defer wg.Wait()
	defer close(todo)
	for _, f := range found.files {
		if f.dir || f.kind != entry && f.kind != data && f.kind != action {
			continue
		}
		select {
		case todo <- f:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

func (v *verifier) note(f *file, why error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if errors.Is(why, fs.ErrNotExist) {
		return // trimmed meanwhile
	}
	v.done.Checked++
	if why == nil {
		return
	}
	if info, err := v.root.Lstat(f.rel); err == nil && f.kind != entry && v.c.now().Sub(info.ModTime()) < settled {
		return // being written
	}
	v.done.Damaged++
	v.bad = append(v.bad, damage{f: f, why: why})
}

// check says what is wrong with an entry.
func (v *verifier) check(f *file) error {
	in, err := openRegular(v.root, f.rel)
	if err != nil {
		return err
	}
	defer in.Close()
	switch {
	case f.area == timingsDir:
		return nil // nobody reads a page but the user
	case f.area == currentDir:
		return astcache.CheckFile(f.rel, in)
	case f.kind == entry:
		return store.Check(f.rel, in)
	case f.kind == action:
		return checkAction(f.rel, in)
	}
	return checkData(dataName(f), in)
}

func checkAction(name string, in io.Reader) error {
	b, err := io.ReadAll(io.LimitReader(in, 512))
	if err != nil {
		return err
	}
	if _, ok := overlay.ActionOutput(name, b); !ok {
		return errors.New("not an action entry of this name")
	}
	return nil
}

func checkData(name string, in io.Reader) error {
	h := sha256.New()
	if _, err := io.Copy(h, in); err != nil {
		return err
	}
	if hex.EncodeToString(h.Sum(nil))+"-d" != filepath.Base(name) {
		return errors.New("content does not match its name")
	}
	return nil
}

// drop removes what is damaged, after another look: a store entry may have been
// replaced by a good one since.
func (v *verifier) drop(ctx context.Context) error {
	inOverlays := 0
	for i := range v.bad {
		if v.bad[i].f.kind != entry {
			inOverlays++
			continue
		}
		if err := v.dropOne(&v.bad[i]); err != nil {
			return err
		}
	}
	if inOverlays == 0 {
		return nil
	}
	busy, err := v.c.exclusive(ctx, v.root, func() error {
		for i := range v.bad {
			if v.bad[i].f.kind == entry {
				continue
			}
			if err := v.dropOne(&v.bad[i]); err != nil {
				return err
			}
		}
		return nil
	})
	if busy != nil {
		busy.Kept = inOverlays
		return busy
	}
	return err
}

func (v *verifier) dropOne(d *damage) error {
	if v.check(d.f) != nil {
		if err := v.root.Remove(d.f.rel); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("drop a damaged entry: %w", err)
		}
		if dir := filepath.Dir(d.f.rel); strings.HasSuffix(dir, "-d") {
			_ = v.root.Remove(dir)
		}
	}
	d.dropped = true
	v.done.Dropped++
	return nil
}
