package share

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"github.com/gust-go/gust/build/cacheprog"
	"github.com/gust-go/gust/build/gocache"
	"github.com/gust-go/gust/build/store"
)

// Has reports whether a remote has what an action of go's has made.
func Has(ctx context.Context, r Remote, scope string, action gocache.ID) (bool, error) {
	_, body, err := (&scoped{r, scope}).Get(ctx, action)
	if errors.Is(err, gocache.ErrMiss) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	return true, body.Close()
}

// Fetch returns the content of a record that a remote has, if it is one and has
// at most as many bytes. The error is gocache.ErrMiss if there is none.
func Fetch(ctx context.Context, r Remote, scope string, kind store.Kind, key string, atMost int) ([]byte, error) {
	b := &bounded{left: atMost}
	var stats cacheprog.Stats
	if _, err := stats.Fetch(ctx, r, (&scoped{r, scope}).record(kind, key), b); err != nil {
		return nil, err
	}
	data, err := store.Open(kind, key, b.Bytes())
	if err != nil {
		err = fmt.Errorf("%w: %w", store.ErrDamaged, err)
		r.Broken(err)
	}
	return data, err
}

// bounded takes what fits.
type bounded struct {
	bytes.Buffer
	left int
}

var errLong = errors.New("a record is too long")

// Write implements io.Writer.
func (b *bounded) Write(p []byte) (int, error) {
	if b.left -= len(p); b.left < 0 {
		return 0, errLong
	}
	return b.Buffer.Write(p)
}
