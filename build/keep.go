package build

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"github.com/gust-go/gust/build/cache"
	"github.com/gust-go/gust/internal/event"
)

// useCache makes gust's cache folder and keeps others from removing what is in
// use there.
func useCache(ctx context.Context, root string) (release func(), err error) {
	for range 3 {
		if err := os.MkdirAll(root, 0o777); err != nil {
			return nil, fmt.Errorf("make gust's cache: %w", err)
		}
		// A clean may take the folder away in between.
		if release, err = cache.Use(ctx, root); !errors.Is(err, fs.ErrNotExist) {
			break
		}
	}
	return release, err
}

// keepCache does what is due after a build: it takes note of the build and
// trims the cache. The session is closed by now, since a trim must not run
// while one is open, this build's own included.
func (r *runner) keepCache(ctx context.Context) {
	root, err := r.cacheDir()
	if err != nil {
		return
	}
	limit, err := cache.LimitFrom(r.getenv)
	if err != nil {
		r.sink.Emit(event.Warning{Text: err.Error() + "; keeping the cache to " + cache.FormatSize(limit)})
	}
	c := &cache.Cache{Dir: root, Now: time.Now}
	err = errors.Join(r.session.store.Trim(), c.Record(r.total), c.TrimNowAndThen(ctx, limit))
	if r.total.Remote != nil && r.Remote.Name != "" {
		err = errors.Join(err, c.RecordRemote(r.Remote.Name, *r.total.Remote))
	}
	if err != nil && ctx.Err() == nil {
		r.sink.Emit(event.Warning{Text: "gust's cache: " + err.Error()})
	}
}
