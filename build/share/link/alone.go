package link

import (
	"context"
	"os"
	"time"

	"github.com/gust-go/gust/build/cacheprog"
	"github.com/gust-go/gust/build/gocache"
)

// alone answers go from the cache that its environment names.
func alone() error {
	local, err := gocache.Open(os.Getenv("GOCACHE"), time.Now)
	if err != nil {
		return err
	}
	return (&cacheprog.Server{Local: local, Now: time.Now}).Serve(context.Background(), os.Stdin, os.Stdout)
}
